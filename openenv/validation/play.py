"""What is played for the checks of behaviour, each thing when the first check asks for it."""

from __future__ import annotations

from openenv.validation.actions import ActionMaker
from openenv.validation.arena import Arena
from openenv.validation.check import NotChecked, ProbeError
from openenv.validation.recording import Recording, record
from openenv.validation.remembered import remembered


class Play:
    """Episodes in an arena.

    Args:
        arena: The arena.
    """

    def __init__(self, arena: Arena) -> None:
        self.arena = arena

    @remembered
    def recording(self) -> Recording:
        """Episodes with plain actions, or ``NotChecked`` where none can be played (B001)."""
        actions = ActionMaker(self.arena.schemas.action)
        try:
            return record(self.arena, actions.make, self.arena.effort.episodes)
        except ProbeError as error:
            raise NotChecked(f"no episode could be played: {error} (B001)") from None
