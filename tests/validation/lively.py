"""A healthy project that tells the time, its folder for temporary files, and what was done last."""

from __future__ import annotations

from specimens import PACKAGED

LIVELY = {
    **PACKAGED,
    "my_env/models.py": """\
from openenv import Action, Observation

class MyAction(Action):
    amount: int = 1

class MyObservation(Observation):
    total: int = 0
    created_at: float
    duration_ms: int
    folder: str
    last_action: MyAction | None = None
""",
    "my_env/server/environment.py": """\
from pathlib import Path
from random import Random
from shutil import rmtree
from tempfile import mkdtemp
from time import monotonic, time
from uuid import uuid4

from openenv import Environment, InvalidActionError, State
from my_env.models import MyAction, MyObservation

class MyEnvironment(Environment[MyAction, MyObservation, State]):
    SUPPORTS_CONCURRENT_SESSIONS = True

    def __init__(self) -> None:
        self._state, self._total, self._folder = State(), 0, None

    def reset(self, seed: int | None = None, episode_id: str | None = None) -> MyObservation:
        self.close()
        self._state = State(episode_id=episode_id or str(uuid4()))
        self._total = Random(seed).randrange(10)
        self._folder = Path(mkdtemp(prefix="play-"))
        self._begun = monotonic()
        return self._seen()

    def step(self, action: MyAction) -> MyObservation:
        if self._folder is None or self._total > 20:
            raise InvalidActionError("no episode is going on")
        self._state.step_count += 1
        self._total += action.amount
        (self._folder / "log").write_text(str(self._total))
        return self._seen(last_action=action, reward=1.0, done=self._total > 20)

    def _seen(self, **more) -> MyObservation:
        took = int(1000 * (monotonic() - self._begun))
        folder = str(self._folder / "log")
        return MyObservation(total=self._total, created_at=time(), duration_ms=took, folder=folder, **more)

    @property
    def state(self) -> State:
        return self._state

    def close(self) -> None:
        if self._folder is not None:
            rmtree(self._folder)
            self._folder = None
""",
}
