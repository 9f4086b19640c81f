"""What an image says about itself to whoever has not started it: a registry, a catalogue. Pure, but for git."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from openenv.project.manifest import Manifest
from openenv.version import VERSION

OCI = "org.opencontainers.image."
"""The keys of https://github.com/opencontainers/image-spec/blob/main/annotations.md."""

OWN = "org.openenv."
KINDS = ("action", "observation", "state")


def labels(manifest: Manifest, schemas: Mapping[str, Any] | None, revision: str | None) -> dict[str, str]:
    """Write the labels of an image.

    Args:
        manifest: What ``openenv.yaml`` says.
        schemas: The JSON Schemas of actions, observations and states, as ``GET /schema`` gives them, if known.
        revision: The git revision of what was built, if it is one.

    Returns:
        The labels, sorted; each schema and the manifest as JSON.
    """
    known = {
        f"{OCI}title": manifest.name,
        f"{OCI}version": manifest.version,
        f"{OCI}description": manifest.description,
        f"{OCI}revision": revision,
        f"{OWN}manifest": _json(_stated(manifest)),
        f"{OWN}builder": VERSION,
        **{f"{OWN}schema.{kind}": _json((schemas or {})[kind]) for kind in KINDS if kind in (schemas or {})},
    }
    return {key: value for key, value in sorted(known.items()) if value is not None}


def _stated(manifest: Manifest) -> dict[str, Any]:
    """Lay a manifest out as ``openenv.yaml`` has it: without what it leaves out, and with classes as text."""
    stated = manifest.model_dump(mode="json", exclude_unset=True)
    classes = {name: getattr(manifest, name) for name in ("client", "action", "observation") if name in stated}
    return {**stated, **{name: str(found) for name, found in classes.items() if found is not None}}


def revision(root: Path) -> str | None:
    """Find the git revision of a project.

    Args:
        root: The project's folder.

    Returns:
        The revision; ``None`` where there is no git, or the files are not those of a revision.
    """
    head, changes = _git(root, "rev-parse", "HEAD"), _git(root, "status", "--porcelain", "--", ".")
    return head if head and changes == "" else None


def _git(root: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, encoding="utf-8")
    except FileNotFoundError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
