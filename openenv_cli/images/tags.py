"""What images are called. Pure."""

from __future__ import annotations

import re

from openenv.project.manifest import Manifest
from openenv_cli.errors import UsageError

_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REGISTRY = r"[A-Za-z0-9.-]+(?::[0-9]+)?"
_REPOSITORY = rf"(?:{_REGISTRY}/)?{_PART}(?:/{_PART})*"
_TAG = re.compile(rf"({_REPOSITORY})(?::([A-Za-z0-9_][A-Za-z0-9_.-]{{0,127}}))?")
"""https://github.com/distribution/reference, without digests."""


def default_tags(manifest: Manifest) -> tuple[str, ...]:
    """Name the image of an environment.

    Args:
        manifest: What ``openenv.yaml`` says.

    Returns:
        ``name:latest``, and ``name:version`` where there is a version.
    """
    name = manifest.name.lower()
    return (f"{name}:latest", *([f"{name}:{manifest.version}"] if manifest.version else []))


def read_tag(text: str) -> str:
    """Complete what somebody wants an image to be called.

    Args:
        text: A name, perhaps with a registry before it and a tag after it.

    Returns:
        The name with its tag.

    Raises:
        UsageError: No image can be called that.
    """
    found = _TAG.fullmatch(text)
    if found is None:
        raise UsageError(f"no image can be called '{text}'", hint="small letters, digits, - and _: -t my-env:0.1.0")
    return f"{found[1]}:{found[2] or 'latest'}"


def registry_tags(reference: str, manifest: Manifest) -> tuple[str, ...]:
    """Name the image of an environment in a registry.

    Args:
        reference: A registry, a place in one (``ghcr.io/me``), or the whole name of the image with its tag.
        manifest: What ``openenv.yaml`` says.

    Returns:
        The whole name where there is one, else the names that the image has by default, in that place.

    Raises:
        UsageError: No image can be called that.
    """
    place = reference.rstrip("/")
    if "/" in place and ":" in place.rpartition("/")[2]:
        return (read_tag(place),)
    return tuple(read_tag(f"{place}/{tag}") for tag in default_tags(manifest))
