"""What a session is made from: an environment's factory and its models."""

from __future__ import annotations

import functools
import inspect
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

from openenv.environment import Environment
from openenv.errors import ConfigurationError
from openenv.generics import type_arguments
from openenv.types import Action, Observation, State


@dataclass(frozen=True)
class Blueprint:
    """How to make one environment, and what it speaks.

    Attributes:
        factory: Makes an environment; a class or any callable without required arguments.
        action_type: The class of its actions.
        observation_type: The class of its observations.
        state_type: The class of its state.
        name: The environment's name.
    """

    factory: Callable[[], Any]
    action_type: Any
    observation_type: Any
    state_type: Any
    name: str

    @property
    def environment_type(self) -> type | None:
        """The environment's class, where it can be known without making one."""
        factory = _unwrapped(self.factory)
        made = factory if isinstance(factory, type) else _return_annotation(factory)
        plays = isinstance(made, type) and hasattr(made, "reset") and hasattr(made, "step")
        return made if plays else None

    @property
    def factory_name(self) -> str:
        """What to call the factory in messages."""
        factory = _unwrapped(self.factory)
        return getattr(factory, "__name__", type(factory).__name__)

    def require_importable(self) -> None:
        """Check that another process can find the factory.

        Raises:
            ConfigurationError: It cannot: a lambda, a nested function, or a name of ``__main__``.
        """
        hint = "define it at the top level of a module that can be imported"
        if getattr(self.factory, "__module__", None) == "__main__":
            raise ConfigurationError(
                f"{self.factory_name} is defined in __main__, which a worker cannot import", hint=hint
            )
        try:
            pickle.dumps(self)
        except Exception as error:
            raise ConfigurationError(
                f"{self.factory_name} cannot be imported by a worker: {error}", hint=hint
            ) from error


def _return_annotation(factory: Callable[[], Any]) -> Any:
    try:
        return inspect.signature(factory, eval_str=True).return_annotation
    except Exception:  # no signature at all, or a name that means nothing there
        return None


def _unwrapped(factory: Any) -> Any:
    """Look through ``functools.partial`` at what it calls."""
    return _unwrapped(factory.func) if isinstance(factory, functools.partial) else factory


def blueprint_of(
    factory: Callable[[], Any],
    action_type: Any = None,
    observation_type: Any = None,
    state_type: Any = None,
    name: str | None = None,
) -> Blueprint:
    """Describe an environment, reading what is left out from its class.

    Args:
        factory: The environment's class, or a callable that makes one.
        action_type: The class of its actions.
        observation_type: The class of its observations.
        state_type: The class of its state.
        name: The environment's name; its class's name where left out.

    Returns:
        The blueprint.

    Raises:
        ConfigurationError: An instance was given in place of a factory, or the models cannot be inferred.
    """
    if not callable(factory):
        raise ConfigurationError(
            f"expected an environment's class or a factory, got an instance of {type(factory).__name__}",
            hint="pass the class itself: each session makes an environment of its own",
        )
    draft = Blueprint(factory, action_type, observation_type, state_type, name or "")
    inferred = _inferred(draft.environment_type)
    chosen = [
        given or found for given, found in zip((action_type, observation_type, state_type), inferred, strict=True)
    ]
    for what, model, base in zip(("action", "observation"), chosen, (Action, Observation), strict=False):
        if model is None:
            raise ConfigurationError(
                f"cannot tell the {what} class of {draft.factory_name}",
                hint=f"subclass Environment[MyAction, MyObservation, State], or pass the {base.__name__} subclass",
            )
    return Blueprint(factory, chosen[0], chosen[1], chosen[2] or State, name or draft.factory_name)


def _inferred(environment_type: type | None) -> tuple[Any, Any, Any]:
    given: tuple[Any, ...] = ()
    if environment_type is not None and issubclass(environment_type, Environment):
        given = type_arguments(environment_type, Environment)
    found = [None if isinstance(argument, TypeVar) else argument for argument in given]
    action, observation, state = (*found, None, None, None)[:3]
    return action, observation, state


@dataclass(frozen=True)
class Traits:
    """What the methods of an environment's class look like.

    Attributes:
        reset_method: ``reset``, or ``reset_async`` where that is overridden.
        step_method: ``step``, or ``step_async`` where that is overridden.
        reset_options: The options that reset takes; ``None`` means any.
        step_options: The keyword arguments that step takes beside the action; ``None`` means any.
        asynchronous: Whether reset and step are both coroutine functions.
    """

    reset_method: str
    step_method: str
    reset_options: frozenset[str] | None
    step_options: frozenset[str] | None
    asynchronous: bool

    @property
    def seedable(self) -> bool:
        """Whether reset takes a seed."""
        return self.reset_options is None or "seed" in self.reset_options


@lru_cache(maxsize=256)
def traits_of(environment_type: type[Any]) -> Traits:
    """Look at an environment's class, once.

    Args:
        environment_type: The class; it need not derive from :class:`Environment`.

    Returns:
        Its traits.
    """
    reset, step = _preferred(environment_type, "reset"), _preferred(environment_type, "step")
    methods = [getattr(environment_type, name) for name in (reset, step)]
    return Traits(
        reset,
        step,
        _options(methods[0], positional=1),
        _options(methods[1], positional=2),
        all(map(inspect.iscoroutinefunction, methods)),
    )


def _preferred(environment_type: type, name: str) -> str:
    override = getattr(environment_type, f"{name}_async", None)
    if override is None or override is getattr(Environment, f"{name}_async"):
        return name
    return f"{name}_async"


def _options(method: Callable[..., Any], positional: int) -> frozenset[str] | None:
    parameters = list(inspect.signature(method).parameters.values())[positional:]
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        return None
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return frozenset(parameter.name for parameter in parameters if parameter.kind in named)
