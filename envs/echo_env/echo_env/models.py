"""What an agent does and sees."""

from openenv import Action, Observation
from pydantic import Field


class EchoAction(Action):
    """Something to say."""

    message: str = Field(description="What to say; 'bye' ends the episode")


class EchoObservation(Observation):
    """What came back."""

    message: str = Field(description="What was said, word for word")
    length: int = Field(ge=0, description="How many characters that is")
