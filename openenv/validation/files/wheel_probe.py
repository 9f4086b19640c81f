"""Builds a project's wheel: ``python -m openenv.validation.files.wheel_probe BACKEND FOLDER``, in the project's folder.

Calls the build backend as pip does (PEP 517), in a process of its own: backends print, change things and may
run the project's code.
"""

from __future__ import annotations

import sys
from importlib import import_module


def main(backend: str, folder: str) -> None:
    """Build it.

    Args:
        backend: The backend, as ``module`` or ``module:object``.
        folder: Where the wheel is to be put.
    """
    sys.path.pop(0)  # the project itself: its modules are not the backend's
    module, _, name = backend.partition(":")
    builder = import_module(module)
    for part in name.split(".") if name else ():
        builder = getattr(builder, part)
    builder.build_wheel(folder)


if __name__ == "__main__":
    main(*sys.argv[1:])
