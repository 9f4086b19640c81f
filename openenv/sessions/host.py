"""One environment and the rules of playing it: make, reset, step, state, close.

A host lives wherever its runner puts it: in the event loop, in a thread, in another process.
"""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import Awaitable
from typing import Any

from openenv.errors import (
    EnvironmentCrashedError,
    EnvironmentFactoryError,
    OpenEnvError,
    RequestValidationError,
    ResetRequiredError,
)
from openenv.protocol import Dialect
from openenv.protocol.faults import describe_failure, error_body
from openenv.protocol.frames import Reply, Request
from openenv.protocol.results import encode_observation, encode_state
from openenv.sessions.blueprint import Blueprint, Traits, traits_of

logger = logging.getLogger("openenv.sessions")


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
        self._playing = False
        self._dropped: set[str] = set()

    def open(self) -> None:
        """Make the environment.

        Raises:
            EnvironmentFactoryError: Its factory raised, or made something that cannot be reset and stepped.
        """
        name = self._blueprint.factory_name
        try:
            environment = self._blueprint.factory()
        except BaseException as error:
            logger.error("%s raised:\n%s", name, traceback.format_exc())
            known = describe_failure(error, verbose=self._verbose)
            message = f"Environment factory '{name}' failed to create instance."  # as deployed
            if self._dialect is Dialect.V2:
                message = f"factory '{name}' failed: {known.message}"
            raise EnvironmentFactoryError(message, {"factory_name": name}) from error
        if not (callable(getattr(environment, "reset", None)) and callable(getattr(environment, "step", None))):
            made = type(environment).__name__
            message = f"factory '{name}' made a {made}, which has no reset and step"
            raise EnvironmentFactoryError(message, {"factory_name": name})
        self._environment, self._traits = environment, traits_of(environment.__class__)

    def run(self, request: Request) -> Reply | Awaitable[Reply]:
        """Answer one request.

        Args:
            request: A reset, step, state, or an invalid one.

        Returns:
            The reply, or an awaitable of it where the environment is asynchronous. Never raises.
        """
        if request.kind == "invalid":
            return error_reply(request.data)
        try:
            outcome = self._call(request)
        except BaseException as error:
            return self._failed(error)
        if isinstance(outcome, Awaitable):
            return self._awaited(request, outcome)
        return self._settled(request, outcome)

    def close(self) -> Awaitable[None] | None:
        """Close the environment; to be called once, where it lived.

        Returns:
            An awaitable where closing is asynchronous.
        """
        close = getattr(self._environment, "close", None)
        outcome: Awaitable[None] | None = close() if callable(close) else None
        return outcome

    def _call(self, request: Request) -> Any:
        if request.kind == "step":
            if not self._playing and self._dialect is Dialect.V2:
                raise ResetRequiredError("no episode is running: reset first")
            step = getattr(self._environment, self._traits.step_method)
            return step(request.data, **self._step_options(request)) if request.extras else step(request.data)
        if request.kind == "reset":
            options = self._reset_options(request.data or {})
            self._playing = False
            return getattr(self._environment, self._traits.reset_method)(**options)
        state = self._environment.state
        return state() if callable(state) else state

    async def _awaited(self, request: Request, outcome: Awaitable[Any]) -> Reply:
        try:
            value = await outcome
        except asyncio.CancelledError:
            raise
        except BaseException as error:
            return self._failed(error)
        return self._settled(request, value)

    def _settled(self, request: Request, value: Any) -> Reply:
        try:
            if request.kind == "state":
                return Reply("state", encode_state(value, self._dialect))
            body, done = encode_observation(value, self._dialect, request.kind)
        except BaseException as error:
            return self._failed(error)
        self._playing = not done
        return Reply("observation", body, done=done)

    def _failed(self, error: BaseException) -> Reply:
        if isinstance(error, MemoryError):
            known: OpenEnvError = EnvironmentCrashedError("the environment ran out of memory")
            return error_reply(known, fatal=True, fault=traceback.format_exc())
        known = describe_failure(error, verbose=self._verbose)
        if known is error:
            return error_reply(known)
        trace = "".join(traceback.format_exception(type(error), error, error.__traceback__))
        return error_reply(known, fault=f"{known.data.get('correlation_id', '')}\n{trace}")

    def _reset_options(self, options: dict[str, Any]) -> dict[str, Any]:
        """Keep the options that reset takes; v2 refuses unknown ones, v1 drops them."""
        taken = self._traits.reset_options
        if taken is None or not options:
            return options
        unknown = options.keys() - taken - {"seed", "episode_id"}
        if unknown and self._dialect is Dialect.V2:
            known = sorted(taken | {"seed", "episode_id"})
            message = f"reset takes no option {sorted(unknown)[0]!r}; it takes {', '.join(known)}"
            raise RequestValidationError(message, {"known": known})
        if not unknown <= self._dropped:
            logger.warning("reset of %s takes no %s: dropped", self._blueprint.name, ", ".join(sorted(unknown)))
            self._dropped |= unknown
        return {name: value for name, value in options.items() if name in taken}

    def _step_options(self, request: Request) -> dict[str, Any]:
        taken, given = self._traits.step_options, request.extras or {}
        return {name: value for name, value in given.items() if taken is None or name in taken}
