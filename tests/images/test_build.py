"""Building on an engine that refuses, or is gone in the middle of it. One that works is in tests/e2e/docker."""

from __future__ import annotations

import json
import shutil
import socketserver
import tempfile
import threading
from contextlib import closing
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from openenv.engine import connect
from openenv.project.project import Project
from openenv_cli.errors import UsageError
from openenv_cli.images.build import Recipe, build, find_dockerfile
from openenv_cli.images.progress import BuildError, Step

# The SDK leaves the socket of a stream that broke off to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

ECHO = Path(__file__).parents[2] / "envs" / "echo_env"


class Engine(BaseHTTPRequestHandler):
    """An engine of which only the beginning of an answer to a build is known."""

    protocol_version = "HTTP/1.1"
    answer = b""

    def do_GET(self):
        self.reply(200, json.dumps({"ApiVersion": "1.41"}).encode())

    def do_POST(self):
        while size := int(self.rfile.readline(), 16):  # the project's files, in chunks
            self.rfile.read(size + len(b"\r\n"))
        self.rfile.readline()
        self.wfile.write(self.answer)
        self.close_connection = True

    def reply(self, status, body):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def build_on(monkeypatch, tmp_path):
    """Builds a project on an engine that answers with certain bytes."""
    shutil.copytree(ECHO, tmp_path / "echo_env", ignore=shutil.ignore_patterns(".*_cache", "__pycache__"))

    def run(answer):
        with tempfile.TemporaryDirectory() as short:  # a socket's path has to be
            path = f"{short}/engine.sock"
            monkeypatch.setenv("DOCKER_HOST", f"unix://{path}")
            handler = type("Engine", (Engine,), {"answer": answer})
            with socketserver.ThreadingUnixStreamServer(path, handler) as server:
                threading.Thread(target=server.serve_forever).start()
                events = []
                try:
                    with closing(connect()) as client:
                        build(client, Project.find(tmp_path / "echo_env"), Recipe(), events.append)
                finally:
                    server.shutdown()

    return run


def chunked(*entries):
    lines = [json.dumps(entry).encode() + b"\r\n" for entry in entries]
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(line), line) for line in lines)
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks


def test_an_engine_that_is_gone_in_the_middle_of_a_step_is_no_traceback(build_on):
    begun = [{"stream": "Step 1/9 : FROM python"}, {"stream": "Step 2/9 : RUN pip"}, {"stream": "Collecting\n"}]

    with pytest.raises(BuildError, match="step 2 of 9, RUN pip: the engine hung up") as caught:
        build_on(chunked(*begun))

    assert caught.value.log == ("Collecting",)


def test_an_engine_that_hangs_up_before_it_answers_is_no_traceback(build_on):
    with pytest.raises(BuildError, match="the engine hung up"):
        build_on(b"")


def test_what_an_engine_refuses_outright_is_told_in_its_words(build_on):
    body = b'{"message": "dockerfile parse error line 3: unknown instruction: RUM"}'
    head = b"HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)

    with pytest.raises(BuildError, match="the build failed: dockerfile parse error line 3"):
        build_on(head + body)


def test_a_full_disk_comes_with_what_frees_some(build_on):
    said = [{"stream": "Step 1/1 : RUN fill"}, {"error": "write /x: no space left on device"}]

    with pytest.raises(BuildError) as caught:
        build_on(chunked(*said))

    assert caught.value.step == Step(1, 1, "RUN fill")
    assert "docker system prune" in str(caught.value.hint)


def test_a_project_without_a_dockerfile_and_one_that_takes_no_base_image_are_wrong_usage(tmp_path):
    (tmp_path / "openenv.yaml").write_text("name: a\n", encoding="utf-8")
    project = Project.find(tmp_path)

    with pytest.raises(UsageError, match="there is no Dockerfile or server/Dockerfile in"):
        find_dockerfile(project)

    (tmp_path / "Dockerfile").write_text("FROM scratch\n", encoding="utf-8")
    with pytest.raises(UsageError, match="Dockerfile chooses its base image itself"):
        build(None, project, Recipe(base_image="b"), print)
