"""What a class puts in the place of a generic base's type parameters."""

from __future__ import annotations

import sys
from typing import Any, ForwardRef, TypeVar, get_args, get_origin

from openenv.errors import ConfigurationError


def type_arguments(cls: type, base: type) -> tuple[Any, ...]:
    """Say what ``cls`` puts in the place of each type parameter of ``base``.

    ``class Client(EnvClient[A, O, S])`` and ``class Base(EnvClient[ActT, O, S]); class Client(Base[A])``
    both give ``(A, O, S)``.

    Args:
        cls: A subclass of ``base``, however many levels down.
        base: A class that derives from ``Generic[…]`` itself.

    Returns:
        One entry a parameter; the parameter itself where nothing stands in its place.

    Raises:
        ConfigurationError: A type is named by a string that means nothing in the module of its class.
    """
    parameters: tuple[Any, ...] = base.__parameters__  # type: ignore[attr-defined]
    if cls is base:
        return parameters
    for written in vars(cls).get("__orig_bases__", cls.__bases__):
        origin = get_origin(written) or written
        if not (isinstance(origin, type) and issubclass(origin, base)):
            continue
        inner = type_arguments(origin, base)
        given = dict(zip(getattr(origin, "__parameters__", ()), get_args(written), strict=False))
        return tuple(_resolved(given.get(item, item) if isinstance(item, TypeVar) else item, cls) for item in inner)
    return parameters


def declared(cls: type, base: type) -> tuple[Any, ...]:
    """Say the same, with ``None`` for each that is left open; takes and raises what :func:`type_arguments` does."""
    return tuple(None if isinstance(item, TypeVar) or item is Any else item for item in type_arguments(cls, base))


def _resolved(item: Any, cls: type) -> Any:
    name = item.__forward_arg__ if isinstance(item, ForwardRef) else item
    if not isinstance(name, str):
        return item
    try:
        return eval(name, vars(sys.modules[cls.__module__]))
    except Exception as error:
        raise ConfigurationError(f"{cls.__qualname__}: no type is called {name!r} in {cls.__module__}") from error
