"""Servers that several tests of a module share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from support.fixtures import every_puppet_is_closed_once
from support.puppets import AsyncPuppet, InlinePuppet, Puppet
from support.serving import Served, serving

__all__ = ["every_puppet_is_closed_once"]

Serve = Callable[..., Served]


@pytest.fixture(scope="module")
def serve() -> Iterator[Serve]:
    """Serve an environment until the module's end; the same one again is the same server."""
    running: dict[str, Served] = {}
    with ExitStack() as stack:

        def served(environment: Any, **settings: Any) -> Served:
            key = f"{environment} {sorted(settings.items())}"
            if key not in running:
                running[key] = stack.enter_context(serving(environment, **settings))
            return running[key]

        yield served


@pytest.fixture(params=["thread", "inline", "async", "process"])
def everywhere(request: pytest.FixtureRequest, serve: Serve) -> Served:
    """A server of puppets in each of the places where they can live."""
    kinds = {"inline": InlinePuppet, "async": AsyncPuppet}
    if request.param in kinds:
        return serve(kinds[request.param])
    return serve(Puppet, isolation=request.param)
