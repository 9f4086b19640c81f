"""JSON Schema (2020-12, what pydantic writes): is it one, and does a value fit it?"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from openenv.validation.check import NotChecked
from openenv.validation.wording import brief

_SHOWN = 5
_NOT_FINITE = ("NaN", "Infinity", "-Infinity")

_KINDS: dict[str, set[type]] = {"integer": {int}, "number": {int, float}, "string": {str}, "boolean": {bool}}
_SAYS_NOTHING = {"type", "title", "description"}
_LIMITS = {"minimum": -math.inf, "maximum": math.inf}


def schema_problem(schema: Any) -> str | None:
    """Say what keeps a value from being a JSON Schema of an object, or ``None`` where nothing does."""
    from jsonschema import Draft202012Validator, FormatChecker
    from jsonschema.exceptions import SchemaError

    if not isinstance(schema, dict):
        return f"a schema is a JSON object, not {brief(schema)}"
    try:
        # Formats are not looked at: a pattern may be one that pydantic reads and Python's re does not.
        Draft202012Validator.check_schema(schema, format_checker=FormatChecker(()))
    except SchemaError as error:
        return f"{_where(error.absolute_path)}: {brief(error.message)}"
    return None


def misfits(schema: dict[str, Any], value: Any) -> list[str]:
    """Say where a value does not fit a schema.

    Numbers that are not finite travel as words (``"NaN"``), so these fit where a number is asked for.

    Args:
        schema: A schema that :func:`schema_problem` has nothing against.
        value: The value, as JSON values.

    Returns:
        What does not fit, each with its path, at most five; empty where all fits.

    Raises:
        NotChecked: It holds a regular expression that Python cannot read, so that nobody can tell here.
    """
    from referencing import Registry
    from referencing.exceptions import Unresolvable

    # An empty registry keeps the validator from fetching schemas that are named by a URL.
    validator = _quick_validator()(schema, registry=Registry())
    try:
        found = [error for error in validator.iter_errors(value) if not _stands_for_a_number(error)]
    except Unresolvable as error:
        return [f"the schema refers to something that it does not hold: {error}"]
    except re.error as error:
        raise NotChecked(f"Python cannot read the pattern {error.pattern!r} in the schema: {error}") from None
    return [f"{_where(error.absolute_path)}: {brief(error.message)}" for error in found[:_SHOWN]]


@lru_cache(maxsize=1)
def _quick_validator() -> Any:
    """Make a validator that is quick with long lists of plain values, such as the pixels of an image."""
    from jsonschema import Draft202012Validator
    from jsonschema.validators import extend

    one_by_one = Draft202012Validator.VALIDATORS["items"]

    def items(validator: Any, schema: Any, value: Any, parent: Any) -> Iterator[Any]:
        if not _all_fit(schema, value):
            yield from one_by_one(validator, schema, value, parent)

    return extend(Draft202012Validator, {"items": items})  # type: ignore[no-untyped-call]


def _all_fit(schema: Any, values: Any) -> bool:
    """Whether it can be told at once that a value is a list all of whose items fit a schema."""
    if not isinstance(schema, dict) or not isinstance(values, list) or not isinstance(schema.get("type"), str):
        return False
    kinds, limits = _KINDS.get(schema["type"], set()), schema.keys() & _LIMITS.keys()
    if not schema.keys() <= _SAYS_NOTHING | limits or not set(map(type, values)) <= kinds:
        return False
    if not values or not limits:
        return True
    least, most = ({**_LIMITS, **schema}[name] for name in _LIMITS)
    return not kinds & {str, bool} and least <= min(values) and max(values) <= most


def _stands_for_a_number(error: Any) -> bool:
    if error.context:
        return any(_stands_for_a_number(inner) for inner in error.context)
    kinds = error.validator_value if isinstance(error.validator_value, list) else [error.validator_value]
    return error.validator == "type" and "number" in kinds and error.instance in _NOT_FINITE


def _where(path: Any) -> str:
    return ".".join(str(part) for part in path) or "the whole value"
