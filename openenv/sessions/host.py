"""One environment and the rules of playing it: make, reset, step, state, close.

A host lives wherever its runner puts it: in the event loop, in a thread, in another process.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable
from typing import Any

from pydantic import BaseModel

from openenv.errors import (
    EnvironmentCrashedError,
    EnvironmentFactoryError,
    EnvironmentFault,
    ExecutionError,
    InvalidResultError,
    OpenEnvError,
    RequestValidationError,
    ResetRequiredError,
)
from openenv.protocol import Dialect
from openenv.protocol.faults import error_body, text_of
from openenv.protocol.frames import Reply, Request
from openenv.protocol.results import encode_observation, encode_state
from openenv.sessions.blueprint import Blueprint, Traits, traits_of
from openenv.sessions.failures import definition_of, describe_failure, origin_of, traceback_of
from openenv.types import EnvironmentMetadata

logger = logging.getLogger("openenv.sessions")

_RESET_FIRST = {
    None: "no episode has begun: reset before the first step",
    False: "the episode is over: reset before the next step",
}
_V1 = Dialect.V1  # on the way of every step, where reaching a member of an enum costs more than comparing it


def error_reply(error: OpenEnvError, *, fatal: bool = False, fault: str | None = None) -> Reply:
    """Make the reply that reports an error.

    Args:
        error: The error.
        fatal: Whether the session is over.
        fault: What the log should say.

    Returns:
        The reply.
    """
    return Reply("error", error_body(error), error.code, fatal=fatal, fault=fault)


class EnvironmentHost:
    """Owns one environment and answers requests with it.

    Args:
        blueprint: How to make it.
        dialect: How to lay out results; v1 also passes steps before a reset through, as deployed.
        verbose: Whether the text of foreign exceptions may be sent.
    """

    def __init__(self, blueprint: Blueprint, dialect: Dialect, *, verbose: bool) -> None:
        self._blueprint = blueprint
        self._dialect = dialect
        self._verbose = verbose
        self._environment: Any = None
        self._traits: Traits
        self._playing: bool | None = None  # until a reset has succeeded
        self._dropped: set[str] = set()

    def open(self) -> None:
        """Make the environment.

        Raises:
            EnvironmentFactoryError: Its factory raised, or made something that cannot be reset and stepped.
        """
        try:
            environment = self._blueprint.factory()
            if not all(callable(getattr(environment, name, None)) for name in ("reset", "step")):
                raise EnvironmentFault(f"it made a {type(environment).__name__}, which has no reset and step")
            self._environment, self._traits = environment, traits_of(environment.__class__)
        except BaseException as error:
            raise self._not_made(error) from error

    def run(self, request: Request) -> Reply | Awaitable[Reply]:
        """Answer one request.

        Args:
            request: A reset, step, state or metadata, or an invalid one.

        Returns:
            The reply, or an awaitable of it where the environment is asynchronous. Never raises.
        """
        if request.kind == "invalid":
            return error_reply(request.data)
        try:
            outcome = self._call(request)
        except BaseException as error:
            return self._failed(request, error)
        # A model first, which is the usual case and quickly told: asking an abstract class is not.
        if not isinstance(outcome, BaseModel) and isinstance(outcome, Awaitable):
            return self._awaited(request, outcome)
        return self._settled(request, outcome)

    def close(self) -> Awaitable[None] | None:
        """Close the environment; to be called once, where it lived.

        Returns:
            An awaitable where closing is asynchronous.

        Raises:
            ExecutionError: Closing raised, whatever that was.
        """
        try:
            close = getattr(self._environment, "close", None)
            outcome = close() if callable(close) else None
        except BaseException as error:
            raise _not_closed(error) from error
        return _closing(outcome) if isinstance(outcome, Awaitable) else None

    def _call(self, request: Request) -> Any:
        if request.kind == "step":
            if not self._playing and self._dialect is not _V1:
                raise ResetRequiredError(_RESET_FIRST[self._playing])
            step = getattr(self._environment, self._traits.step_method)
            if request.extras is None and request.timeout_s is None:
                return step(request.data)
            return step(request.data, **self._step_options(request))
        if request.kind == "reset":
            options = self._reset_options(request.data or {})
            self._playing = None
            return getattr(self._environment, self._traits.reset_method)(**options)
        if request.kind == "metadata":
            return self._environment.get_metadata() if hasattr(self._environment, "get_metadata") else None
        state = self._environment.state
        return state() if callable(state) else state

    async def _awaited(self, request: Request, outcome: Awaitable[Any]) -> Reply:
        try:
            value = await outcome
        except BaseException as error:  # also what asks a task to stop: an environment may raise it itself
            return self._failed(request, error)
        return self._settled(request, value)

    def _settled(self, request: Request, value: Any) -> Reply:
        kind = request.kind
        try:
            if kind == "state":
                return Reply("state", encode_state(value, self._dialect))
            if kind == "metadata":
                return Reply("metadata", self._metadata(value))
            body, done = encode_observation(value, self._dialect, kind)
        except InvalidResultError as error:  # its traceback tells our own steps only
            where = definition_of(self._method(kind))
            if where and self._verbose and self._dialect is not _V1:
                error.data = {**error.data, "traceback": where}
            return error_reply(error, fault=f"{error}\n{where}")
        except BaseException as error:
            return self._failed(request, error)
        self._playing = not done
        return Reply("observation", body, None, done)

    def _method(self, kind: str) -> Any:
        """Give what answers a kind of request: a method or property of the environment's class, or else the class."""
        name = {"step": self._traits.step_method, "reset": self._traits.reset_method}.get(kind, kind)
        return getattr(type(self._environment), name, type(self._environment))

    def _metadata(self, said: Any) -> str:
        """Write what an environment says about itself, and what can be seen of it."""
        name = type(self._environment).__name__
        plain = EnvironmentMetadata(name=name, description=f"{name} environment", version="1.0.0")
        metadata = plain if said is None else EnvironmentMetadata.model_validate(said, from_attributes=True)
        return metadata.model_copy(update={"seedable": self._traits.seedable}).model_dump_json()

    def _failed(self, request: Request, error: BaseException) -> Reply:
        if isinstance(error, MemoryError):
            crashed = EnvironmentCrashedError("the environment ran out of memory")
            return error_reply(crashed, fatal=True, fault=traceback_of(error))
        called = self._method(request.kind)
        failure = describe_failure(error, self._dialect, called, verbose=self._verbose)
        return error_reply(failure.error, fault=failure.log)

    def _not_made(self, error: BaseException) -> EnvironmentFactoryError:
        name = self._blueprint.factory_name
        known = describe_failure(error, self._dialect, verbose=self._verbose).error
        if self._dialect is Dialect.V1:
            message = f"Environment factory '{name}' failed to create instance."  # as deployed
            return EnvironmentFactoryError(message, {"factory_name": name, **known.data})
        where = {"traceback": origin_of(error, self._blueprint.factory)} if self._verbose else {}
        message = f"{name} cannot be made: {known.message}"
        return EnvironmentFactoryError(message, {"factory_name": name, **known.data, **where})

    def _reset_options(self, options: dict[str, Any]) -> dict[str, Any]:
        """Keep the options that reset takes; v2 refuses unknown ones, v1 drops them."""
        taken = self._traits.reset_options
        if taken is None or not options:
            return options
        unknown = options.keys() - taken - {"seed", "episode_id"}
        if unknown and self._dialect is Dialect.V2:
            known = sorted(taken | {"seed", "episode_id"})
            first = sorted(unknown)[0]
            message = f"reset takes no option {first!r}; it takes {', '.join(known)}"
            raise RequestValidationError(message, {"unknown": first, "known": known})
        if not unknown <= self._dropped:
            logger.warning("reset of %s takes no %s: dropped", self._blueprint.name, ", ".join(sorted(unknown)))
            self._dropped |= unknown
        return {name: value for name, value in options.items() if name in taken}

    def _step_options(self, request: Request) -> dict[str, Any]:
        taken = self._traits.step_options
        given = {"timeout_s": request.timeout_s} if request.extras is None else request.extras
        return {name: value for name, value in given.items() if taken is None or name in taken}


async def _closing(outcome: Awaitable[Any]) -> None:
    try:
        await outcome
    except BaseException as error:
        raise _not_closed(error) from error


def _not_closed(error: BaseException) -> ExecutionError:
    return ExecutionError(f"close raised {type(error).__name__}: {text_of(error)}")
