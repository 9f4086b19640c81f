"""Classes made from a server's schemas: typed, and without any of its code."""

from __future__ import annotations

import copyreg
import datetime as dt
import json
from functools import lru_cache
from types import new_class
from typing import Annotated, Any, ForwardRef, Literal, Union
from uuid import UUID
from weakref import WeakKeyDictionary

import pydantic

from openenv.client.client import EnvClient
from openenv.shapes.reader import read_shapes
from openenv.shapes.schemas import Schemas
from openenv.shapes.shapes import (
    Anything,
    Base,
    Choice,
    DictOf,
    Field,
    Limits,
    ListOf,
    Model,
    OneOf,
    Plain,
    Presence,
    Shapes,
    TupleOf,
    Type,
)
from openenv.types import Action, Observation, State

_BASES: dict[Base, type[pydantic.BaseModel]] = {
    Base.ACTION: Action,
    Base.OBSERVATION: Observation,
    Base.STATE: State,
    Base.MODEL: pydantic.BaseModel,
}
_KINDS: dict[str, Any] = {
    **{kind.__name__: kind for kind in (str, int, float, bool, UUID)},
    **{f"datetime.{kind.__name__}": kind for kind in (dt.datetime, dt.date, dt.time, dt.timedelta)},
    "None": None,
}


def client_for_schemas(name: str, schemas: Schemas) -> type[EnvClient[Any, Any, Any]]:
    """Make the class of an environment's clients from what its server takes and gives.

    Its models derive from :class:`~openenv.Action`, :class:`~openenv.Observation` and :class:`~openenv.State`. They
    have the fields of the server's own, under the same names wherever Python takes these, and check what these
    hold. Equal schemas have the same classes, and instances can be pickled.

    Args:
        name: The environment's name.
        schemas: The JSON Schemas that its server gives.

    Returns:
        The class; :func:`openenv.generics.type_arguments` finds the models.

    Raises:
        UnreadableSchemaError: The schemas are broken, or too large or too deep to be meant.
    """
    return classes_for_schemas(name, schemas).client


def classes_for_schemas(name: str, schemas: Schemas) -> GeneratedClasses:
    """Make all classes; takes and raises what :func:`client_for_schemas` does."""
    return _classes(name, json.dumps(schemas))


class GeneratedClasses:
    """The classes of one environment.

    Args:
        shapes: Its models.
        origin: What these were read from: its name, and the schemas as JSON.

    Attributes:
        models: Each model by its name.
        client: The class of its clients.
    """

    def __init__(self, shapes: Shapes, origin: tuple[str, str]) -> None:
        self.models: dict[str, type[pydantic.BaseModel]] = {}
        for model in shapes.models.values():
            made = self._model(model)
            _origins[made] = (*origin, model.name)
            self.models[model.name] = made
        for made in self.models.values():
            made.model_rebuild(_types_namespace=self.models)
        base: Any = EnvClient
        self.client: type[EnvClient[Any, Any, Any]] = new_class(
            shapes.client,
            (base[tuple(map(self._type, (shapes.action, shapes.observation, shapes.state)))],),
            {},
            lambda body: body.update(__module__=__name__, __doc__=f"Plays {origin[0]}, as its server describes it."),
        )

    def _model(self, model: Model) -> type[pydantic.BaseModel]:
        fields = {field.name: (self._type(field.type), _field(field)) for field in model.fields}
        names = ("validate_by_name", "validate_by_alias", "serialize_by_alias") if model.renamed else ()
        return pydantic.create_model(  # type: ignore[call-overload, no-any-return]
            model.name,
            __base__=_BASES[model.base],
            __module__=__name__,
            __doc__=model.description or f"{model.name}, as its server describes it.",
            __cls_kwargs__={"metaclass": _Generated, "extra": model.extra.value, **dict.fromkeys(names, True)},
            **fields,
        )

    def _type(self, type_: Type) -> Any:
        if isinstance(type_, Anything):
            return Any
        if isinstance(type_, Plain):
            return _limited(_KINDS[type_.kind], type_.limits)
        if isinstance(type_, Choice):
            return Literal[type_.values]
        if isinstance(type_, ListOf):
            kind: Any = set if type_.unique else list
            return _limited(kind[self._type(type_.item)], type_.limits)
        if isinstance(type_, TupleOf):
            return tuple[tuple(map(self._type, type_.items))]  # type: ignore[misc]
        if isinstance(type_, DictOf):
            return _limited(dict[str, self._type(type_.value)], type_.limits)  # type: ignore[misc]
        if isinstance(type_, OneOf):
            union: Any = Union[tuple(map(self._type, type_.options))]  # noqa: UP007 - of as many as there are
            tag = type_.discriminator
            return Annotated[union, pydantic.Field(discriminator=tag)] if tag else union
        return self.models.get(type_.name, ForwardRef(type_.name))


def _field(field: Field) -> Any:
    options: dict[str, Any] = {"description": field.description}
    if field.name != field.wire:
        options |= {"validation_alias": field.wire, "serialization_alias": field.wire}
    if field.presence is Presence.LEFT_OUT:
        options["exclude_if"] = _is_none
    if field.converts:
        options["validate_default"] = True
    if field.presence is not Presence.REQUIRED:
        options |= {"default_factory": field.factory} if field.factory else {"default": field.default}
    return pydantic.Field(**options)


def _limited(kind: Any, limits: Limits) -> Any:
    return Annotated[kind, pydantic.Field(**dict(limits))] if limits else kind


def _is_none(value: Any) -> bool:
    return value is None


@lru_cache(maxsize=128)
def _classes(name: str, schemas: str) -> GeneratedClasses:
    return GeneratedClasses(read_shapes(name, Schemas(*json.loads(schemas))), (name, schemas))


_origins: WeakKeyDictionary[type, tuple[str, str, str]] = WeakKeyDictionary()


class _Generated(type(pydantic.BaseModel)):  # type: ignore[misc]
    """The class of these classes: no module has them, so they are pickled as what they are made from."""


def _pickled(kind: type) -> tuple[Any, tuple[str, str, str]]:
    return _unpickled, _origins[kind]


def _unpickled(name: str, schemas: str, model: str) -> type:
    return _classes(name, schemas).models[model]


copyreg.pickle(_Generated, _pickled)
