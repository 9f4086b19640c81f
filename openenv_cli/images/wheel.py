"""The wheel of the runtime as it is installed here, for images: they install it by path, and ask no index for it.

Made from the installed files alone, whether pip has copied them or points to a checkout. The same files
make the same bytes.
"""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

import openenv
import openenv_cli
from openenv.version import DISTRIBUTION
from openenv_cli.errors import MissingError

_BEGINNING = (1980, 1, 1, 0, 0, 0)
_TAG = "py3-none-any"
_COMPILED = "__pycache__"
_DESCRIPTION = f"Wheel-Version: 1.0\nGenerator: {DISTRIBUTION}\nRoot-Is-Purelib: true\nTag: {_TAG}\n"


@dataclass(frozen=True)
class Wheel:
    """A wheel in memory.

    Attributes:
        name: The name of its file.
        content: The bytes of its file.
    """

    name: str
    content: bytes


def runtime_wheel() -> Wheel:
    """Make the wheel of the runtime that runs this.

    Returns:
        The wheel (https://packaging.python.org/specifications/binary-distribution-format/).

    Raises:
        MissingError: The runtime was not installed with pip, so nothing says what it needs.
    """
    try:
        installed = distribution(DISTRIBUTION)
    except PackageNotFoundError:
        hint = "pip install --editable PATH_OF_THE_CHECKOUT"
        raise MissingError(f"{DISTRIBUTION} runs from its files and is not installed", hint=hint) from None
    stem = f"{DISTRIBUTION.replace('-', '_')}-{installed.version}"
    info = f"{stem}.dist-info"
    files = {**dict(_modules()), **{f"{info}/{name}": content for name, content in _metadata(installed)}}
    record = f"{info}/RECORD"
    files[record] = "".join([*(_line(path, files[path]) for path in sorted(files)), f"{record},,\n"]).encode()
    return Wheel(f"{stem}-{_TAG}.whl", _zip(files))


def _modules() -> Iterator[tuple[str, bytes]]:
    for package in (openenv, openenv_cli):
        folder = Path(str(package.__file__)).parent
        for path in folder.rglob("*"):
            if path.is_file() and _COMPILED not in path.parts:
                yield path.relative_to(folder.parent).as_posix(), path.read_bytes()


def _metadata(installed: Distribution) -> Iterator[tuple[str, bytes]]:
    yield "WHEEL", _DESCRIPTION.encode()
    for name in ("METADATA", "entry_points.txt"):
        text = installed.read_text(name)
        assert text is not None, f"every installation has {name}"
        yield name, text.encode()


def _line(path: str, content: bytes) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
    return f"{path},sha256={digest},{len(content)}\n"


def _zip(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    # Not compressed: that would depend on the version of zlib.
    with zipfile.ZipFile(buffer, "w") as archive:
        for path in sorted(files):
            member = zipfile.ZipInfo(path, _BEGINNING)
            member.external_attr = 0o644 << 16
            archive.writestr(member, files[path])
    return buffer.getvalue()
