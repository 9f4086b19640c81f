"""Policies for trying the environment out."""

from typing import Any

from coding_env.models import CodeAction, CodeObservation

_BEGIN = "number, factors, divisor = 2**32 - 1, [], 2"
_WORK = """
while divisor * divisor <= number:
    while number % divisor == 0:
        factors.append(divisor)
        number //= divisor
    divisor += 1
factors + [number]
"""
_CHECK = "import math; math.prod({factors}) == 2**32 - 1"


class KnownGoodPolicy:
    """Factors a number step by step, and begins again where its names are gone.

    It uses what an agent can rely on: names that live from step to step, values, and errors that say what is wrong.
    """

    def __init__(self) -> None:
        self._code = ""

    def reset(self, seed: int | None) -> None:
        """Begin an episode; the seed changes nothing."""
        self._code = ""

    def act(self, observation: CodeObservation | dict[str, Any]) -> CodeAction:
        """Choose the next piece of code from what became of the last one.

        Args:
            observation: What the agent sees; a dict is what a generic client gives.
        """
        seen = CodeObservation.model_validate(observation)
        self._code = self._next(seen)
        return CodeAction(code=self._code)

    def _next(self, seen: CodeObservation) -> str:
        if self._code == _BEGIN and seen.exit_code == 0:
            return _WORK
        if self._code == _WORK and seen.value is not None:
            return _CHECK.format(factors=seen.value)
        return _BEGIN
