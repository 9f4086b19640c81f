"""What is worked out on first use is worked out once."""

from __future__ import annotations

import pytest

from openenv.validation.check import ProbeError
from openenv.validation.remembered import remembered


class Once:
    """Counts how often it is asked."""

    asked = 0

    @remembered
    def value(self) -> int:
        """The value."""
        self.asked += 1
        return self.asked

    @remembered
    def trouble(self) -> int:
        """No value."""
        self.asked += 1
        raise ProbeError(f"try {self.asked}")


def test_a_value_is_worked_out_once() -> None:
    once = Once()
    assert (once.value, once.value, once.asked) == (1, 1, 1)
    assert isinstance(Once.value, remembered)


def test_a_failure_is_kept_too() -> None:
    once = Once()
    for _ in range(2):
        with pytest.raises(ProbeError, match="try 1"):
            _ = once.trouble
