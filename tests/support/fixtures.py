"""Fixtures for the conftest of any folder that plays puppets."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.puppets import journal


@pytest.fixture(scope="module", autouse=True)
def every_puppet_is_closed_once() -> Iterator[None]:
    """However its session went: made, played, and closed exactly once, as the last thing."""
    earlier = journal.puppets()
    yield
    journal.assert_each_closed_once(journal.puppets() - earlier)
