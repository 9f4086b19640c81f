"""Imports a package from a folder under a name of its own: never in the place of another one, nor of each other's."""

from __future__ import annotations

import builtins
import importlib
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

from typing_extensions import Buffer


@dataclass(frozen=True)
class OwnName:
    """A package's own name here.

    Attributes:
        name: What it is imported as.
        written: What its modules call it.
        folder: Where its files are.
    """

    name: str
    written: str
    folder: Path

    def import_module(self, module: str) -> ModuleType:
        """Import a module.

        Args:
            module: What the package's own modules call it.

        Returns:
            The module.

        Raises:
            Exception: Whatever the module raises.
        """
        _finder.known[self.name] = self
        if _finder not in sys.meta_path:
            sys.meta_path.insert(0, _finder)
        return importlib.import_module(self.translated(module))

    def translated(self, module: str) -> str:
        """Say what a module is imported as: one of another package as it is called."""
        first, dot, rest = module.partition(".")
        return f"{self.name}{dot}{rest}" if first == self.written else module


class _Finder(MetaPathFinder):
    """Finds the modules of such packages."""

    def __init__(self) -> None:
        self.known: dict[str, OwnName] = {}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find the file of a module."""
        first, *rest = fullname.split(".")
        package = self.known.get(first)
        if package is None:
            return None
        base = package.folder.joinpath(*rest)
        for file, places in ((base / "__init__.py", [str(base)]), (base.with_name(f"{base.name}.py"), None)):
            if file.is_file():
                loader = _Loader(fullname, str(file), package)
                return spec_from_file_location(fullname, file, loader=loader, submodule_search_locations=places)
        if not base.is_dir():
            return None
        spec = ModuleSpec(fullname, None, is_package=True)
        spec.submodule_search_locations = [str(base)]
        return spec


class _Loader(SourceFileLoader):
    """Runs a module whose imports of its own package lead to that very package."""

    def __init__(self, fullname: str, path: str, package: OwnName) -> None:
        super().__init__(fullname, path)
        self._package = package

    def exec_module(self, module: ModuleType) -> None:
        """Run it."""
        # What an import statement calls is found in the module's builtins, also when it runs later, in a function.
        vars(module)["__builtins__"] = {**vars(builtins), "__import__": partial(_import, self._package)}
        super().exec_module(module)

    def set_data(self, path: str, data: Buffer, *, _mode: int = 0o666) -> None:
        """Leave the folder as it is: nothing compiled is written there."""


def _import(
    package: OwnName,
    name: str,
    globals: Mapping[str, Any] | None = None,  # noqa: A002 - as __import__ calls it
    locals: Mapping[str, Any] | None = None,  # noqa: A002
    fromlist: Sequence[str] | None = (),
    level: int = 0,
) -> ModuleType:
    found = name if level else package.translated(name)
    return builtins.__import__(found, globals, locals, fromlist or (), level)


_finder = _Finder()
