"""No check may exist that is not seen to fail."""

from __future__ import annotations

import test_behaviour_checks
import test_server_checks
import test_shipping_checks
import test_static_checks

from openenv.validation.check import registered

ELSEWHERE = {"S022", "H001", "H002", "H003", "H019", "W005"}
"""Seen to fail in tests of their own, with a real process each."""


def test_every_check_has_a_project_server_or_episode_in_which_it_fails() -> None:
    seen = {id_ for _, _, expected in test_static_checks.SPOILT + test_shipping_checks.SPOILT for id_ in expected}
    seen |= {row[0] for row in test_server_checks.HTTP + test_server_checks.SOCKET + test_behaviour_checks.SPOILT}
    assert seen | ELSEWHERE == set(registered())
    assert not seen & ELSEWHERE
