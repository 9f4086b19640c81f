"""Finding the container engine: each way to fail has its own error, and says where it looked."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest

from openenv.engine import EngineError, EngineMissingError, connect, far_address, resolve
from openenv.errors import ConfigurationError, ConnectError

NOBODY = 65534


class Far:
    """An engine's client, as far as its address goes."""

    def __init__(self, base_url):
        self.api = self
        self.base_url = base_url


def test_no_socket_means_no_engine(tmp_path, monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")

    with pytest.raises(
        EngineMissingError, match=f"no container engine answers at unix://{tmp_path}/none.sock"
    ) as caught:
        connect()

    assert caught.value.data == {"host": f"unix://{tmp_path}/none.sock"}
    assert "start Docker" in str(caught.value.hint)
    assert isinstance(caught.value, ConnectError)


def test_a_port_at_which_nobody_listens_means_no_engine(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{port}")

    with pytest.raises(EngineMissingError, match=str(port)):
        connect()


@pytest.mark.parametrize("host", ["carrier://pigeon", "tcp://no-such-host.invalid:2375"])
def test_an_address_that_cannot_work_is_told_with_what_is_wrong(host, monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", host)

    with pytest.raises(EngineError, match=host.partition("://")[2]) as caught:
        connect()

    assert type(caught.value) is EngineError
    assert "DOCKER_HOST" in str(caught.value.hint)


@pytest.mark.parametrize("said", [None, ""])
def test_the_context_that_docker_uses_is_used_where_nothing_else_is_said(said, tmp_path, monkeypatch):
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    if said is not None:
        monkeypatch.setenv("DOCKER_HOST", said)
    monkeypatch.delenv("DOCKER_CONFIG", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    stored = tmp_path / ".docker" / "contexts" / "meta" / hashlib.sha256(b"elsewhere").hexdigest() / "meta.json"
    stored.parent.mkdir(parents=True)
    endpoint = {"Host": "unix:///nowhere/engine.sock", "SkipTLSVerify": False}
    stored.write_text(json.dumps({"Name": "elsewhere", "Metadata": {}, "Endpoints": {"docker": endpoint}}))
    (tmp_path / ".docker" / "config.json").write_text('{"currentContext": "elsewhere"}')

    # In a process of its own: the SDK reads where things are when it is imported.
    program = "from openenv.engine import connect; connect()"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)

    assert "no container engine answers at unix:///nowhere/engine.sock" in ran.stderr


def test_a_socket_that_this_user_may_not_use_is_told_apart():
    program = f"""if True:
        import os, docker
        from openenv.engine import EngineForbiddenError, connect
        if os.geteuid() == 0:
            os.seteuid({NOBODY})
        try:
            connect()
        except EngineForbiddenError as error:
            print(error.hint)
    """
    with short_path() as path, socket.socket(socket.AF_UNIX) as listening:
        listening.bind(path)
        Path(path).chmod(0)
        listening.listen()
        host = {"DOCKER_HOST": f"unix://{path}"}

        ran = subprocess.run(
            [sys.executable, "-c", program], env={**os.environ, **host}, capture_output=True, text=True
        )

    assert "usermod -aG docker" in ran.stdout, ran.stderr


@contextmanager
def short_path():
    """Give a path for a socket, which has to be short, below a folder that everybody may enter."""
    with tempfile.TemporaryDirectory() as short:
        Path(short).chmod(0o755)
        yield f"{short}/engine.sock"


@pytest.mark.parametrize(
    ("base_url", "address"),
    [
        ("http+docker://localhost", None),
        ("http+docker://localnpipe", None),
        ("http://localhost:2375", None),
        ("http://127.0.0.1:2375", None),
        ("http://192.0.2.7:2375", "192.0.2.7"),
        ("https://[2001:db8::7]:2376", "2001:db8::7"),
    ],
)
def test_an_engine_is_far_where_its_address_is_not_of_this_machine(base_url, address):
    assert far_address(Far(base_url)) == address


def test_a_name_becomes_an_address_and_a_wrong_one_is_told():
    assert resolve("localhost") == "127.0.0.1"
    assert resolve("0.0.0.0") == "0.0.0.0"
    with pytest.raises(ConfigurationError, match="'no such host' is not an address") as caught:
        resolve("no such host")
    assert "0.0.0.0" in str(caught.value.hint)
