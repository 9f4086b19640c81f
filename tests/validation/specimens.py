"""Projects and servers to validate: healthy ones, and healthy ones with one thing spoilt."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from support.serving import Served, app_of

from openenv.environment import Environment
from openenv.types import Action, Observation, State
from openenv.validation.check import Finding, registered
from openenv.validation.play.effort import QUICK
from openenv.validation.reports.report import Outcome, Report, Status
from openenv.validation.run import Options, validate

MODELS = """\
from openenv import Action, Observation

class MyAction(Action):
    amount: int = 1

class MyObservation(Observation):
    total: int = 0
"""

ENVIRONMENT = """\
from uuid import uuid4
from openenv import Environment, State
from my_env.models import MyAction, MyObservation

class MyEnvironment(Environment[MyAction, MyObservation, State]):
    SUPPORTS_CONCURRENT_SESSIONS = True

    def __init__(self) -> None:
        self._state, self._total = State(), 0

    def reset(self, seed: int | None = None, episode_id: str | None = None) -> MyObservation:
        self._state, self._total = State(episode_id=episode_id or str(uuid4())), 0
        return MyObservation(total=0)

    def step(self, action: MyAction) -> MyObservation:
        self._state.step_count += 1
        self._total += action.amount
        before = self._total - action.amount
        return MyObservation(total=self._total, reward=float(before <= 20), done=self._total > 20)

    @property
    def state(self) -> State:
        return self._state
"""

README = "---\nsdk: docker\napp_port: 8000\ntags: [openenv]\n---\n# my-env\n"

DOCKERFILE = """\
FROM python:3.12-slim
COPY pyproject.toml ./
ENV PORT=8000
USER 1000
CMD ["sh", "-c", "exec python -m openenv.server my_env.server.app:app --host 0.0.0.0 --port $PORT"]
"""

PACKAGED = {
    "openenv.yaml": """\
name: my-env
version: 0.1.0
app: my_env.server.app:app
client: my_env.client:MyEnv
action: my_env.models:MyAction
observation: my_env.models:MyObservation
""",
    "README.md": README,
    "Dockerfile": DOCKERFILE,
    "pyproject.toml": """\
[project]
name = "my-env"
version = "0.1.0"

[project.entry-points."openenv.environments"]
my-env = "my_env"

