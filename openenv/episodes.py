"""Episodes as they were played: one line of JSON each, in files that end in ``.jsonl``.

::

    for episode in openenv.episodes.read("run/episodes.jsonl"):
        print(episode.seed, episode.total_reward, episode.end)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import IO, Any, Literal, get_args

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import to_json

from openenv.errors import ConfigurationError
from openenv.extras import MissingExtraError

End = Literal["terminated", "truncated", "max_steps", "error"]


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, ser_json_inf_nan="strings", serialize_by_alias=True)


class Step(_Record):
    """One step.

    Attributes:
        observation: What the policy saw before it, as JSON values.
        action: What it did, as JSON values; without ``metadata`` where they are empty.
        reward: What it got for that; ``None`` where the environment gave no reward.
        terminated: Whether the task ended with this step.
        truncated: Whether the episode was cut short after it.
        info: The diagnostics that came with the reward.
    """

    observation: Any
    action: Any
    reward: float | None
    terminated: bool
    truncated: bool
    info: dict[str, Any] = Field(default_factory=dict)


class Failure(_Record):
    """What ended an episode before its time.

    Attributes:
        during: Whether the environment was being ``reset``, the policy was to ``act``, or a ``step`` was taken.
        type: The class of the error.
        message: What it says.
        hint: What to do about it, where it says that.
    """

    during: Literal["reset", "act", "step"]
    type: str
    message: str
    hint: str | None = None


class Times(_Record):
    """How long an episode took, in seconds.

    Attributes:
        reset_s: The reset.
        act_s: All that the policy did.
        step_s: All steps, with their way to the server and back.
    """

    reset_s: float = 0.0
    act_s: float = 0.0
    step_s: float = 0.0


class Episode(_Record):
    """One episode.

    Attributes:
        policy: The name of the policy that played it.
        index: Which of the policy's episodes it is, from 0.
        seed: What it was reset with.
        total_reward: The sum of its rewards; ``return`` in the file.
        length: How many steps it took.
        end: How it ended: ``terminated`` or ``truncated`` by the environment, cut short after ``max_steps``, or
            by an ``error``.
        success: Whether it counts as a success.
        started_at: When it began: ISO 8601, UTC.
        times: How long it took.
        error: What went wrong, if anything did.
        steps: Its steps; ``None`` where they were not kept.
        last_observation: What was seen at the end; ``None`` where the steps were not kept.
    """

    policy: str
    index: int
    seed: int
    total_reward: float = Field(validation_alias=AliasChoices("return", "total_reward"), serialization_alias="return")
    length: int
    end: End
    success: bool
    started_at: str
    times: Times
    error: Failure | None = None
    steps: tuple[Step, ...] | None = None
    last_observation: Any = None


class EpisodeFileError(ConfigurationError):
    """A file of episodes cannot be read, or a line of it is no episode."""


def read(path: str | Path) -> Iterator[Episode]:
    """Read the episodes of a file, one at a time.

    A last line without its end is left out: whoever wrote it was interrupted.

    Args:
        path: The file.

    Yields:
        The episodes, in the order of the file.

    Raises:
        EpisodeFileError: The file cannot be read, or a line is no episode.
    """
    with _opened(path) as lines:
        for number, line in enumerate(lines, 1):
            if not line.endswith(b"\n"):
                return
            try:
                yield Episode.model_validate_json(line)
            except ValidationError as error:
                found = error.errors(include_url=False)[0]
                where = ".".join(map(str, found["loc"]))
                raise EpisodeFileError(f"{path}:{number}: not an episode: {where} {found['msg']}") from None


def write(path: str | Path, episodes: Iterable[Episode]) -> None:
    """Write episodes to a file, in the place of what is there: afterwards all of them are there, or nothing changed.

    Args:
        path: The file.
        episodes: The episodes.
    """
    with _replacing(Path(path)) as fresh, fresh.open("w", encoding="utf-8", newline="\n") as lines:
        for episode in episodes:
            append(lines, episode)


def append(lines: IO[str], episode: Episode) -> None:
    """Write one episode as the next line of an open file, and hand it to the operating system.

    Args:
        lines: The file, opened for text.
        episode: The episode.
    """
    lines.write(episode.model_dump_json() + "\n")
    lines.flush()


Rows = Literal["episode", "step"]

_FIRST_COLUMNS = {"policy": "string", "index": "int64", "seed": "int64"}
_EPISODE_COLUMNS = {
    "return": "float64",
    "length": "int64",
    "end": "string",
    "success": "bool",
    "started_at": "string",
    "reset_s": "float64",
    "act_s": "float64",
    "step_s": "float64",
    "error": "string",
}
_STEP_COLUMNS = {
    "step": "int64",
    "observation": "string",
    "action": "string",
    "reward": "float64",
    "next_observation": "string",
    "terminated": "bool",
    "truncated": "bool",
    "info": "string",
}
_ROW_GROUP = 10_000


def to_parquet(paths: str | Path | Iterable[str | Path], out: str | Path, *, rows: Rows = "step") -> None:
    """Turn files of episodes into one Parquet file; needs the extra ``parquet``.

    Each row begins with ``policy``, ``index`` and ``seed``. Then come

    * of an episode: ``return``, ``length``, ``end``, ``success``, ``started_at``, ``reset_s``, ``act_s``, ``step_s``,
      and ``error`` as text, or null;
    * of a step: ``step`` (from 0), ``observation``, ``action``, ``reward``, ``next_observation``, ``terminated``,
      ``truncated`` and ``info``; observations, actions and info are JSON texts.

    Args:
        paths: The file or files.
        out: The Parquet file.
        rows: What a row is.

    Raises:
        MissingExtraError: pyarrow is not installed.
        EpisodeFileError: A file cannot be read, or a line of it is no episode.
        ConfigurationError: There are no such rows; or a row is to be a step, and an episode was kept without its steps.
    """
    if rows not in get_args(Rows):
        raise ConfigurationError(f"rows is {' or '.join(get_args(Rows))}, not {rows!r}")
    try:
        import pyarrow as pa
        from pyarrow.parquet import ParquetWriter
    except ImportError as error:
        raise MissingExtraError("pyarrow", "parquet") from error
    files = [paths] if isinstance(paths, (str, Path)) else paths
    episodes = (episode for file in files for episode in read(file))
    found = map(_episode_row, episodes) if rows == "episode" else (row for one in episodes for row in _step_rows(one))
    columns = {**_FIRST_COLUMNS, **(_EPISODE_COLUMNS if rows == "episode" else _STEP_COLUMNS)}
    schema = pa.schema(list(columns.items()))
    with _replacing(Path(out)) as fresh, ParquetWriter(str(fresh), schema) as writer:
        while group := list(islice(found, _ROW_GROUP)):
            writer.write_table(pa.Table.from_pylist(group, schema=schema))


def _opened(path: str | Path) -> IO[bytes]:
    try:
        return Path(path).open("rb")
    except OSError as error:
        hint = "evaluate writes episodes.jsonl into the folder of its run"
        raise EpisodeFileError(f"{path}: {error.strerror or error}", hint=hint) from error


@contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    """Give a file beside this one to write to, which takes its place once all of it is written."""
    fresh = path.with_name(f"{path.name}.part")
    try:
        yield fresh
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


def _episode_row(episode: Episode) -> dict[str, Any]:
    error = episode.error and f"{episode.error.type}: {episode.error.message}"
    return {**episode.model_dump(), **episode.times.model_dump(), "error": error}


def _step_rows(episode: Episode) -> Iterator[dict[str, Any]]:
    if episode.steps is None:
        raise ConfigurationError(
            f"episode {episode.index} of {episode.policy} was kept without its steps",
            hint='evaluate with trajectories=True (--trajectories), or ask for rows="episode"',
        )
    first = {name: getattr(episode, name) for name in _FIRST_COLUMNS}
    seen = [*(step.observation for step in episode.steps), episode.last_observation]
    for number, step in enumerate(episode.steps):
        texts = {"observation": step.observation, "action": step.action, "info": step.info}
        texts["next_observation"] = seen[number + 1]
        beside = {"reward": step.reward, "terminated": step.terminated, "truncated": step.truncated}
        yield {**first, "step": number, **beside, **{name: to_json(value).decode() for name, value in texts.items()}}
