"""OpenAPI: is a document one? Pure; structure by FastAPI's own models of it, and what these cannot tell."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from openenv.shapes.reference import referred
from openenv.validation.json_schema import schema_problem
from openenv.validation.wording import brief

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_IN_PATH = re.compile(r"\{([^}]+)\}")


def openapi_problems(document: dict[str, Any]) -> list[str]:
    """Say what keeps a document from being OpenAPI 3.

    Args:
        document: The document.

    Returns:
        What is wrong, in one line each; where its structure is, nothing beyond that is looked at.
    """
    from fastapi.openapi.models import OpenAPI
    from pydantic import ValidationError

    try:
        OpenAPI.model_validate(document)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        return [f"{'.'.join(map(str, first['loc']))}: {brief(first['msg'])}"]
    return [*_dangling(document), *_operations(document), *_schemas(document)]


def _dangling(document: dict[str, Any]) -> Iterator[str]:
    """References that lead nowhere."""
    for reference in dict.fromkeys(_references(document)):
        if reference.startswith("#/") and referred(reference, document) is None:
            yield f"{reference} is referred to, and is not there"


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for item in value.values():
            yield from _references(item)
    elif isinstance(value, list):
        for item in value:
            yield from _references(item)


def _operations(document: dict[str, Any]) -> Iterator[str]:
    named: Counter[str] = Counter()
    for path, item in (document.get("paths") or {}).items():
        for method, operation in ((name, item[name]) for name in _METHODS if name in item):
            named[operation.get("operationId", f"{method} {path}")] += 1
            said = [*item.get("parameters", ()), *operation.get("parameters", ())]
            known = {one.get("name") for one in said if one.get("in") == "path" or "$ref" in one}
            for name in _IN_PATH.findall(path):
                if name not in known and not any("$ref" in one for one in said):
                    yield f"{method.upper()} {path} does not describe its parameter '{name}'"
    yield from (f"{count} operations are called {name}" for name, count in named.items() if count > 1)


def _schemas(document: dict[str, Any]) -> Iterator[str]:
    for name, schema in ((document.get("components") or {}).get("schemas") or {}).items():
        problem = schema_problem(schema)
        if problem is not None:
            yield f"the schema {name} is none: {problem}"
