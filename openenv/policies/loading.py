"""From the name of a policy to what makes it."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Mapping
from functools import partial, reduce
from importlib import import_module
from types import FunctionType
from typing import Any

from pydantic import BaseModel

from openenv.errors import ConfigurationError
from openenv.policies.base import Policy, PolicyError, PolicyFactory
from openenv.policies.function import FunctionPolicy

ActionType = type[BaseModel] | dict[str, Any]
"""The class of an environment's actions, or their JSON Schema."""

ActionSource = Callable[[], ActionType]
"""Says what an environment's actions are; may have to ask a server."""

LLM = "llm"

_WHAT_WOULD_DO = (
    "a class with act(observation), an instance of one, a function that takes nothing and makes one, "
    "or a function that takes an observation and returns an action"
)

_NO_NAMES: Mapping[str, str] = {}


def load_policy(policy: Any, action: ActionSource | None = None, named: Mapping[str, str] = _NO_NAMES) -> PolicyFactory:
    """Find a policy.

    Args:
        policy: ``random``; ``llm``; a name in ``named``; ``module:attribute``, which is a class, another callable
            without arguments, an instance, or a function that takes an observation and returns an action; or one of
            these four itself.
        action: Says what the environment's actions are; asked when a policy that needs it is made.
        named: The policies that the environment brings along, each as ``module:attribute``.

    Returns:
        What makes the policy. An instance is copied for each session.

    Raises:
        ConfigurationError: There is no such policy, it cannot be imported, or it is none.
    """
    if not isinstance(policy, str):
        return _factory(policy, getattr(policy, "__name__", type(policy).__name__))
    if policy in named:
        return _factory(_imported(named[policy]), named[policy])
    if policy in BUILT_IN:
        if action is None:
            raise ConfigurationError(f"the policy {policy!r} needs to know what the environment's actions are")
        return BUILT_IN[policy](action)
    if ":" in policy:
        return _factory(_imported(policy), policy)
    known = ", ".join([*named, *BUILT_IN])
    raise ConfigurationError(
        f"there is no policy {policy!r}", {"known": [*named, *BUILT_IN]}, hint=f"known are {known}, or module:attribute"
    )


def describe(policy: Any) -> str:
    """Say in one line what a policy is, so that another one can be told from it.

    Args:
        policy: What :func:`load_policy` takes.

    Returns:
        A name; where a class or function is, in its module; or what an instance says of itself with ``repr``.

    Raises:
        ConfigurationError: It cannot be told from others: it is a lambda or local, or an instance without a ``repr``.
    """
    if policy == LLM:
        from openenv.policies.llm import LLMSettings

        return str(LLMSettings.from_environment())
    if isinstance(policy, str):
        return policy
    named = isinstance(policy, (type, FunctionType))
    said = f"{policy.__module__}:{policy.__qualname__}" if named else repr(policy)
    if ("<" if named else " at 0x") in said:  # another one would say the same, or this one something else next time
        raise ConfigurationError(
            f"nothing tells {said} from another policy, as is needed to go on with a run that is kept",
            hint="give a class or function of a module, or an instance whose repr() says what it does",
        )
    return said


def _imported(reference: str) -> Any:
    module, _, attribute = reference.partition(":")
    try:
        return reduce(getattr, attribute.split("."), import_module(module))
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module}.".startswith(f"{error.name}."):
            raise
        hint = f"the name of a module has no .py: {reference.replace('.py:', ':')}" if ".py:" in reference else None
        raise ConfigurationError(f"policy {reference}: there is no module {error.name}", hint=hint) from None
    except AttributeError:
        raise ConfigurationError(f"policy {reference}: {module} has no {attribute}") from None


def _factory(found: Any, name: str) -> PolicyFactory:
    if isinstance(found, Policy) and not isinstance(found, type):
        return partial(_copied, found, name)
    if not callable(found):
        raise ConfigurationError(
            f"{name} is no policy: it is of type {type(found).__name__}, which has no act()", hint=_WHAT_WOULD_DO
        )
    if not _takes(found):
        if isinstance(found, type) or not _takes(found, "observation"):
            parameters = ", ".join(inspect.signature(found).parameters)
            raise ConfigurationError(f"{name} is no policy: it cannot do without {parameters}", hint=_WHAT_WOULD_DO)
        return partial(FunctionPolicy, found)

    def make() -> Policy:
        try:
            made: Any = found()
        except Exception as error:
            raise PolicyError(f"policy {name} cannot be made: {type(error).__name__}: {error}") from error
        if not isinstance(made, Policy):
            raise ConfigurationError(
                f"{name} makes no policy but {type(made).__name__}, which has no act()", hint=_WHAT_WOULD_DO
            )
        return made

    return make


def _takes(function: Callable[..., Any], *arguments: Any) -> bool:
    try:
        signature = inspect.signature(function)
    except ValueError:  # some of C do not tell
        return True
    try:
        signature.bind(*arguments)
    except TypeError:
        return False
    return True


def _copied(policy: Policy, name: str) -> Policy:
    try:
        return copy.deepcopy(policy)
    except TypeError as error:
        raise ConfigurationError(
            f"{name} cannot be copied for each session: {error}", hint="give its class, or a function that makes one"
        ) from error


def _random(action: ActionSource) -> PolicyFactory:
    from openenv.policies.random import RandomPolicy

    return lambda: RandomPolicy(action())


def _llm(action: ActionSource) -> PolicyFactory:
    from openenv.policies.llm import LLMPolicy, LLMSettings

    settings = LLMSettings.from_environment()
    return lambda: LLMPolicy(action(), settings)


BUILT_IN: dict[str, Callable[[ActionSource], PolicyFactory]] = {"random": _random, LLM: _llm}
"""Policies that play any environment."""
