"""What every environment promises, checked in this process; ``openenv validate`` checks the server too."""

import pytest
from openenv.testing import Case, cases

from python_env.server.environment import PythonEnvironment


@pytest.mark.parametrize("case", cases(PythonEnvironment, strict=True), ids=str)
def test_keeps_the_rules(case: Case) -> None:
    case.run()
