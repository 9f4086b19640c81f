"""No check may exist that is not seen to fail."""

from __future__ import annotations

import spoilt_projects
import spoilt_servers
import test_behaviour_checks
from corpus import corpus

from openenv.validation.check import registered


def test_every_check_has_a_project_server_or_episode_in_which_it_fails() -> None:
    seen = {defect.found_by for defect in corpus()}
    seen |= {id_ for _, _, expected in spoilt_projects.SPOILT for id_ in expected}
    seen |= {row[0] for row in spoilt_servers.HTTP + spoilt_servers.SOCKET + test_behaviour_checks.SPOILT}
    assert seen == set(registered())
