"""JSON Schemas to be surprised by: those of models, and what no sane server would send."""

from __future__ import annotations

import math
from typing import Any

from hypothesis import strategies as st

from openenv.shapes.schemas import Schemas

names = st.sampled_from(
    [
        *("x", "y", "name", "items", "time", "date", "datetime", "kind", "metadata", "reward", "done", "Point", "Any"),
        *("class", "None", "int", "list", "json", "model_dump", "model_config", "_hidden", "__class__", "1st", "a b"),
        *("a-b", "a_b", "", "ключ", "键", "x\n    y: int = exit()", '"""', "{}", "\u202e", "$", "UUID", "State"),
    ]
)
texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=8)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | texts
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3), max_leaves=5
)
_lengths = st.integers(0, 4)
_numbers = st.integers(-5, 5) | st.floats(-5, 5)
_REFERENCES = ("#", "#/$defs/Point", "#/$defs/Tree", "#/$defs/Node", "#/$defs/Color")


def _keywords(kind: str, **optional: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({"type": st.just(kind)}, optional=optional)


_leaves: st.SearchStrategy[Any] = st.one_of(
    _keywords("string", minLength=_lengths, maxLength=_lengths, pattern=st.sampled_from(["^a", "(?=a)", "[", "\\d+$"])),
    _keywords("string", format=st.sampled_from(["date-time", "date", "time", "duration", "uuid", "uri", "binary"])),
    _keywords("integer", minimum=_numbers, exclusiveMaximum=_numbers, multipleOf=_numbers),
    _keywords("number", maximum=_numbers, exclusiveMinimum=_numbers, multipleOf=_numbers),
    st.sampled_from([{"type": "boolean"}, {"type": "null"}, {}, True, False, {"type": ["string", "null"]}]),
    st.fixed_dictionaries({"enum": st.lists(scalars, max_size=4)}),
    st.fixed_dictionaries({"const": scalars}),
    st.sampled_from(_REFERENCES).map(lambda reference: {"$ref": reference}),
)


def _larger(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    several = st.lists(inner, min_size=1, max_size=3)
    return st.one_of(
        _keywords("array", items=inner, minItems=_lengths, maxItems=_lengths, uniqueItems=st.booleans()),
        several.map(
            lambda items: {"type": "array", "prefixItems": items, "minItems": len(items), "maxItems": len(items)}
        ),
        _keywords("object", additionalProperties=inner, minProperties=_lengths),
        st.fixed_dictionaries({"anyOf": several}),
        st.fixed_dictionaries({"allOf": several}),
        st.fixed_dictionaries({"oneOf": several}, optional={"discriminator": st.just({"propertyName": "kind"})}),
        models(inner),
    )


def models(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Schemas of objects with named fields."""
    described = st.tuples(inner, st.fixed_dictionaries({}, optional={"default": values, "description": texts})).map(
        lambda pair: {**pair[0], **pair[1]} if isinstance(pair[0], dict) else pair[0]
    )
    return st.fixed_dictionaries(
        {"type": st.just("object"), "properties": st.dictionaries(names, described, max_size=4)},
        optional={
            "required": st.lists(names, max_size=3),
            "title": names,
            "description": texts,
            "additionalProperties": st.booleans(),
        },
    )


_parts = st.recursive(_leaves, _larger, max_leaves=6)
_definitions = {
    "Point": {"properties": {"x": {"type": "number", "default": 0}, "y": {"type": "number"}}, "title": "Point"},
    "Tree": {"type": "array", "items": {"$ref": "#/$defs/Tree"}},
    "Node": {"properties": {"kind": {"const": "node"}, "next": {"$ref": "#/$defs/Node"}}, "required": ["kind"]},
    "Color": {"enum": ["red", "blue"], "type": "string"},
}
_roots = st.one_of(models(_parts), st.fixed_dictionaries({"anyOf": st.lists(models(_parts), max_size=2)}), _leaves).map(
    lambda root: {**root, "$defs": _definitions} if isinstance(root, dict) else {}
)
schemas = st.builds(Schemas, models(_parts).map(lambda root: {**root, "$defs": _definitions}), _roots, _roots)


def finite(value: Any) -> bool:
    """Whether a value of JSON equals itself."""
    if isinstance(value, list):
        return all(map(finite, value))
    if isinstance(value, dict):
        return all(map(finite, value.values()))
    return not (isinstance(value, float) and math.isnan(value))
