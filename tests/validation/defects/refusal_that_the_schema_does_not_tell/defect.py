from typing import Any

from pydantic import Field, field_validator
from twin import Move, Sight, Walk

from openenv.environment import Environment
from openenv.types import State


class Stride(Move):
    length: int = Field(default=1, ge=0, le=3)

    @field_validator("length")
    @classmethod
    def check(cls, length: int) -> int:
        if length == 0:
            raise ValueError("stand still by staying away")
        return length


class Twin(Walk, Environment[Stride, Sight, State]):
    def act(self, action: Any) -> Any:
        return super().act(action)
