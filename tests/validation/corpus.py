"""The corpus of planted defects: small environments and projects with one thing wrong, and their mended twins.

A folder below ``defects/`` is one defect. Its ``expected.yaml`` says::

    what: One sentence on what is wrong.
    found_by: B011
    also:            # other checks that fail, each with the reason why that is right; usually none
      B008: the count is wrong as well

Beside it is one of these:

* ``defect.py`` and ``mended.py``, each with a class ``Twin``: an environment, which is played in this process. An
  ``openenv.yaml`` there holds what both say about themselves.
* ``change.py`` with ``defect(project)``, which spoils a project that ``openenv init`` has made as my-env, and perhaps
  ``mended(project)``, which changes it likewise without the fault: the project is validated as a whole.
"""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

import yaml

from openenv.validation.play.effort import DEFAULT, THOROUGH, Effort
from openenv.validation.play.replay import Replay
from openenv.validation.reports.report import Report, Status
from openenv.validation.run import Options, validate
from openenv_cli.naming import names_for
from openenv_cli.scaffold import TEMPLATES, plan, write

FOLDER = Path(__file__).with_name("defects")
NAME = "my-env"
TIMEOUT_S = 10.0
EFFORTS = {effort.name: effort for effort in (DEFAULT, THOROUGH)}

Variant = Literal["defect", "mended"]


@dataclass(frozen=True)
class Defect:
    """A planted defect.

    Attributes:
        name: The name of its folder.
        what: What is wrong.
        found_by: The check that finds it.
        also: Other checks that fail -> why that is right.
        effort: How much has to be played to find it.
        select: The checks that are run, where not all of them are.
        template: The template that a project is made from.
        timeout_s: The longest wait for one answer, in seconds.
    """

    name: str
    what: str
    found_by: str
    also: dict[str, str] = field(default_factory=dict)
    effort: str = DEFAULT.name
    select: tuple[str, ...] = ()
    template: str = "echo"
    timeout_s: float = TIMEOUT_S

    @property
    def folder(self) -> Path:
        """Where it is."""
        return FOLDER / self.name

    @property
    def is_project(self) -> bool:
        """Whether it is a whole project."""
        return (self.folder / "change.py").exists()

    def report(self, variant: Variant, place: Path, replay: Replay | None = None) -> Report:
        """Validate the defect, or its mended twin.

        Args:
            variant: Which of them.
            place: An empty folder, for a project.
            replay: A failure of which alone it is validated.
        """
        target = self._project(variant, place) if self.is_project else _module(self.folder / f"{variant}.py").Twin
        effort: Effort = EFFORTS[self.effort]
        options = Options(self.select, strict=True, timeout_s=self.timeout_s, effort=effort, replay=replay)
        return validate(target, options)

    def _project(self, variant: Variant, place: Path) -> str:
        project = place / NAME
        write(plan(names_for(NAME), TEMPLATES[self.template], project))
        change = getattr(_module(self.folder / "change.py"), variant, None)
        if change is not None:
            change(project)
        return str(project)


@lru_cache
def corpus() -> tuple[Defect, ...]:
    """Read every declaration."""
    return tuple(_read(path) for path in sorted(FOLDER.glob("*/expected.yaml")))


def failed(report: Report) -> set[str]:
    """The ids of the checks that failed."""
    return {outcome.check.id for outcome in report.outcomes if outcome.status is Status.FAILED}


def _read(path: Path) -> Defect:
    said: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    said["select"] = tuple(said.get("select", ()))
    return Defect(path.parent.name, **said)


def _module(path: Path) -> ModuleType:
    name = f"defects_{path.parent.name}_{path.stem}"
    specification = importlib.util.spec_from_file_location(name, path)
    assert specification is not None
    assert specification.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module
