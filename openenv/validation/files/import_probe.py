"""Imports something and says how it went: ``python -m openenv.validation.files.import_probe ORDER``.

Runs in a process of its own, since importing runs the project's code, which may do anything; and in the
folder that the project is imported from, which ``-m`` puts first on the path.
"""

from __future__ import annotations

import faulthandler
import importlib
import importlib.util
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from openenv.project.frames import frames_of, own_frames, place, told


@dataclass(frozen=True)
class Wish:
    """Something that should be importable.

    Attributes:
        role: What it is: ``app``, ``client``, ``action`` or ``observation``; ``match`` for a client that has the same
            models as an app.
        modules: Where it may stand.
        name: The attribute; ``None`` for whatever fits the role there.
        app: What a client has to match, as ``module:attribute``.
    """

    role: str
    modules: tuple[str, ...]
    name: str | None
    app: str | None = None

    @property
    def module(self) -> str:
        """The module where it stands first of all."""
        return self.modules[0]

    def __str__(self) -> str:
        return self.module if self.name is None else f"{self.module}:{self.name}"


def main() -> None:
    """Do what the order says and print the outcomes as JSON."""
    order = json.loads(sys.argv[1])
    root = Path(order["root"])
    # Whatever keeps the import from coming to its end is shown with its line: native code too, which runs no handler.
    faulthandler.enable()
    faulthandler.dump_traceback_later(order["timeout_s"], exit=True)
    # What the project prints while it is imported must not get between the lines of the answer.
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    outcomes = []
    for wish in (Wish(one["role"], tuple(one["modules"]), one["name"], one["app"]) for one in order["wishes"]):
        try:
            # A server finds its modules by path; whoever installs the package finds them below its name.
            if wish.role != "app" and order["flat_package"] and order["flat_package"] not in sys.modules:
                _mount(order["flat_package"], root)
            outcomes.append(_attempt(wish))
        except BaseException as error:
            outcomes.append(_described(error, root))
    with answer:
        json.dump(outcomes, answer)
    os._exit(0)  # threads that the import has started must not keep the answer waiting


def _mount(package: str, root: Path) -> None:
    """Make a flat project importable under its package's name, whatever its folder is called."""
    place = root / "__init__.py"
    spec = importlib.util.spec_from_file_location(package, place, submodule_search_locations=[str(root)])
    if not place.is_file() or spec is None or spec.loader is None:
        return
    sys.modules[package] = module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[package]
        raise


def _attempt(wish: Wish) -> dict[str, Any] | None:
    """Import something; returns what is wrong, or ``None``."""
    present = [name for name in wish.modules if _is_there(name)]
    modules = [importlib.import_module(name) for name in present or wish.modules[:1]]
    if wish.name is None:
        found = [vars(module)[name] for module in modules for name in vars(module) if _fits(wish.role, module, name)]
        base = _bases()[wish.role].__name__
        return _mismatch(found[0], wish.app) if found else _failed(f"{wish} defines no subclass of {base}")
    for module in modules:
        value: Any = module
        for part in wish.name.split("."):
            value = getattr(value, part, None)
        if value is not None:
            wrong = _misfit(wish.role, value)
            return _failed(f"{wish} is {wrong}") if wrong else _mismatch(value, wish.app)
    return _failed(f"{modules[0].__name__} has no attribute '{wish.name}'")


def _is_there(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False


def _fits(role: str, module: ModuleType, name: str) -> bool:
    value = vars(module)[name]
    return isinstance(value, type) and value is not _bases()[role] and _misfit(role, value) is None


def _misfit(role: str, value: Any) -> str | None:
    """Say what is wrong with a value in a role."""
    if role == "app":
        return None if callable(value) else f"no ASGI application but a {type(value).__name__}"
    base = _bases()[role]
    if isinstance(value, type) and issubclass(value, base):
        return None
    return f"no subclass of {base.__name__}"


def _bases() -> dict[str, type]:
    from openenv.client.client import EnvClient
    from openenv.types import Action, Observation

    return {"client": EnvClient, "match": EnvClient, "action": Action, "observation": Observation}


def _mismatch(client: Any, app: str | None) -> dict[str, Any] | None:
    """Say in which model a client is not the one that an app serves; nothing where there is no app to match."""
    if app is None:
        return None
    from openenv.validation.serving.matching import mismatches

    module, _, attribute = app.partition(":")
    value: Any = importlib.import_module(module)
    for part in attribute.split("."):
        value = getattr(value, part)
    service = getattr(getattr(value, "state", None), "openenv_service", None)
    if service is None:
        return {**_failed("the app is not made by create_app: nobody can tell here what it speaks"), "unknown": True}
    wrong = mismatches(client, service.blueprint)
    return _failed("; ".join(wrong)) if wrong else None


def _failed(message: str) -> dict[str, Any]:
    return {"message": message, "where": None, "frames": [], "mend": None, "unknown": False}


def _described(error: BaseException, root: Path) -> dict[str, Any]:
    """Describe an exception with the frames that stand in the project, the outermost first."""
    own = own_frames(frames_of(error), root)
    text = " ".join((str(error) if not isinstance(error, SyntaxError) else error.msg).split())
    return {
        "message": f"{type(error).__name__}: {text}",
        "where": place(own[-1], root) if own else None,
        "frames": [told(frame, root) for frame in own],
        "mend": getattr(error, "hint", None),
        "unknown": False,
    }


if __name__ == "__main__":
    main()
