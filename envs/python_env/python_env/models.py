"""What an agent does and sees, and what an episode keeps."""

from typing import Literal

from openenv import Action, Observation, State
from pydantic import BaseModel, ConfigDict, Field

Difficulty = Literal["easy", "medium", "hard", "expert"]
Kind = Literal["write", "mend"]
Outcome = Literal["passed", "failed", "error", "timeout"]


class PythonAction(Action):
    """A piece of code, to be tried on the visible tests or to be handed in."""

    kind: Literal["test", "submit"] = Field(
        description="'test' runs the visible tests; 'submit' runs the hidden ones too, and ends the episode"
    )
    code: str = Field(max_length=100_000, description="The whole source code, imports and helpers included")


class TestReport(BaseModel):
    """What became of one visible test."""

    __test__ = False  # pytest takes classes called Test… for its own
    model_config = ConfigDict(extra="forbid")

    name: str = Field(description="The test's name")
    outcome: Outcome = Field(description="'failed': another value than expected; 'error': an exception, or no result")
    message: str = Field(description="What was expected and what came, or what was raised; empty when passed")
    time_s: float = Field(ge=0, description="How long it took, in seconds")


class PythonObservation(Observation):
    """The task, and what became of the last code."""

    task_id: str = Field(description="The task's name")
    kind: Kind = Field(description="'write' something new, or 'mend' the starter")
    difficulty: Difficulty = Field(description="How hard it is meant to be")
    prompt: str = Field(description="What is asked for")
    signature: str = Field(description="What the code has to define")
    starter: str = Field(description="The code to mend; empty where there is none")
    visible_tests: str = Field(description="Source code of the tests that 'test' runs")
    problem: str | None = Field(default=None, description="Why the code cannot be tested at all")
    reports: list[TestReport] = Field(default=[], description="The visible tests, one by one; empty after a reset")
    stdout: str = Field(default="", description="What the code printed during the visible tests, cut where it is long")
    hidden_total: int = Field(ge=1, description="How many hidden tests there are")
    hidden_passed: int | None = Field(default=None, ge=0, description="How many of them passed, once submitted")
    steps_left: int = Field(ge=0, description="How many actions remain")


class PythonState(State):
    """The episode's bookkeeping. It says nothing about the hidden tests, since clients may read it."""

    seed: int = Field(ge=0, description="Gives the same task again, from the same tasks")
    task_id: str = Field(description="The task's name")
    split: str = Field(description="The split it belongs to")
    difficulty: Difficulty = Field(description="How hard it is meant to be")
    max_steps: int = Field(ge=1, description="How many actions the episode may have")
    submitted: bool = Field(default=False, description="Whether code has been handed in")
    isolation: dict[str, bool | str] = Field(
        default_factory=dict,
        description="What is in force on the server's machine, as openenv.sandbox.Isolation says; "
        "'hidden' is about the tasks' files. Empty before the first step",
    )
