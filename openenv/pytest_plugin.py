"""``pytest --openenv TARGET``: the checks of ``openenv validate`` as tests beside one's own.

pytest loads this in every run of whoever has this package installed, so it imports nothing before it is asked for.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from openenv.testing import Case, Examination


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option."""
    group = parser.getgroup("openenv", "environments for reinforcement learning")
    group.addoption("--openenv", metavar="TARGET", help="Check the project, server or image as openenv validate does.")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(session: pytest.Session, config: pytest.Config, items: list[pytest.Item]) -> None:
    """Add a test for each check, before ``-k`` and the like choose among all tests."""
    target = config.getoption("--openenv")
    if target is None:
        return
    from openenv.errors import OpenEnvError
    from openenv.testing import Examination
    from openenv.validation.run import Options

    try:
        examination = Examination(target, Options(api_key=os.environ.get("OPENENV_API_KEY")))
    except OpenEnvError as error:
        raise pytest.UsageError(f"--openenv: {error}") from None
    parent = _Target.from_parent(session, name="openenv", nodeid="openenv")
    items += [_Test.from_parent(parent, name=str(case), case=case) for case in examination.cases]


def pytest_collection_finish(session: pytest.Session) -> None:
    """Run no check that is not asked for."""
    chosen: dict[Examination, list[str]] = {}
    for item in session.items:
        if isinstance(item, _Test):
            chosen.setdefault(item.case.examination, []).append(item.case.check.id)
    for examination, ids in chosen.items():
        examination.choose(ids)


class _Target(pytest.Collector):
    """What is checked; its tests are made above."""

    def collect(self) -> list[pytest.Item]:
        return []


class _Test(pytest.Item):
    """One check."""

    def __init__(self, *, case: Case, **options: Any) -> None:
        super().__init__(**options)
        self.case = case

    def runtest(self) -> None:
        from openenv.errors import OpenEnvError

        try:
            self.case.run()
        except OpenEnvError as error:  # such as a server that is not there: no other check could be run either
            hint = f" ({error.hint})" if error.hint else ""
            pytest.exit(f"--openenv: {error}{hint}", returncode=pytest.ExitCode.USAGE_ERROR)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        from openenv.testing import CheckFailed

        return str(excinfo.value) if isinstance(excinfo.value, CheckFailed) else super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[str, None, str]:
        return self.config.getoption("--openenv"), None, f"{self.case.check.id} {self.case.check.title}"
