"""Whether a client and a server mean the same by their models."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from openenv.client.client import EnvClient
from openenv.generics import declared
from openenv.sessions.blueprint import Blueprint
from openenv.types import Action, Observation, State

_ROLES = {"actions": Action, "observations": Observation, "states": State}
_OPEN = tuple(_ROLES.values())
"""Classes that say nothing about what travels: a client that names them takes whatever comes."""

_BESIDE = ("title", "description", "examples")


def mismatches(client: type, blueprint: Blueprint) -> list[str]:
    """Compare the models of a client with those that are served.

    Args:
        client: The client's class.
        blueprint: What is served.

    Returns:
        Where they differ, in one line each; what the client leaves open is not compared.
    """
    served = (blueprint.action_type, blueprint.observation_type, blueprint.state_type)
    wrong = []
    for (role, base), ours, theirs in zip(_ROLES.items(), declared(client, EnvClient), served, strict=True):
        if not _is_model(ours) or not _is_model(theirs) or ours in (theirs, *_OPEN):
            continue
        if issubclass(ours, _OPEN) and not issubclass(ours, base):  # field by field it would be called quite another
            wrong.append(f"the client says that {role} are {ours.__name__}, the server that they are {theirs.__name__}")
        else:
            wrong += [f"the client's {ours.__name__} {said}" for said in _differences(ours, theirs)]
    return wrong


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _differences(ours: type[BaseModel], theirs: type[BaseModel]) -> list[str]:
    here, there = _fields(ours), _fields(theirs)
    server = f"the server's {theirs.__name__}"
    said = [f"has the field '{name}', which {server} does not" for name in here if name not in there]
    said += [f"lacks the field '{name}' of {server}" for name in there if name not in here]
    changed = [name for name in here if name in there and here[name] != there[name]]
    return said + [f"means something else by '{name}' than {server}" for name in changed]


def _fields(model: type[BaseModel]) -> dict[str, Any]:
    """Each field with what its values have to be, whatever it is called in titles."""
    schema = model.model_json_schema()
    plain = _plain({**schema, "$defs": schema.get("$defs", {})})
    return {
        name: (field, plain["$defs"] if "$ref" in str(field) else None) for name, field in plain["properties"].items()
    }


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items() if name not in _BESIDE or isinstance(item, dict)}
    return [_plain(item) for item in value] if isinstance(value, list) else value
