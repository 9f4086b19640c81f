"""Which checks run, and in which order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from openenv.errors import ConfigurationError
from openenv.validation.check import Check, Stage

_STAGES = list(Stage)


def select(checks: Iterable[Check], chosen: Sequence[str] = (), ignored: Sequence[str] = ()) -> list[Check]:
    """Choose checks by id or by the beginning of one.

    Args:
        checks: All there are.
        chosen: Ids or prefixes (``S``, ``H01``); empty for all.
        ignored: Ids or prefixes to leave out; wins over ``chosen``.

    Returns:
        The checks to run.

    Raises:
        ConfigurationError: An id or prefix fits no check, or none is left.
    """
    known = list(checks)
    ids = [check.id for check in known]
    for prefix in (*chosen, *ignored):
        if not prefix or not any(one.startswith(prefix.upper()) for one in ids):
            near = get_close_matches(prefix.upper(), ids, n=1)
            hint = f"did you mean {near[0]}?" if near else f"ids are {ids[0]} to {ids[-1]}; S, H, W, B name families"
            raise ConfigurationError(f"no check is called '{prefix}'", hint=hint)
    wanted = tuple(prefix.upper() for prefix in chosen) or ("",)
    unwanted = tuple(prefix.upper() for prefix in ignored)
    left = [check for check in known if check.id.startswith(wanted) and not check.id.startswith(unwanted)]
    if not left:
        raise ConfigurationError("no check is left", hint="each one that is selected is ignored as well")
    return left


def in_order(checks: Iterable[Check]) -> list[Check]:
    """Sort checks so that each comes after those that decide whether it runs, stage by stage.

    Args:
        checks: The checks to run; one that decides but that is not among them does not count.

    Returns:
        The same checks, in the order in which they run.
    """
    given = sorted(checks, key=lambda check: _STAGES.index(check.stage))
    by_id = {check.id: check for check in given}
    ordered: dict[str, Check] = {}

    def visit(check: Check) -> None:
        for need in (*check.needs, *check.spoilt_by):
            if need in by_id:
                visit(by_id[need])
        ordered.setdefault(check.id, check)

    for check in given:
        visit(check)
    return list(ordered.values())
