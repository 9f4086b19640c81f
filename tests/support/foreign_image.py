"""An image for another kind of processor, which needs no registry and no emulation: it holds no program."""

from __future__ import annotations

import hashlib
import io
import json
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


def _tar(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for path, content in files.items():
            info = tarfile.TarInfo(path)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return packed.getvalue()
