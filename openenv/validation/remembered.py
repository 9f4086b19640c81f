"""A property that is worked out once, and fails once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

T = TypeVar("T")


class remembered(Generic[T]):  # noqa: N801 - it reads as a decorator
    """Like ``functools.cached_property``, but an exception is kept too and raised again each time.

    What many checks look at is expensive to get (a server has to start for it); where it cannot be
    had, none of them should try again.

    Args:
        function: Works the value out.
    """

    def __init__(self, function: Callable[[Any], T]) -> None:
        self._function = function
        self.__doc__ = function.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = f"_remembered_{name}"

    @overload
    def __get__(self, instance: None, owner: type) -> remembered[T]: ...
    @overload
    def __get__(self, instance: object, owner: type) -> T: ...
    def __get__(self, instance: object | None, owner: type) -> remembered[T] | T:
        if instance is None:
            return self
        kept: tuple[T, None] | tuple[None, Exception] | None = vars(instance).get(self._name)
        if kept is None:
            try:
                kept = (self._function(instance), None)
            except Exception as error:
                kept = (None, error)
            vars(instance)[self._name] = kept
        if kept[1] is not None:
            raise kept[1]
        return kept[0]
