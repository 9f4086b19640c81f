"""``openenv.yaml``: what an environment is called, what serves it and which classes its clients use.

Everything here is pure: text in, a :class:`Manifest` or a :class:`ManifestError` out.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from openenv.errors import ConfigurationError
from openenv.project.claims import Claims, EpisodeClaims, PolicyClaims, RewardClaims
from openenv.project.naming import MAX_LENGTH, suggest
from openenv.project.yaml_document import Path, Problem, YamlDocument, YamlError, read_yaml

MANIFEST_NAME = "openenv.yaml"

_IDENTIFIER = r"[A-Za-z_][A-Za-z0-9_]*"
_DOTTED = rf"{_IDENTIFIER}(?:\.{_IDENTIFIER})*"
_NAME = re.compile(r"[A-Za-z](?:[-_]?[A-Za-z0-9])*")
# PEP 440 without epoch and local part, neither of which fits an image tag.
_VERSION = re.compile(r"[0-9]+(?:\.[0-9]+)*(?:(?:a|b|rc)[0-9]+)?(?:\.post[0-9]+)?(?:\.dev[0-9]+)?")
_OBJECT = re.compile(rf"({_DOTTED}):({_DOTTED})")
_CLASS = re.compile(rf"(?:({_DOTTED}):)?({_IDENTIFIER})")
_EXAMPLES = {
    "name": "name: my-env",
    "version": "version: 0.1.0",
    "app": "app: my_env.server.app:app",
}
_EXPECTED = {
    "spec_version": "1, the only version there is",
    "port": "a whole number from 1 to 65535",
    "variables": "a mapping of names to text",
    "policies": "a mapping of names to module:attribute",
    "validation": "a mapping",
    "validation.reward": "a mapping",
    "validation.episode": "a mapping",
    "validation.policies": "a mapping of names to what is said of each",
    "validation.reset": "a mapping of options to values",
    "validation.reward.range": "two numbers, the smaller one first",
    "template": "a mapping of name, version and answers",
    "template.version": "a whole number",
    "template.answers": "a mapping",
}


class ManifestError(ConfigurationError):
    """The manifest cannot be used.

    Args:
        problems: Everything that is wrong with it, in the order of the text.
        source: The file it came from, for the message.
    """

    def __init__(self, problems: list[Problem], source: str = MANIFEST_NAME) -> None:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        super().__init__(f"{source}:{problems[0]}{more}", hint=problems[0].hint)
        self.problems = problems


class ClassReference(NamedTuple):
    """A class, named in text.

    Attributes:
        module: The module it stands in; ``None`` where only its name is given, as deployed manifests do.
        name: The name of the class.
    """

    module: str | None
    name: str

    def __str__(self) -> str:
        return self.name if self.module is None else f"{self.module}:{self.name}"


def _refused(message: str, hint: str) -> PydanticCustomError:
    return PydanticCustomError("refused", "{message}", {"message": message, "hint": hint})


def _name(value: Any) -> Any:
    if isinstance(value, str) and (len(value) > MAX_LENGTH or not _NAME.fullmatch(value)):
        raise _refused(
            f"'{value}' is not a name: letters, digits, single '-' or '_' between them, a letter first, "
            f"at most {MAX_LENGTH} characters",
            f"name: {suggest(value)}",
        )
    return value


def _version(value: Any) -> Any:
    if isinstance(value, str) and not _VERSION.fullmatch(value):
        raise _refused(f"'{value}' is not a version that Python packages and image tags share", "version: 0.1.0")
    return value


def _app(value: Any) -> Any:
    if isinstance(value, str) and not _OBJECT.fullmatch(value):
        raise _refused(f"'{value}' is not of the form module:attribute", _EXAMPLES["app"])
    return value


def _policy_name(value: Any) -> Any:
    if isinstance(value, str) and not _NAME.fullmatch(value):
        raise _refused(
            f"'{value}' is not a name for a policy: letters, digits, single '-' or '_'", "for example known-good"
        )
    return value


def _policy(value: Any) -> Any:
    if isinstance(value, str) and not _OBJECT.fullmatch(value):
        raise _refused(f"'{value}' is not of the form module:attribute", "known-good: my_env.policies:KnownGoodPolicy")
    return value


def _class_reference(value: Any) -> Any:
    """Read ``module:Class``, a bare class name, or a mapping of ``class_name`` and ``module``."""
    written = value
    if isinstance(value, dict) and "class_name" in value and not set(value) - {"class_name", "module"}:
        module = value.get("module")
        written = value["class_name"] if module is None else f"{module}:{value['class_name']}"
    found = _CLASS.fullmatch(written) if isinstance(written, str) else None
    if found is None:
        raise _refused(f"{value!r} does not name a class", "write module:Class, for example my_env.client:MyEnv")
    return ClassReference(found[1], found[2])


def _variables(value: Any) -> Any:
    """Take numbers and booleans for the text that they are in an environment variable."""
    if not isinstance(value, dict):
        return value
    words = {True: "true", False: "false"}
    return {
        key: words[item] if isinstance(item, bool) else str(item) if isinstance(item, (int, float)) else item
        for key, item in value.items()
    }


_Reference = Annotated[ClassReference, BeforeValidator(_class_reference)]
_Version = Annotated[str, BeforeValidator(_version)]
_App = Annotated[str, BeforeValidator(_app)]
_PolicyName = Annotated[str, BeforeValidator(_policy_name)]
_Policy = Annotated[str, BeforeValidator(_policy)]


class TemplateRecord(BaseModel):
    """Which template a project was made from.

    Attributes:
        name: The template.
        version: Its version at that time.
        answers: What it was filled in with.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    name: str
    version: int
    answers: dict[str, Any] = Field(default_factory=dict)


