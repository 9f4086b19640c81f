"""Which servers an image runs."""

from __future__ import annotations

import pytest

from openenv.project.dockerfile import read_stages
from openenv.project.image_command import Serving, read_serving


def serving(text: str) -> list[tuple[str, str | None]]:
    [stage] = read_stages(f"FROM x\nENV PORT=1\n{text}\n")
    return [(one.target, one.local) for one in read_serving(stage, stage.variables())]


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("CMD uvicorn a.b:app --host 0.0.0.0", "a.b:app"),
        (
            'CMD ["sh", "-c", "cd /env && exec uvicorn server.app:app --host 0.0.0.0 --port \\"$PORT\\""]',
            "server.app:app",
        ),
        ('ENTRYPOINT ["tini", "--", "python", "-m", "openenv.server"]\nCMD ["a.b:app", "--host", "::"]', "a.b:app"),
        ('ENTRYPOINT ["/entry.sh"]\nCMD ["/venv/bin/gunicorn", "-b", "0.0.0.0:80", "a.b:app"]', "a.b:app"),
        ("CMD python3 -m a.b", "a.b"),
        ("ENTRYPOINT python -m a.b\nCMD python -m never.run", "a.b"),
        ("CMD python -m early\nCMD python -m a.b", "a.b"),
        ("ENV APP=a.b:app\nCMD uvicorn $APP --host 0.0.0.0", "a.b:app"),
    ],
)
def test_what_is_served_is_told(text: str, target: str) -> None:
    assert serving(text) == [(target, None)]


@pytest.mark.parametrize(
    ("command", "address"),
    [
        ("uvicorn a:b --port $PORT", "127.0.0.1"),
        ("uv run -- python -m uvicorn a:b", "127.0.0.1"),
        ("exec python -m openenv.server a:b --host=localhost", "localhost"),
        ("gunicorn --bind 127.0.0.1:80 a:b", "127.0.0.1:80"),
        ('uvicorn a:b --host "${HOST:-::1}"', "::1"),
    ],
)
def test_a_server_that_listens_to_its_own_container_only_is_told(command: str, address: str) -> None:
    assert serving(f"CMD {command}") == [("a:b", address)]


@pytest.mark.parametrize(
    "command",
    [
        "nginx && uvicorn a:b --host 127.0.0.1",
        "(caddy run &) ; uvicorn a:b --host 127.0.0.1",
        "proxied uvicorn a:b --host 127.0.0.1",
        "uvicorn a:b $OPTIONS",
        "uvicorn a:b --uds /run/a.sock",
        "gunicorn a:b",
        "gunicorn -b 127.0.0.1:80 -b 0.0.0.0:81 a:b",
    ],
)
def test_where_others_may_reach_it_nothing_is_said(command: str) -> None:
    assert serving(f"CMD {command}") == [("a:b", None)]


def test_a_variable_may_say_where_to_listen() -> None:
    assert serving("ENV UVICORN_HOST=0.0.0.0\nCMD uvicorn a:b") == [("a:b", None)]


@pytest.mark.parametrize("text", ["", "CMD []", 'CMD ["uvicorn", "--host", "::"]', "CMD uvicorn 'a:b", "CMD a && b ;"])
def test_what_tells_nothing_is_no_server(text: str) -> None:
    assert serving(text) == []


def test_the_line_is_that_of_the_instruction_that_names_it() -> None:
    [stage] = read_stages('FROM x\nENTRYPOINT ["python", "-m", "a.b"]\nCMD ["--host", "0.0.0.0"]\n')
    assert read_serving(stage, {}) == [Serving("a.b", None, 2)]
