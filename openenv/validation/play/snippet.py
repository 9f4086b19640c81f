"""A failure as a Python program that shows it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from openenv.discovery.target import ImageTarget, UrlTarget
from openenv.protocol import Dialect
from openenv.validation.play.script import Request, Script
from openenv.validation.target import ClassTarget, Target

_WIDTH = 110
_REPEATED = 3
_ASK = """\
def ask(call, *args, **options):
    try:
        return call(*args, **options)
    except OpenEnvError as error:
        return f"{type(error).__name__}: {error}"
"""
_ASK_V1 = """\
def ask(env, frame):
    env.send(json.dumps(frame))
    return json.loads(env.recv())
"""


def snippet(target: Target, scripts: tuple[Script, ...], dialect: Dialect | None = None, *, key: bool = False) -> str:
    """Write a program that plays scripts and prints every answer.

    Args:
        target: What they are played on.
        scripts: The scripts, one after the other.
        dialect: The version of the protocol; ``None`` for the newest.
        key: Whether the server asks for a key.

    Returns:
        The program; empty where it cannot be said: v1 without a server, and a class that no module names.
    """
    if isinstance(target, ClassTarget) and "<locals>" in target.environment.__qualname__:
        return ""
    if dialect is Dialect.V1:
        return "" if isinstance(target, ClassTarget) else _program(target, scripts, _V1(key))
    return _program(target, scripts, _V2(target, key))


class _V2:
    """How it is said with a client."""

    def __init__(self, target: Target, key: bool) -> None:
        made = f"in_process({target.environment.__qualname__})" if isinstance(target, ClassTarget) else None
        options = ', api_key=os.environ["OPENENV_API_KEY"]' if key else ""
        self.client = f"GenericEnvClient.{made}" if made else f"GenericEnvClient(url{options})"
        self.imports = ["from openenv import GenericEnvClient", "from openenv.errors import OpenEnvError"]
        self.imports[:0] = ["import os\n"] if key else []
        self.helper = _ASK

    def line(self, request: Request, env: str) -> str:
        if request.kind == "close":
            return f"{env}.close()"
        if request.kind == "step":
            return self.step(env, _literal(request.data))
        options = "".join(f", {name}={value!r}" for name, value in (request.data or {}).items())
        return f"print(ask({env}.{request.kind}{options}))"

    def step(self, env: str, action: str) -> str:
        return f"print(ask({env}.step, {action}))"


class _V1:
    """How it is said with frames."""

    def __init__(self, key: bool) -> None:
        header = ', additional_headers={"X-OpenEnv-Key": os.environ["OPENENV_API_KEY"]}' if key else ""
        self.client = f'connect(url.replace("http", "ws", 1) + "/ws"{header})'
        self.imports = ["import json", *(["import os"] if key else []), "\nfrom websockets.sync.client import connect"]
        self.helper = _ASK_V1

    def line(self, request: Request, env: str) -> str:
        frame = {"type": request.kind} if request.data is None else {"type": request.kind, "data": request.data}
        return f"print(ask({env}, {_literal(frame)}))"

    def step(self, env: str, action: str) -> str:
        return f"print(ask({env}, {{'type': 'step', 'data': {action}}}))"


def _program(target: Target, scripts: tuple[Script, ...], words: _V1 | _V2) -> str:
    imports, begin, end = _home(target)
    parts = ["\n".join([*words.imports, *imports]), *begin, words.helper]
    parts += ["\n".join(_played(script, words)) + "\n" for script in scripts]
    return "\n\n".join(part.rstrip("\n") for part in (*parts, *end)) + "\n"


def _home(target: Target) -> tuple[list[str], list[str], list[str]]:
    """Say what has to be imported, what begins it, and what ends it."""
    if isinstance(target, ClassTarget):
        kind = target.environment
        return [f"from {kind.__module__} import {kind.__qualname__.partition('.')[0]}"], [], []
    if isinstance(target, UrlTarget):
        return [], [f"url = {str(target)!r}"], []
    if isinstance(target, ImageTarget):
        provider, made = "docker import DockerProvider", f"DockerProvider({target.image!r})"
    else:
        provider, made = "process import ProcessProvider", f"ProcessProvider.for_project({str(target.root)!r})"
    return [f"from openenv.providers.{provider}"], [f"server = {made}\nurl = server.start()"], ["server.stop()"]


def _played(script: Script, words: _V1 | _V2) -> Iterator[str]:
    names = {name: "env" if len(script.sessions) == 1 else f"env{name}" for name in script.sessions}
    yield f"with {', '.join(f'{words.client} as {env}' for env in names.values())}:"
    for (kind, session), run in groupby(script, key=lambda request: (request.kind, request.session)):
        requests = list(run)
        lines = [words.line(request, names[session]) for request in requests]
        if len(lines) <= _REPEATED:
            yield from (f"    {line}" for line in lines)
        elif len(set(lines)) == 1:
            yield from (f"    for _ in range({len(lines)}):", f"        {lines[0]}")
        elif kind == "step":
            yield from _loop([_literal(request.data) for request in requests], words.step(names[session], "action"))
        else:
            yield from (f"    {line}" for line in lines)


def _loop(actions: list[str], line: str) -> Iterator[str]:
    """Take many steps."""
    yield "    for action in ["
    row = ""
    for action in actions:
        if row and len(row) + len(action) > _WIDTH:
            yield f"        {row.rstrip()}"
            row = ""
        row += f"{action}, "
    yield from (f"        {row.rstrip()}", "    ]:", f"        {line}")


def _literal(value: Any) -> str:
    """Write a value; a text that is the same character again and again is written shorter."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{name!r}: {_literal(item)}' for name, item in value.items())}}}"
    if isinstance(value, str) and len(value) > _WIDTH and len(set(value)) == 1:
        return f"{value[0]!r} * {len(value)}"
    return repr(value)