[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
""",
    "my_env/__init__.py": "from my_env.client import MyEnv\n",
    "my_env/models.py": MODELS,
    "my_env/client.py": """\
from openenv import EnvClient, State
from my_env.models import MyAction, MyObservation

class MyEnv(EnvClient[MyAction, MyObservation, State]): ...
""",
    "my_env/server/__init__.py": "",
    "my_env/server/environment.py": ENVIRONMENT,
    "my_env/server/app.py": """\
from openenv.server import create_app
from my_env.server.environment import MyEnvironment

app = create_app(MyEnvironment)
""",
}
"""A healthy project with a package folder."""

FLAT = {
    "openenv.yaml": "name: my_env\nversion: 0.1.0\napp: server.app:app\n",
    "README.md": README,
    "pyproject.toml": """\
[project]
name = "openenv-my_env"
version = "0.1.0"

[tool.setuptools]
package-dir = { "my_env" = ".", "my_env.server" = "server" }

[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[tool.hatch.build.targets.wheel]
include = ["*.py"]
sources = { "" = "my_env" }
""",
    "__init__.py": "from .client import MyEnv\n",
    "models.py": MODELS,
    "client.py": """\
from openenv import EnvClient, State
from .models import MyAction, MyObservation

class MyEnv(EnvClient[MyAction, MyObservation, State]): ...
""",
    "server/__init__.py": "",
    "server/Dockerfile": DOCKERFILE,
    "server/environment.py": ENVIRONMENT.replace("from my_env.models", "from models"),
    "server/app.py": """\
from openenv.server import create_app
from server.environment import MyEnvironment

app = create_app(MyEnvironment)
""",
}
"""A healthy project whose package's files stand beside its manifest."""


def write(root: Path, files: dict[str, str], changes: dict[str, str | None] | None = None) -> Path:
    """Write a project; a change replaces a file, adds one, or takes it away."""
    for name, text in {**files, **(changes or {})}.items():
        if text is not None:
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    return root


def check(target: Path | str, *ids: str, **options: Any) -> Report:
    """Validate with certain checks only."""
    return validate(str(target), Options(select=ids, **{"timeout_s": 10.0, "effort": QUICK, **options}))


def found(report: Report) -> dict[str, list[str]]:
    """What failed: id -> each finding's place and message."""
    failed = (outcome for outcome in report.outcomes if outcome.status is Status.FAILED)
    return {
        outcome.check.id: [f"{finding.where}: {finding.message}" for finding in outcome.findings] for outcome in failed
    }


def outcome_of(report: Report, id_: str) -> Outcome:
    """The outcome of one check."""
    return next(outcome for outcome in report.outcomes if outcome.check.id == id_)


def only_finding(report: Report) -> Finding:
    """The one thing that was found."""
    (finding,) = [finding for outcome in report.outcomes for finding in outcome.findings]
    return finding


def passed(report: Report) -> set[str]:
    """The ids of what passed."""
    return {outcome.check.id for outcome in report.outcomes if outcome.status is Status.PASSED}


UNSAID = {id_ for id_, one in registered().items() if one.stage.value == "play" and "B017" <= id_ <= "B024"}
"""The checks of what a manifest may say of episodes, and of what only ``--thorough`` looks at."""


def ids_of(*families: str) -> set[str]:
    """The ids of all checks of some families."""
    return {id_ for id_ in registered() if id_.startswith(families)}


class CountAction(Action):
    """How much to add."""

    amount: int = 1


class CountObservation(Observation):
    """What it comes to."""

    total: int = 0


class Counter(Environment[CountAction, CountObservation, State]):
    """Adds up."""

    SUPPORTS_CONCURRENT_SESSIONS = True
    INLINE = True

    def __init__(self) -> None:
        self._state, self._total, self._episodes = State(), 0, 0

    def reset(self, seed: int | None = None, episode_id: str | None = None) -> CountObservation:
        self._episodes += 1
        self._state, self._total = State(episode_id=episode_id or f"{id(self)}-{self._episodes}"), 0
        return CountObservation()

    def step(self, action: CountAction) -> CountObservation:
        self._state.step_count += 1
        self._total += action.amount
        return CountObservation(total=self._total, reward=float(action.amount))

    @property
    def state(self) -> State:
        return self._state


Frame = dict[str, Any]
Message = MutableMapping[str, Any]
Spoil = Callable[[Frame], "Frame | int | None"]
"""What becomes of a frame on its way to the client: another one, a close code, or nothing at all."""


class Spoilt:
    """A server that is healthy but for one thing.

    Args:
        app: The healthy server.
        spoilt: See :meth:`spoil`.
    """

    def __init__(self, app: Any, **spoilt: Any) -> None:
        self.state = app.state
        self._app = app
        self.spoil(**spoilt)

    def spoil(
        self,
        *,
        http: dict[str, tuple[int, Any]] | None = None,
        frame: Spoil | None = None,
        opens: bool = True,
        speaks_v2: bool = True,
        closes_with: int | None = None,
    ) -> None:
        """Say what is spoilt from now on.

        Args:
            http: What becomes of replies: ``"GET /health"`` -> (status, body); a body in text is no JSON.
            frame: What becomes of the frames that it sends.
            opens: Whether ``/ws`` opens.
            speaks_v2: Whether it picks ``openenv.v2``.
            closes_with: The code with which it closes, in place of its own.
        """
        self._http = http or {}
        self._frame = frame or (lambda frame: frame)
        self._opens = opens
        self._speaks_v2 = speaks_v2
        self._closes_with = closes_with

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
            return
        reply = self._reply(f"{scope.get('method')} {scope.get('path')}")
        if scope["type"] != "http" or reply is None:
            await self._app(scope, receive, send)
            return
        status, body = reply
        kind, content = ("text/plain", body) if isinstance(body, str) else ("application/json", json.dumps(body))
        headers = [(b"content-type", kind.encode()), (b"content-length", str(len(content)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": content.encode()})

    def _reply(self, request: str) -> tuple[int, Any] | None:
        return next((reply for prefix, reply in self._http.items() if _matches(request, prefix)), None)

    async def _websocket(self, scope: Any, receive: Any, send: Any) -> None:
        if not self._opens:
            await receive()
            await send({"type": "websocket.close", "code": 1000})
            return
        if not self._speaks_v2:
            scope = {**scope, "subprotocols": []}
        await self._app(scope, receive, self._spoiling(send))

    def _spoiling(self, send: Callable[[Message], Awaitable[None]]) -> Callable[[Message], Awaitable[None]]:
        async def spoiling(message: Message) -> None:
            if message["type"] == "websocket.close" and self._closes_with is not None:
                message = {**message, "code": self._closes_with}
            if message["type"] == "websocket.send":
                frame = self._frame(json.loads(message["text"]))
                if frame is None:
                    return
                message = (
                    {"type": "websocket.close", "code": frame}
                    if isinstance(frame, int)
                    else {"type": "websocket.send", "text": json.dumps(frame)}
                )
            await send(message)

        return spoiling


def _matches(request: str, pattern: str) -> bool:
    """Compare a request with ``"POST /sessions/*/reset"``, part by part."""
    parts, wanted = request.split("/"), pattern.split("/")
    return len(parts) == len(wanted) and all(want in ("*", part) for part, want in zip(parts, wanted, strict=True))


@contextmanager
def served(environment: Any = Counter, *, api_key: str | None = None, **spoilt: Any) -> Iterator[str]:
    """Serve an environment with one thing spoilt; gives the URL."""
    with serving(Spoilt(app_of(environment, api_key=api_key), **spoilt)) as url:
        yield url


@contextmanager
def serving(app: Any) -> Iterator[str]:
    """Serve an app; gives the URL."""
    server = Served(app)
    try:
        yield server.url
    finally:
        server.stop()
