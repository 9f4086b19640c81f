"""The client of an environment."""

from __future__ import annotations

import copy
import weakref
from collections.abc import Callable, Coroutine, Generator, Mapping
from dataclasses import replace
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic

from openenv.client.address import WebSocketSettings, websocket_url
from openenv.client.calls import either, in_event_loop
from openenv.client.options import refuse_misspelt, taken_by
from openenv.client.recipe import Recipe
from openenv.errors import ConfigurationError
from openenv.generics import declared
from openenv.types import ActT, ObsT, State, StateT, StepResult

if TYPE_CHECKING:
    from typing_extensions import Self

    from openenv.client.sync import SyncEnvClient
    from openenv.client.transport import Connector

_MODES = (None, "simulation", "production")


class EnvClient(Generic[ActT, ObsT, StateT]):
    """Plays one session of an environment.

    A client is a recipe until it is first used: making one does no I/O. Entering it, or its first
    call, starts the provider, if it has one, and connects; leaving it ends the session and stops the
    provider. It can be entered again, for a fresh session. The class needs no body::

        class MyEnv(EnvClient[MyAction, MyObservation, MyState]): ...

        async with MyEnv(base_url="http://localhost:8000") as env:  # in a coroutine
            result = await env.reset(seed=1)

        with MyEnv(base_url="http://localhost:8000") as env:  # anywhere else, notebooks included
            result = env.reset(seed=1)

    Outside of both, a call blocks and returns its value where no event loop runs, and returns a
    coroutine where one runs; to await the client itself connects it. A lost connection is taken up
    again without the caller noticing; a lost *session* is an error, never a fresh one in silence.

    Args:
        base_url: Where the server is, for example ``http://localhost:8000``.
        connect_timeout_s: How long connecting may take, in seconds.
        message_timeout_s: How long a reply may take, in seconds.
        max_message_size_mb: The largest reply to take, in MiB.
        websocket_ping_interval_s: How often to ask whether the server is there, in seconds; ``None`` for never.
        websocket_ping_timeout_s: How long it has for an answer, in seconds; ``None`` for any time.
        provider: What starts a server, in place of ``base_url``; with both, what is to be stopped in the end.
        mode: ``simulation`` or ``production``; a label that existing code sets.
        headers: More headers for the handshake.
        token: Sent as ``Authorization: Bearer``, for example for a private Space.
        api_key: The server's own key, sent as ``X-OpenEnv-Key``.

    Raises:
        ConfigurationError: Something of this cannot work, for example neither address nor provider.
    """

    def __init__(
        self,
        base_url: str | None = None,
        connect_timeout_s: float = 10.0,
        message_timeout_s: float = 60.0,
        max_message_size_mb: float = 100.0,
        websocket_ping_interval_s: float | None = 20.0,
        websocket_ping_timeout_s: float | None = 20.0,
        provider: Any = None,
        mode: str | None = None,
        headers: dict[str, str] | None = None,
        *,
        token: str | None = None,
        api_key: str | None = None,
    ) -> None:
        if base_url is None and provider is None:
            name = type(self).__name__
            hint = f'for example {name}(base_url="http://localhost:8000")'
            raise ConfigurationError(f"{name} needs a base_url, or a provider that starts a server", hint=hint)
        if mode not in _MODES:
            raise ConfigurationError(f"mode is simulation or production, not {mode!r}")
        if base_url is not None:
            websocket_url(base_url)
        if provider is not None:
            from openenv.providers.base import as_provider

            provider = as_provider(provider)
        secrets = {"Authorization": token and f"Bearer {token}", "X-OpenEnv-Key": api_key}
        settings = WebSocketSettings(
            connect_timeout_s,
            int(max_message_size_mb * 1024 * 1024),
            websocket_ping_interval_s,
            websocket_ping_timeout_s,
        )
        sent = {**(headers or {}), **{name: value for name, value in secrets.items() if value}}
        recipe = Recipe(base_url, provider, partial(_web_connector, settings), message_timeout_s, sent)
        self._mode = mode
        self._begin(recipe, declared(type(self), EnvClient))

    @classmethod
    def in_process(cls, environment: Callable[..., Any], **init_kwargs: Any) -> Self:
        """Make a client that plays an environment in this process, by the same rules and without a socket.

        Args:
            environment: The environment's class, or a callable that makes one.
            **init_kwargs: Arguments for it.

        Returns:
            A client; it takes the environment's models where it declares none.
        """
        from openenv.client.direct import direct_recipe

        recipe, models = direct_recipe(environment, init_kwargs)
        client = cls.__new__(cls)
        client._mode = None
        client._begin(recipe, tuple(own or its for own, its in zip(declared(cls, EnvClient), models, strict=True)))
        return client

    @classmethod
    def from_docker_image(cls, image: str, provider: Any = None, **kwargs: Any) -> Self:
        """Make a client that plays in a container of its own, which runs while the client is in use.

        ::

            async with MyEnv.from_docker_image("my-env:latest") as env: ...
            with MyEnv.from_docker_image("my-env:latest") as env: ...
            env = await MyEnv.from_docker_image("my-env:latest")  # to be closed

        Args:
            image: The image's name or id.
            provider: What runs it: a class or callable, called with ``image`` and the options below, or a
                provider of openenv 0.10; :class:`~openenv.providers.docker.DockerProvider` where left out.
            **kwargs: Arguments of the client, and options of the provider.

        Returns:
            The client; nothing is started or connected before it is used.

        Raises:
            ConfigurationError: The provider is none.
        """
        from openenv.providers.base import image_provider

        own = {name: kwargs.pop(name) for name in taken_by(EnvClient, cls) & kwargs.keys()}
        return cls(provider=image_provider(image, provider, kwargs), **own)

    @classmethod
    def from_hub(
        cls,
        repo_id: str,
        *,
        use_docker: bool = True,
        revision: str | None = None,
        provider: Any = None,
        token: str | None = None,
        **kwargs: Any,
    ) -> Self:
        """Make a client that plays a Space of the Hub.

        ::

            MyEnv.from_hub("owner/my-env")  # its image, in a container here
            MyEnv.from_hub("owner/my-env", use_docker=False)  # the Space itself, where it runs
            MyEnv.from_hub("owner/my-env", provider=ProcessProvider)  # its files, in a process here

        Args:
            repo_id: The Space, as ``owner/name``.
            use_docker: Whether a container here runs its image; else it is played where it runs, woken if it sleeps.
            revision: A branch, a tag or a commit. Left out, that is what is deployed, or for a process the newest
                commit; :attr:`revision` says which one it came to be.
            provider: In place of both, ``ProcessProvider``, or what is called with the name of the Space's image to
                make a provider of it.
            token: Who is asking, for a private Space; ``HF_TOKEN`` or what ``hf auth login`` has kept where left out.
                No public Space ever gets it.
            **kwargs: Arguments of the client, and options of the provider.

        Returns:
            The client; nothing is asked, started or connected before it is used.

        Raises:
            ConfigurationError: That is not the name of a Space.
        """
        from openenv.providers.hub import hub_provider

        own = {name: kwargs.pop(name) for name in taken_by(EnvClient, cls) & kwargs.keys()}
        asked = {"use_docker": use_docker, "revision": revision, "provider": provider, "token": token}
        return cls(provider=hub_provider(repo_id, **asked, options=kwargs), **own)

    @classmethod
    def from_env(cls, repo_id: str, *, use_docker: bool = True, provider: Any = None, **kwargs: Any) -> Self:
        """Do what openenv 0.10 calls so: :meth:`from_hub`, where without Docker a process here serves the files."""
        if provider is None and not use_docker:
            from openenv.providers.process import ProcessProvider

            provider = ProcessProvider
        return cls.from_hub(repo_id, provider=provider, **kwargs)

    def _sibling(self, provider: Any) -> Self:
        """Make another client by the same recipe, but with this provider."""
        twin = copy.copy(self)
        twin._follow(replace(self._session.recipe, provider=provider))
        return twin

    def _follow(self, recipe: Recipe) -> None:
        from openenv.client.session import ClientSession

        self._session = ClientSession(recipe)
        weakref.finalize(self, self._session.release).atexit = False

    def _begin(self, recipe: Recipe, types: tuple[Any, ...]) -> None:
        """Set the client up; the only place that does."""
        self._play(types)
        self._follow(recipe)

    def _play(self, types: tuple[Any, ...]) -> None:
        """Take, give and keep these models, by the methods of this client's class."""
        cls = type(self)
        self._writes = cls._step_payload is EnvClient._step_payload
        self._reads_results = cls._parse_result is EnvClient._parse_result
        self._reads_states = cls._parse_state is EnvClient._parse_state
        # A class of clients may have a reset, step or state of its own; then that one runs, on every face.
        self._plain = cls.step is EnvClient.step and cls.reset is EnvClient.reset and cls.state is EnvClient.state
        if types[1] is None and self._reads_results:
            raise ConfigurationError(
                f"{cls.__name__} does not say what it plays",
                hint="subclass EnvClient[MyAction, MyObservation, MyState], or use GenericEnvClient",
            )
        # Loaded here, and asyncio below: whoever only imports classes does not pay for what plays them.
        from openenv.client.codec import codec_of

        self._codec = codec_of(types[1] or dict, types[2] or State, types[0] if isinstance(types[0], type) else None)

    @property
    def base_url(self) -> str | None:
        """Where the server is; ``None`` before a provider has started one."""
        return self._session.base_url

    @property
    def session_id(self) -> str | None:
        """The session's public name, safe in logs; ``None`` where there is none, or the server gave it none."""
        return self._session.link.session_id if self._session.link else None

    @property
    def revision(self) -> str | None:
        """The commit of the Space that is played; ``None`` before it is known, and for what is no Space."""
        return getattr(self._session.recipe.provider, "revision", None)

    def sync(self) -> SyncEnvClient[ActT, ObsT, StateT]:
        """The synchronous face of this client; it shares the session."""
        from openenv.client.sync import SyncEnvClient

        return SyncEnvClient(self)

    def connect(self) -> Coroutine[Any, Any, Self]:
        """Connect now; opens a fresh session where the last one was lost or closed. Returns the client."""
        return either(self._connect)

    def disconnect(self) -> Coroutine[Any, Any, None]:
        """End the session; a provider's server goes on."""
        return either(lambda: self._session.close(keep_provider=True))

    def close(self) -> Coroutine[Any, Any, None]:
        """End the session and stop the provider."""
        return either(self._session.close)

    def new_session(self) -> Coroutine[Any, Any, Self]:
        """End the session and open a fresh one on the same server. Returns the client."""
        return either(self._new_session)

    def reset(self, **options: Any) -> Coroutine[Any, Any, StepResult[ObsT]]:
        """Begin a fresh episode.

        Args:
            **options: ``seed`` (0 to 2**32 - 1), ``episode_id``, and what else the environment takes.

        Returns:
            The first observation.

        Raises:
            OpenEnvError: See :mod:`openenv.errors`.
        """
        if in_event_loop():
            return self._reset(options)
        return self.sync().reset(**options)  # type: ignore[return-value]

    def step(
        self, action: ActT, *, timeout_s: float | None = None, **ignored: Any
    ) -> Coroutine[Any, Any, StepResult[ObsT]]:
        """Take one action.

        Args:
            action: The action.
            timeout_s: How long the environment may take, in seconds; when that has passed the server ends the session.
            **ignored: Taken because existing code passes some; not sent.

        Returns:
            What followed from it.

        Raises:
            InvalidActionError: The action is not possible now; nothing has changed.
            ResetRequiredError: No episode is running.
            ResponseTimeoutError: No reply came within ``message_timeout_s``; the step goes on.
            SessionError: The session is lost.
            RequestValidationError: An argument is called almost like ``timeout_s``, and would be ignored.
            OpenEnvError: See :mod:`openenv.errors`.
        """
        if ignored:
            refuse_misspelt(ignored)
        if in_event_loop():
            return self._step(action, timeout_s)
        return self.sync().step(action, timeout_s=timeout_s)  # type: ignore[return-value]

    def state(self) -> Coroutine[Any, Any, StateT]:
        """Ask for the episode's bookkeeping."""
        if in_event_loop():
            return self._state()
        return self.sync().state()  # type: ignore[return-value]

    def __await__(self) -> Generator[Any, None, Self]:
        return self._connect().__await__()

    async def __aenter__(self) -> Self:
        await self._session.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    def __enter__(self) -> SyncEnvClient[ActT, ObsT, StateT]:
        return self.sync().__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.sync().__exit__(kind, error, trace)

    def _step_payload(self, action: ActT) -> dict[str, Any]:
        """Hook of existing packages: an action becomes the ``data`` of a step."""
        return self._codec.read_object(self._codec.write(action).encode())

    def _parse_result(self, payload: dict[str, Any]) -> StepResult[ObsT]:
        """Hook of existing packages: the ``data`` of a reply, laid out as deployed, becomes a result."""
        return self._codec.read_result(self._codec.write(payload).encode())

    def _parse_state(self, payload: dict[str, Any]) -> StateT:
        """Hook of existing packages: the ``data`` of a reply to state becomes a state."""
        state: StateT = self._codec.read_state(self._codec.write(payload).encode())
        return state

    async def _connect(self) -> Self:
        await self._session.open()
        return self

    async def _new_session(self) -> Self:
        await self._session.renew()
        return self

    async def _reset(self, options: dict[str, Any]) -> StepResult[ObsT]:
        return self._read_result(await self._session.request("reset", self._codec.write(options)))

    async def _step(self, action: ActT, timeout_s: float | None) -> StepResult[ObsT]:
        return self._read_result(await self._session.request("step", self._write_action(action), timeout_s))

    async def _state(self) -> StateT:
        return self._read_state(await self._session.request("state", None))

    def _write_action(self, action: ActT) -> str:
        return self._codec.write_action(action) if self._writes else self._codec.write(self._step_payload(action))

    def _read_result(self, body: bytes) -> StepResult[ObsT]:
        if self._reads_results:
            return self._codec.read_result(body)
        return self._read_by_hook(body)

    def _read_by_hook(self, body: bytes) -> StepResult[ObsT]:
        payload = self._codec.read_object(body)
        result = self._parse_result(self._codec.as_deployed(payload))
        if payload.get("truncated") and result.done and not result.truncated:
            # The hook knows only done; how the episode ended is not lost for that.
            result.truncated, result.terminated = True, bool(payload.get("terminated"))
        return result

    def _read_state(self, body: bytes) -> StateT:
        if not self._reads_states:
            return self._parse_state(self._codec.read_object(body))
        state: StateT = self._codec.read_state(body)
        return state


def _web_connector(settings: WebSocketSettings, base_url: str | None, headers: Mapping[str, str]) -> Connector:
    from openenv.client.websocket import open_websocket  # not before it is used: it is half of this package's weight

    assert base_url is not None
    return partial(open_websocket, websocket_url(base_url), replace(settings, headers=headers))
