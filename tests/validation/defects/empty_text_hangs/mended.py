import time
from typing import Any

from pydantic import Field
from twin import Move, Sight, Walk

from openenv.environment import Environment
from openenv.types import State


class Saying(Move):
    word: str = Field(default="hello", max_length=200)


class Twin(Walk, Environment[Saying, Sight, State]):
    def act(self, action: Any) -> Any:
        if not action.word:
            time.sleep(0)
        return super().act(action)
