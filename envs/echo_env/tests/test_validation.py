"""What every environment promises, checked in this process; ``openenv validate`` checks the server too."""

import pytest
from openenv.testing import Case, cases

from echo_env.server.environment import EchoEnvironment


@pytest.mark.parametrize("case", cases(EchoEnvironment, strict=True), ids=str)
def test_keeps_the_rules(case: Case) -> None:
    case.run()
