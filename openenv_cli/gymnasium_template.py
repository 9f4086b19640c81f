"""Fills in the template ``gymnasium`` for one of Gymnasium's environments."""

from __future__ import annotations

import warnings
from contextlib import closing
from dataclasses import replace
from difflib import get_close_matches
from importlib.metadata import metadata, packages_distributions
from typing import Any

from openenv.extras import MissingExtraError
from openenv_cli.errors import CommandError, MissingError, UsageError
from openenv_cli.scaffold import Template
from openenv_cli.source import Source, literal, on_one_line, text

_LEAST = ">=1.2.3"
_RENDER_MODE = "rgb_array"


def filled(template: Template, env_id: str) -> Template:
    """Fill in the template for an environment, which is made once to see its spaces.

    Args:
        template: The template.
        env_id: The environment's id in Gymnasium's registry, ``module:id`` where a module registers it.

    Returns:
        The template, ready to be rendered.

    Raises:
        MissingError: Gymnasium, or a package that the environment needs or comes from, is not installed.
        UsageError: There is no such environment; the hint names near ones.
        CommandError: The environment cannot be made.
        UnsupportedSpaceError: Its actions or observations cannot be JSON.
    """
    with closing(_made(env_id)) as env:
        # An id without a version means the latest one: the project keeps that.
        module, colon, _ = env_id.rpartition(":")
        env_id = f"{module}{colon}{env.spec.id}"
        return replace(
            template,
            summary=f"Plays {env_id} of Gymnasium.",
            dependencies=_dependencies(env),
            answers={"env_id": env_id},
            parts=parts_of(env, env_id),
        )


def _made(env_id: str) -> Any:
    try:
        import openenv.gymnasium  # noqa: F401, I001  # first: it says what brings Gymnasium where that is missing
        import gymnasium
    except MissingExtraError as error:
        raise MissingError(str(error), error.data, hint=error.hint) from error
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what Gymnasium warns of, it warns of at each start of the server too
            return gymnasium.make(env_id)
    except (gymnasium.error.DependencyNotInstalled, ModuleNotFoundError) as error:
        raise MissingError(f"{env_id} needs something that is not installed", hint=str(error)) from error
    except gymnasium.error.Error as error:
        near = _near(env_id, gymnasium.registry)
        raise UsageError(f"there is no environment '{env_id}': {error}", {"near": near}, hint=_hint(near)) from error
    except Exception as error:  # whatever the environment's own code raises
        raise CommandError(f"{env_id} cannot be made: {type(error).__name__}: {error}") from error


def _near(env_id: str, known: Any) -> list[str]:
    ids = {each.lower(): each for each in known}
    return [ids[each] for each in get_close_matches(env_id.lower(), ids, n=3)]


def _hint(near: list[str]) -> str:
    if near:
        return f"did you mean {' or '.join(near)}?"
    return "for example CartPole-v1, or MODULE:ID where the import of a module registers it"


def _dependencies(env: Any) -> tuple[str, ...]:
    """Name the packages that bring an environment: an extra of Gymnasium's, or one of its own."""
    top, *inner = type(env.unwrapped).__module__.split(".")
    if top == "gymnasium":
        extras = metadata("gymnasium").get_all("Provides-Extra") or ()
        mine = [extra for extra in extras if extra.replace("-", "_") in inner]
        return (f"gymnasium[{mine[0]}]{_LEAST}" if mine else f"gymnasium{_LEAST}",)
    return (f"gymnasium{_LEAST}", *sorted(set(packages_distributions().get(top, ()))))


def parts_of(env: Any, env_id: str) -> dict[str, str]:
    """Write the texts that the template's files are filled in with.

    Args:
        env: The environment.
        env_id: Its id.

    Returns:
        The text of each part.

    Raises:
        UnsupportedSpaceError: Its actions or observations cannot be JSON.
    """
    from openenv_cli.gymnasium_models import ModelWriter, summary

    writer = ModelWriter()
    action = writer.field(env.action_space, "ActionValue")
    observation = writer.field(env.observation_space, "ObservationValue")
    classes = "\n\n\n".join(writer.classes)
    renders = _RENDER_MODE in env.metadata.get("render_modes", ())
    make = f"gymnasium.make({text(env_id)}" + (f", render_mode={text(_RENDER_MODE)})" if renders else ")")
    return {
        "head": _head(action + observation, classes),
        "action": action,
        "observation": observation,
        "make": make,
        "example": on_one_line(_example(env.action_space)),
        "action_space": summary(env.action_space),
        "observation_space": summary(env.observation_space),
    }


def _head(fields: str, classes: str) -> str:
    """Write the imports that fields and classes need, and the classes."""
    lines = ["from openenv import Action, Observation", "from pydantic import Field"]
    if "Annotated[" in fields + classes:
        lines = ["from typing import Annotated", "", *lines]
    if classes:
        # Formatters have two empty lines before a class, and one before anything else.
        gap = ["", ""] if classes.startswith("class ") else [""]
        lines += ["from typing_extensions import TypedDict", *gap, classes]
    return "\n".join(lines)


def _example(space: Any) -> Source:
    """Choose an action for people to read: the same for the same space, and of short numbers where those will do."""
    from openenv.gymnasium.elements import from_json, to_json

    space.seed(0)
    exact = to_json(space, space.sample())
    short = _shortened(exact)
    return literal(short if from_json(space, short) in space else exact)


def _shortened(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _shortened(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_shortened(item) for item in value]
    return round(value, 1) if isinstance(value, float) else value
