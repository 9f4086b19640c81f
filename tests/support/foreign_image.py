"""An image and a program for another kind of processor, which need no registry and no compiler."""

from __future__ import annotations

import hashlib
import io
import json
import struct
import tarfile


def foreign_image(name: str, architecture: str) -> bytes:
    """Write an image as ``docker load`` reads it.

    Args:
        name: What it is called.
        architecture: The processor that it says it is for.

    Returns:
        The archive.
    """
    layer = _tar({"note": b"nothing runs here"})
    config = {
        "architecture": architecture,
        "os": "linux",
        "config": {},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}"]},
    }
    manifest = [{"Config": "config.json", "RepoTags": [name], "Layers": ["layer.tar"]}]
    files = {"config.json": json.dumps(config).encode(), "manifest.json": json.dumps(manifest).encode()}
    return _tar({**files, "layer.tar": layer})


def foreign_program(architecture: str) -> bytes:
    """Write as much of a program as the kernel reads to see which processor it is for (man 5 elf).

    Args:
        architecture: The processor, ``arm64`` or ``amd64``.
    """
    kind, machine = 2, {"amd64": 62, "arm64": 183}[architecture]
    return struct.pack("<4sBBB9xHH", b"\x7fELF", 2, 1, 1, kind, machine).ljust(128, b"\0")


def _tar(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for path, content in files.items():
            info = tarfile.TarInfo(path)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return packed.getvalue()
