"""What every environment promises, checked in this process; ``openenv validate`` checks the server too."""

import pytest
from openenv.testing import Case, cases

from coding_env.server.environment import CodingEnvironment


@pytest.mark.parametrize("case", cases(CodingEnvironment, strict=True), ids=str)
def test_keeps_the_rules(case: Case) -> None:
    case.run()
