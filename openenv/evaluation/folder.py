"""The folder of a run: what was asked for, and the episodes that have been played."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from pydantic_core import to_jsonable_python

from openenv import episodes
from openenv.episodes import Episode
from openenv.errors import ConfigurationError, OpenEnvError
from openenv.file_lock import FileLock

if TYPE_CHECKING:
    from typing_extensions import Self

RUN_NAME = "run.json"
EPISODES_NAME = "episodes.jsonl"
LOCK_NAME = "run.lock"


class FolderInUseError(OpenEnvError):
    """Another evaluation that is running keeps its run in this folder."""

    advice = "wait until that one has ended, or choose another folder"


class RunFolder:
    """Keeps a run, so that it can be interrupted and gone on with.

    ``run.json`` says what decides how an episode goes: target, policies, seed, options. ``episodes.jsonl`` gets a
    line for each episode as soon as it has ended. Inside ``with`` the folder is this evaluation's alone.

    Args:
        path: The folder; made where there is none.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._lock = FileLock(self.path / LOCK_NAME)

    def __enter__(self) -> Self:
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigurationError(f"no folder can be made at {self.path}: {error.strerror}") from error
        if not self._lock.acquire():
            raise FolderInUseError(f"another evaluation is running in {self.path}")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lock.release()

    def begin(self, run: dict[str, Any]) -> list[Episode]:
        """Begin a run, or go on with the one that is here.

        Args:
            run: What decides how an episode goes, as values that JSON can say.

        Returns:
            The episodes that need not be played again. Those that failed, and one that was being written when the
            run was interrupted, are taken out of the file.

        Raises:
            ConfigurationError: Another run is here, or files that cannot be read.
        """
        run = to_jsonable_python(run)  # as it will be read again: a tuple becomes a list
        file = self.path / RUN_NAME
        if file.exists():
            self._refuse_other(file, run)
        elif self._file.exists():
            raise ConfigurationError(f"{self._file} is there, but no {RUN_NAME} that says what it is of")
        else:
            file.write_text(json.dumps(run, indent=2) + "\n", encoding="utf-8")
            return []
        if not self._file.exists():
            return []
        done = [episode for episode in episodes.read(self._file) if episode.error is None]
        episodes.write(self._file, done)
        return done

    @contextmanager
    def writer(self) -> Iterator[Callable[[Episode], None]]:
        """Open the file for more episodes; gives a function that writes one."""
        with self._file.open("a", encoding="utf-8", newline="\n") as lines:
            yield lambda episode: episodes.append(lines, episode)

    @property
    def _file(self) -> Path:
        return self.path / EPISODES_NAME

    def _refuse_other(self, file: Path, run: dict[str, Any]) -> None:
        try:
            there = json.loads(file.read_text(encoding="utf-8"))
        except ValueError as error:
            raise ConfigurationError(f"{file} is not JSON: {error}") from None
        if there == run:
            return
        known = there if isinstance(there, dict) else {}
        different = [name for name in {**known, **run} if known.get(name) != run.get(name)]
        said = "; ".join(
            f"{name} was {json.dumps(known.get(name))}, is {json.dumps(run.get(name))}" for name in different
        )
        raise ConfigurationError(
            f"{self.path} holds another run: {said}",
            {"different": different},
            hint="choose another folder for this one, or ask for the same again to go on with that one",
        )
