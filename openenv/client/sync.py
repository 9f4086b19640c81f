"""The synchronous face of a client."""

from __future__ import annotations

import functools
import inspect
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic

from openenv.client.background import is_background, run_blocking
from openenv.types import ActT, ObsT, StateT, StepResult

if TYPE_CHECKING:
    from typing_extensions import Self

    from openenv.client.client import EnvClient


class SyncEnvClient(Generic[ActT, ObsT, StateT]):
    """Plays a client's session with plain calls, also where an event loop runs, as in a notebook.

    The connection lives in one background thread that all synchronous clients share, which keeps it
    alive between calls. Further coroutine methods of the client's class are here too, as plain ones.

    Args:
        async_client: The client.
    """

    def __init__(self, async_client: EnvClient[ActT, ObsT, StateT]) -> None:
        self._client = async_client
        self._session = async_client._session

    @property
    def async_client(self) -> EnvClient[ActT, ObsT, StateT]:
        """The client that this is a face of."""
        return self._client

    @property
    def base_url(self) -> str | None:
        """Where the server is."""
        return self._client.base_url

    def connect(self) -> Self:
        """Connect now; see :meth:`EnvClient.connect`."""
        self._wait("connect")
        return self

    def disconnect(self) -> None:
        """End the session; a provider's server goes on."""
        self._wait("disconnect")

    def close(self) -> None:
        """End the session and stop the provider."""
        self._wait("close")

    def new_session(self) -> Self:
        """End the session and open a fresh one on the same server."""
        self._wait("new_session")
        return self

    def reset(self, **options: Any) -> StepResult[ObsT]:
        """Begin a fresh episode; see :meth:`EnvClient.reset`."""
        link = self._session.link
        if self._client._plain and link is not None and is_background(link.loop):
            return self._client._read_result(self._session.ask(link, "reset", self._client._codec.write(options)))
        return self._wait("reset", **options)  # type: ignore[no-any-return]

    def step(self, action: ActT, *, timeout_s: float | None = None, **more: Any) -> StepResult[ObsT]:
        """Take one action; see :meth:`EnvClient.step`."""
        link = self._session.link
        if self._client._plain and not more and link is not None and is_background(link.loop):
            body = self._client._write_action(action)
            return self._client._read_result(self._session.ask(link, "step", body, timeout_s))
        return self._wait("step", action, timeout_s=timeout_s, **more)  # type: ignore[no-any-return]

    def state(self) -> StateT:
        """Ask for the episode's bookkeeping; see :meth:`EnvClient.state`."""
        link = self._session.link
        if self._client._plain and link is not None and is_background(link.loop):
            return self._client._read_state(self._session.ask(link, "state", None))
        return self._wait("state")  # type: ignore[no-any-return]

    def __enter__(self) -> Self:
        self._session.refuse_deadlock()
        run_blocking(self._client.__aenter__())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        run_blocking(self._client.__aexit__(kind, error, trace))

    def __getattr__(self, name: str) -> Any:
        """Give whatever else the client has; a coroutine method as a plain one."""
        value = getattr(self._client, name)
        if not inspect.iscoroutinefunction(value):
            return value

        @functools.wraps(value)
        def call(*arguments: Any, **options: Any) -> Any:
            return self._wait(name, *arguments, **options)

        return call

    def _wait(self, name: str, *arguments: Any, **options: Any) -> Any:
        """Call a method of the client in the background, where a loop runs, and wait for it."""
        self._session.refuse_deadlock()

        async def call() -> Any:
            outcome = getattr(self._client, name)(*arguments, **options)
            return await outcome if inspect.isawaitable(outcome) else outcome

        return run_blocking(call())
