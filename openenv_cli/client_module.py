"""A typed client as a Python module: models and a class of clients, as a server's schemas describe them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from openenv.discovery.shapes import (
    Anything,
    Base,
    Choice,
    DictOf,
    Extra,
    Field,
    ListOf,
    Model,
    OneOf,
    Plain,
    Presence,
    Shapes,
    TupleOf,
    Type,
)
from openenv_cli.field_source import Typed, field_line
from openenv_cli.source import Source, Union, group, labelled, laid_out, literal, printable, text

_WIDTH = 88  # what formatters keep to where nobody tells them otherwise
_MARK = "# Made by: openenv client "
_NOT_SENT = "exclude_if=lambda value: value is None"
_INHERITED = {Base.ACTION: Extra.FORBID, Base.OBSERVATION: Extra.FORBID, Base.STATE: Extra.ALLOW}
_TYPING = ("Annotated", "Any", "Literal")
_OURS = ("Action", "EnvClient", "Observation", "State")
_PYDANTIC = ("BaseModel", "ConfigDict", "Field")


def client_module(shapes: Shapes, target: str, title: str) -> str:
    """Write the module.

    Args:
        shapes: The models of an environment.
        target: What it was made from, as ``openenv client`` takes it.
        title: The environment's name, and version where it has one.

    Returns:
        Its text: formatted, typed and without anything that the server could have smuggled in.
    """
    writer = _Writer()
    classes = [writer.model(model) for model in shapes.models.values()]
    classes.append(writer.client(shapes, title))
    head = [f"{_MARK}{_one_line(target)}", _docstring(f"A typed client for {title}.", 0)]
    return "\n\n\n".join(["\n\n".join(["\n".join(head), *writer.imports()]), *classes]) + "\n"


def is_client_module(content: str) -> bool:
    """Whether a text is such a module, so that it may be made again."""
    return content.startswith(_MARK)


class _Writer:
    """Writes classes, and notes which names they use."""

    def __init__(self) -> None:
        self._used: set[str] = {"EnvClient"}

    def imports(self) -> Iterator[str]:
        """Write the imports, block by block."""
        yield "from __future__ import annotations"
        standard = ["import datetime"] if "datetime" in self._used else []
        standard += self._from("typing", _TYPING) + self._from("uuid", ("UUID",))
        if standard:
            yield "\n".join(standard)
        yield "\n".join(self._from("openenv", _OURS) + self._from("pydantic", _PYDANTIC))

    def model(self, model: Model) -> str:
        """Write the class of a model."""
        lines = [*self._settings(model)]
        lines += [self._field(field) for field in model.fields]
        base = self._use(model.base.value)
        description = model.description or f"{model.name}, as its server describes it."
        body = ["", *lines] if lines else []
        return "\n".join([f"class {model.name}({base}):", "    " + _docstring(description, 4), *body])

    def client(self, shapes: Shapes, title: str) -> str:
        """Write the class of the clients."""
        models = [self._type(each).annotated for each in (shapes.action, shapes.observation, shapes.state)]
        base = laid_out(group("EnvClient[", models), 0, f"class {shapes.client}(", "):", _WIDTH)
        if "\n" in base:
            inner = laid_out(group("EnvClient[", models), 4, width=_WIDTH)
            base = f"class {shapes.client}(\n    {inner}\n):"
        return "\n".join([base, "    " + _docstring(f"Plays {title}, as its server describes it.", 4)])

    def _settings(self, model: Model) -> Iterator[str]:
        names = ("validate_by_name", "validate_by_alias", "serialize_by_alias") if model.renamed else ()
        settings = [f"{name}=True" for name in names]
        if model.extra is not _INHERITED.get(model.base, Extra.IGNORE):
            settings.insert(0, f"extra={text(model.extra.value)}")
        if settings:
            yield "    " + laid_out(group(f"{self._use('ConfigDict')}(", settings), 4, "model_config = ", width=_WIDTH)
            if model.fields:
                yield ""

    def _field(self, field: Field) -> str:
        kind = self._type(field.type)
        options = [*kind.limits]
        if field.name != field.wire:
            options += [f"validation_alias={text(field.wire)}", f"serialization_alias={text(field.wire)}"]
        if field.presence is Presence.LEFT_OUT:
            options.append(_NOT_SENT)
        if field.description:
            options.append(f"description={text(field.description)}")
        value = self._value(field, options)
        return field_line(field.name, kind.source, value, _WIDTH)

    def _value(self, field: Field, options: list[Source]) -> Source | None:
        """Write what stands behind the equals sign."""
        if field.presence is Presence.REQUIRED:
            return group(f"{self._use('Field')}(", options) if options else None
        if not options and not isinstance(field.default, (list, dict)):
            return literal(field.default)
        plain = labelled("default=", literal(field.default))
        default = f"default_factory={field.factory.__name__}" if field.factory else plain
        checked = ["validate_default=True"] if field.converts else []
        return group(f"{self._use('Field')}(", [default, *checked, *options])

    def _type(self, type_: Type) -> Typed:
        if isinstance(type_, Plain):
            self._use(type_.kind.partition(".")[0])
            return self._limited(type_.kind, dict(type_.limits))
        if isinstance(type_, Choice):
            return Typed(group(f"{self._use('Literal')}[", map(literal, type_.values)))
        if isinstance(type_, ListOf):
            opening = "set[" if type_.unique else "list["
            return self._limited(group(opening, [self._inner(type_.item)]), dict(type_.limits))
        if isinstance(type_, TupleOf):
            return Typed(group("tuple[", map(self._inner, type_.items)))
        if isinstance(type_, DictOf):
            return self._limited(group("dict[", ["str", self._inner(type_.value)]), dict(type_.limits))
        if isinstance(type_, OneOf):
            return self._one_of(type_)
        return Typed(self._use("Any") if isinstance(type_, Anything) else type_.name)

    def _one_of(self, type_: OneOf) -> Typed:
        union = Union(tuple(map(self._inner, type_.options)))
        if type_.discriminator is None:
            return Typed(union)
        tag = group(f"{self._use('Field')}(", [f"discriminator={text(type_.discriminator)}"])
        return Typed(group(f"{self._use('Annotated')}[", [union, tag]))

    def _inner(self, type_: Type) -> Source:
        """Write a type that stands inside another."""
        typed = self._type(type_)
        if typed.limits:
            self._use("Annotated")
        return typed.annotated

    def _limited(self, source: Source, limits: dict[str, Any]) -> Typed:
        if limits:
            self._use("Field")
        return Typed(source, tuple(labelled(f"{name}=", literal(limit)) for name, limit in limits.items()))

    def _use(self, name: str) -> str:
        self._used.add(name)
        return name

    def _from(self, module: str, names: tuple[str, ...]) -> list[str]:
        used = [name for name in names if name in self._used]
        return [f"from {module} import {', '.join(used)}"] if used else []


def _docstring(said: str, indent: int) -> str:
    """Write a text as a docstring, whatever is in it."""
    lines = [printable(line.rstrip()).replace("\\", "\\\\") for line in said.strip().expandtabs(4).split("\n")]
    safe = re.sub(r'""+', lambda quotes: "'" * len(quotes[0]), "\n".join(lines))
    safe = f"{safe[:-1]}'" if safe.endswith('"') else safe
    safe = f"'{safe[1:]}" if safe.startswith('"') else safe
    inside = f"\n{' ' * indent}".join(safe.split("\n"))
    inside = re.sub(r"\n +(?=\n)", "\n", inside)
    return f'"""{inside}\n{" " * indent}"""' if "\n" in inside else f'"""{inside}"""'


def _one_line(said: str) -> str:
    return printable(" ".join(said.split()))
