"""JSON Schema (2020-12, what pydantic writes): is it one, and does a value fit it?"""

from __future__ import annotations

import re
from typing import Any

from openenv.validation.check import NotChecked
from openenv.validation.wording import brief

_SHOWN = 5
_NOT_FINITE = ("NaN", "Infinity", "-Infinity")


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
    from jsonschema import Draft202012Validator
    from referencing import Registry
    from referencing.exceptions import Unresolvable

    # An empty registry keeps the validator from fetching schemas that are named by a URL.
    validator = Draft202012Validator(schema, registry=Registry())
    try:
        found = [error for error in validator.iter_errors(value) if not _stands_for_a_number(error)]
    except Unresolvable as error:
        return [f"the schema refers to something that it does not hold: {error}"]
    except re.error as error:
        raise NotChecked(f"Python cannot read the pattern {error.pattern!r} in the schema: {error}") from None
    return [f"{_where(error.absolute_path)}: {brief(error.message)}" for error in found[:_SHOWN]]


def _stands_for_a_number(error: Any) -> bool:
    if error.context:
        return any(_stands_for_a_number(inner) for inner in error.context)
    kinds = error.validator_value if isinstance(error.validator_value, list) else [error.validator_value]
    return error.validator == "type" and "number" in kinds and error.instance in _NOT_FINITE


def _where(path: Any) -> str:
    return ".".join(str(part) for part in path) or "the whole value"
