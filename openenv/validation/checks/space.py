"""S015 and S020: what a Space, an image and the manifest say of each other."""

from __future__ import annotations

import re
from collections.abc import Iterator

from openenv.errors import ConfigurationError
from openenv.project.dockerfile import Instruction, expand
from openenv.project.front_matter import README_NAME, read_front_matter
from openenv.project.project import read_text
from openenv.project.yaml_document import YamlError
from openenv.validation.check import Finding, NotChecked, Severity, Stage, check
from openenv.validation.files.sources import Sources

_PORT_OPTION = re.compile(r"(?:--port|--bind|-b)[\s=]+(?:[\w.]*:)?\"?(\$\w+|\$\{[^}]*\}|\d+)")
_USUAL_PORT_OF_A_SPACE = 7860
_COLOURS = ("red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray")
_TAG = "openenv"


@check(
    "S015",
    "The port is the same everywhere",
    stage=Stage.SOURCES,
    needs=("S001",),
    mend="write the port of openenv.yaml there too, or change that one",
)
def ports_agree(sources: Sources) -> Iterator[Finding]:
    """Of the manifest, the Dockerfile and the front matter of the README."""
    manifest = sources.project.manifest
    stated = {**_ports_of_the_image(sources), **_port_of_the_space(sources)}
    if "port" in manifest.model_fields_set:
        stated = {sources.manifest_place("port"): manifest.port, **stated}
    if len(stated) < 2:
        raise NotChecked("the port is stated in one place at most")
    (place, port), *others = stated.items()
    for where, said in others:
        if said != port:
            yield Finding(f"the port is {said} here, and {port} in {place}", where)


def _ports_of_the_image(sources: Sources) -> dict[str, int]:
    """Where the Dockerfile states a port -> which one; it may expose others beside the manifest's."""
    try:
        stage = sources.stages[-1]
    except NotChecked:
        return {}
    name, variables = sources.name(sources.dockerfile), stage.variables()
    found: list[tuple[str, int]] = []
    exposed: list[tuple[str, int]] = []
    for one in stage.all():
        texts = [expand(text, variables).removesuffix("/tcp") for text in _ports_in(one)]
        ports = exposed if one.word == "EXPOSE" else found
        ports += [(f"{name}:{one.line}", int(text)) for text in texts if text.isdecimal()]
    manifest = sources.project.manifest
    served = {port for _, port in found} | ({manifest.port} if "port" in manifest.model_fields_set else set())
    return dict(found + ([] if served & {port for _, port in exposed} else exposed))


def _ports_in(one: Instruction) -> list[str]:
    if one.word == "EXPOSE":
        return one.arguments
    if one.word == "ENV":
        return [value for name, value in one.pairs() if name == "PORT"]
    return _PORT_OPTION.findall(" ".join(one.arguments)) if one.word in ("CMD", "ENTRYPOINT") else []


def _port_of_the_space(sources: Sources) -> dict[str, int]:
    try:
        document = sources.front_matter
    except NotChecked:
        return {}
    port = document.value.get("app_port")
    return {f"{README_NAME}:{document.place(('app_port',)).line}": port} if isinstance(port, int) else {}


@check(
    "S020",
    "The README says what the Hub needs to know of a Space",
    stage=Stage.SOURCES,
    severity=Severity.WARNING,
    needs=("S005",),
    mend="write it between two lines --- at the top of README.md; openenv init shows how",
)
def front_matter_is_complete(sources: Sources) -> Iterator[Finding]:
    """In its front matter: that it runs in a container, on which port, and that it is an OpenEnv environment."""
    try:
        document = read_front_matter(read_text(sources.root / README_NAME))
    except YamlError as error:
        for problem in error.problems:
            yield Finding(problem.message, f"{README_NAME}:{problem.line}", problem.hint)
        return
    except ConfigurationError as error:
        yield Finding(error.message, README_NAME, error.hint)
        return
    if document is None:
        yield Finding("there is no front matter", README_NAME)
        return
    for key, said, mend in _wrong(document.value, sources.project.manifest.port):
        yield Finding(said, f"{README_NAME}:{document.place((key,)).line}", mend)


def _wrong(said: dict[str, object], port: int) -> Iterator[tuple[str, str, str]]:
    """Each key of a front matter that will not do, with what is wrong and what would do."""
    if said.get("sdk") != "docker":
        told = f"'sdk' is {said['sdk']}" if "sdk" in said else "'sdk' is missing"
        yield "sdk", f"{told}: the Hub would not build the Dockerfile", "sdk: docker"
    if "app_port" not in said and port != _USUAL_PORT_OF_A_SPACE:
        message = f"'app_port' is missing: the Hub would look for the server on port {_USUAL_PORT_OF_A_SPACE}"
        yield "app_port", message, f"app_port: {port}"
    elif "app_port" in said and not isinstance(said["app_port"], int):
        yield "app_port", f"'app_port' is {said['app_port']!r}, not a number", f"app_port: {port}"
    tags = said.get("tags")
    if not isinstance(tags, list) or _TAG not in tags:
        yield "tags", f"the tag {_TAG} is missing: nobody would find it among environments", f"tags: [{_TAG}]"
    for key in ("colorFrom", "colorTo"):
        if key in said and said[key] not in _COLOURS:
            yield key, f"'{key}' is {said[key]}, which the Hub does not take", f"one of {', '.join(_COLOURS)}"