class Manifest(BaseModel):
    """The content of ``openenv.yaml``.

    Only ``name`` is required here: manifests of existing environments lack the rest. What a project
    should state beyond it is a matter of ``openenv validate``.

    Attributes:
        spec_version: The version of this format.
        name: The environment's name.
        version: The environment's own version.
        description: One sentence on what an agent does there.
        type: How it is shipped.
        runtime: What serves it.
        app: The server's application, as ``module:attribute``.
        port: The port its image listens on.
        client: The class of its client.
        action: The class of its actions.
        observation: The class of its observations.
        policies: Policies that play it, by name, each as ``module:attribute``.
        variables: Variables of its Space.
        default_image: The image to start where none is named.
        validation: What the environment says about itself to validators.
        template: The template it was made from.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    spec_version: Literal[1] = 1
    name: Annotated[str, BeforeValidator(_name)]
    version: _Version | None = None
    description: str | None = None
    type: str = "space"
    runtime: str = "fastapi"
    app: _App | None = None
    port: int = Field(default=8000, ge=1, le=65535)
    client: _Reference | None = None
    action: _Reference | None = None
    observation: _Reference | None = None
    policies: dict[_PolicyName, _Policy] = Field(default_factory=dict)
    variables: Annotated[dict[str, str], BeforeValidator(_variables)] = Field(default_factory=dict)
    default_image: str | None = None
    validation: Claims | None = None
    template: TemplateRecord | None = None

    @property
    def package(self) -> str:
        """The name as a Python package: ``my-env`` is ``my_env``."""
        return self.name.replace("-", "_").lower()


def parse_manifest(text: str, source: str = MANIFEST_NAME) -> Manifest:
    """Read a manifest.

    Args:
        text: The content of the file.
        source: What to call the file in messages.

    Returns:
        The manifest.

    Raises:
        ManifestError: It is broken; every problem is listed with its line.
    """
    try:
        document = read_yaml(text)
    except YamlError as error:
        raise ManifestError(error.problems, source) from None
    if not isinstance(document.value, dict):
        what = "the file is empty" if document.value is None else "this is not a mapping of keys to values"
        raise ManifestError([Problem(1, 1, what, f"begin with {_EXAMPLES['name']}")], source)
    try:
        # A key that is no text (``8000: x``) is an unknown key like any other.
        return Manifest.model_validate({str(key): value for key, value in document.value.items()})
    except ValidationError as error:
        problems = [_problem(dict(found), document) for found in error.errors(include_url=False)]
        raise ManifestError(sorted(problems, key=lambda found: found.line), source) from None


def _problem(error: dict[str, Any], document: YamlDocument) -> Problem:
    """Turn one of pydantic's findings into a sentence and a place."""
    kind, path = error["type"], tuple(error["loc"])
    dotted = ".".join(str(part) for part in path)
    if kind == "missing":
        hint = f"add {_EXAMPLES.get(dotted, f'{path[-1]}: …')}"
        return _at(document, path[:-1], f"'{dotted}' is missing", hint, key=True)
    if kind == "extra_forbidden":
        known = list(_model_at(path[:-1]).model_fields)
        near = get_close_matches(str(path[-1]), known, n=1)
        hint = f"did you mean '{near[0]}'?" if near else f"known keys: {', '.join(known)}"
        return _at(document, path, f"unknown key '{dotted}'", hint, key=True)
    if kind == "refused":
        return _at(document, path, error["ctx"]["message"], error["ctx"]["hint"])
    return _wrong_value(error, document, path, dotted)


def _model_at(path: Path) -> type[BaseModel]:
    """The model whose keys stand at a place."""
    models: dict[Path, type[BaseModel]] = {
        (): Manifest,
        ("template",): TemplateRecord,
        ("validation",): Claims,
        ("validation", "reward"): RewardClaims,
        ("validation", "episode"): EpisodeClaims,
    }
    return models.get(path, PolicyClaims)


def _wrong_value(error: dict[str, Any], document: YamlDocument, path: Path, dotted: str) -> Problem:
    written = document.raw.get(path)
    shown = _kind_of(error["input"]) + ("" if written is None else f" ({written})")
    if error["type"] == "string_type":
        hint = None if written is None else f'write it in quotes: {path[-1]}: "{written}"'
        return _at(document, path, f"'{dotted}' must be text, not {shown}", hint)
    expected = _EXPECTED.get(dotted) or f"valid ({error['msg']})"
    return _at(document, path, f"'{dotted}' must be {expected}, not {shown}", None)


def _kind_of(value: Any) -> str:
    kinds: list[tuple[Any, str]] = [
        (type(None), "nothing"),
        (bool, "a truth value"),
        ((int, float), "a number"),
        (str, "text"),
        (dict, "a mapping"),
        (list, "a list"),
    ]
    return next((name for kind, name in kinds if isinstance(value, kind)), f"a {type(value).__name__}")


def _at(document: YamlDocument, path: Path, message: str, hint: str | None, *, key: bool = False) -> Problem:
    place = document.place(path, key=key)
    return Problem(place.line, place.column, message, hint)
