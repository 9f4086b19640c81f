"""What an agent does and sees."""

from openenv import Action, Observation, State
from pydantic import Field


class CodeAction(Action):
    """Some code to run."""

    code: str = Field(description="Python source, of one line or many; names and files stay for the next step")


class CodeObservation(Observation):
    """What came of it."""

    stdout: str = Field(default="", description="What the code wrote to standard output")
    stderr: str = Field(default="", description="What it wrote to standard error, tracebacks among it")
    exit_code: int = Field(
        default=0,
        description="0; 1 after an exception; what was given to sys.exit; or minus the signal that killed the process",
    )
    value: str | None = Field(default=None, description="The repr of a last expression, as at Python's prompt")
    error: str | None = Field(default=None, description="The exception that nothing caught, as 'Name: message'")
    timed_out: bool = Field(default=False, description="Whether the code ran for too long")
    ended: str | None = Field(
        default=None,
        description="Why the process has ended, and with it all names and child processes; the next step has a new one",
    )
    output_cut: bool = Field(default=False, description="Whether some of stdout, stderr or the value was left out")
    steps_left: int = Field(ge=0, description="How many steps are left in this episode")


class CodeState(State):
    """The episode, and what keeps its code from everything else."""

    seed: int = Field(default=0, description="What the module random was seeded with")
    max_steps: int = Field(ge=1, description="How many steps the episode may take")
    last_exit_code: int = Field(default=0, description="The exit code of the last step")
    limits: dict[str, float] = Field(default_factory=dict, description="What the code may use")
    isolation: dict[str, bool | str] = Field(
        default_factory=dict, description="What is in force on the server's machine, as openenv.sandbox.Isolation says"
    )
