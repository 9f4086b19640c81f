from typing import Any

from twin import Walk

from openenv.environment import Environment
from openenv.types import Action, Observation, State

WORDS = ("cartographer", "blacksmith's", "lighthouses")


class Guess(Action):
    word: str = ""


class Hint(Observation):
    length: int = 0
    hint: str = ""


class Twin(Walk, Environment[Guess, Hint, State]):
    def begin(self) -> Any:
        self.word = self.random.choice(WORDS)
        return Hint(length=len(self.word), hint=".")

    def act(self, action: Any) -> Any:
        right = action.word == self.word
        return Hint(length=len(self.word), reward=1.0 if right else 0.0, done=True)
