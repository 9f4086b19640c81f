"""A typed client as a Python module: models and a class of clients, as a server's schemas describe them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from openenv.shapes.shapes import Base, Extra, Field, Model, Presence, Shapes
from openenv_cli.field_source import field_line
from openenv_cli.source import Source, group, labelled, laid_out, literal, printable, text
from openenv_cli.type_source import typed

_WIDTH = 88  # what formatters keep to where nobody tells them otherwise
_MARK = "# Made by: openenv client "
_INHERITED = {
    Base.ACTION: Extra.FORBID,
    Base.OBSERVATION: Extra.FORBID,
    Base.STATE: Extra.ALLOW,
    Base.MODEL: Extra.IGNORE,
}
_IMPORTS = (
    (("datetime", ("datetime",)), ("typing", ("Annotated", "Any", "Literal")), ("uuid", ("UUID",))),
    (("openenv", ("Action", "EnvClient", "Observation", "State")), ("pydantic", ("BaseModel", "ConfigDict", "Field"))),
)


def client_module(shapes: Shapes, target: str, title: str) -> str:
    """Write the module.

    Args:
        shapes: The models of an environment.
        target: What it was made from, as ``openenv client`` takes it.
        title: The environment's name, and version where it has one.

    Returns:
        Its text: formatted, typed and without anything that the server could have smuggled in.
    """
    classes = [*map(_model, shapes.models.values()), _client(shapes, title)]
    code = "\n\n\n".join(classes)
    head = f"{_MARK}{' '.join(printable(target).split())}\n{_docstring(f'A typed client for {title}.', 0)}"
    return "\n\n".join([head, "from __future__ import annotations", *_imports(code), f"\n{code}\n"])


def is_client_module(content: str) -> bool:
    """Whether a text is such a module, so that it may be made again."""
    return content.startswith(_MARK)


def _imports(code: str) -> Iterator[str]:
    """Write the imports that code needs, block by block."""
    used = {node.id for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name)}
    for block in _IMPORTS:
        lines = []
        for module, names in block:
            found = [name for name in names if name in used]
            if found:
                lines.append(f"import {module}" if names == (module,) else f"from {module} import {', '.join(found)}")
        if lines:
            yield "\n".join(lines)


def _model(model: Model) -> str:
    """Write the class of a model."""
    settings = list(_settings(model))
    body = [_docstring(model.description or f"{model.name}, as its server describes it.")]
    if settings:
        body.append("    " + laid_out(group("ConfigDict(", settings), 4, "model_config = ", width=_WIDTH))
    if model.fields:
        body.append("\n".join(map(_field, model.fields)))
    return f"class {model.name}({model.base.value}):\n" + "\n\n".join(body)


def _settings(model: Model) -> Iterator[str]:
    if model.extra is not _INHERITED[model.base]:
        yield f"extra={text(model.extra.value)}"
    if model.renamed:
        yield from ("validate_by_name=True", "validate_by_alias=True", "serialize_by_alias=True")


def _client(shapes: Shapes, title: str) -> str:
    """Write the class of the clients."""
    models = group("EnvClient[", [typed(each).source for each in (shapes.action, shapes.observation, shapes.state)])
    heading = laid_out(models, 0, f"class {shapes.client}(", "):", _WIDTH)
    if "\n" in heading:
        heading = f"class {shapes.client}(\n    {laid_out(models, 4, width=_WIDTH)}\n):"
    return f"{heading}\n{_docstring(f'Plays {title}, as its server describes it.')}"


def _field(field: Field) -> str:
    kind = typed(field.type)
    options = [*kind.limits]
    if field.name != field.wire:
        options += [f"validation_alias={text(field.wire)}", f"serialization_alias={text(field.wire)}"]
    if field.presence is Presence.LEFT_OUT:
        options.append("exclude_if=lambda value: value is None")
    if field.description:
        options.append(f"description={text(field.description)}")
    return field_line(field.name, kind.source, _value(field, options), _WIDTH)


def _value(field: Field, options: list[Source]) -> Source | None:
    """Write what stands behind the equals sign of a field."""
    if field.presence is Presence.REQUIRED:
        return group("Field(", options) if options else None
    if not options and not isinstance(field.default, (list, dict)):
        return literal(field.default)
    default = labelled("default=", literal(field.default))
    if field.factory is not None:
        default = f"default_factory={field.factory.__name__}"
    return group("Field(", [default, *(["validate_default=True"] if field.converts else []), *options])


def _docstring(said: str, indent: int = 4) -> str:
    """Write a text as a docstring, whatever is in it."""
    lines = [printable(line.rstrip()).replace("\\", "\\\\") for line in said.strip().expandtabs(4).split("\n")]
    safe = re.sub(r'""+|"$|^"', lambda quotes: "'" * len(quotes[0]), "\n".join(lines))
    inside = "\n".join(line and " " * indent + line for line in safe.split("\n")).lstrip()
    end = f"\n{' ' * indent}" if "\n" in inside else ""
    return f'{" " * indent}"""{inside}{end}"""'
