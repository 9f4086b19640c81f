"""H001 - H003 and H021: importing and starting what the project serves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from openenv.project.manifest import ClassReference
from openenv.validation.check import Finding, Stage, check
from openenv.validation.files.import_probe import Wish
from openenv.validation.files.imports import Imports
from openenv.validation.serving.launch import Launch, LaunchError


@check(
    "H001",
    "The app can be imported",
    stage=Stage.IMPORTS,
    needs=("S010", "S011", "S013"),
    mend="correct the last line that is shown, or install what it asks for",
)
def app_is_importable(imports: Imports) -> Iterator[Finding]:
    """In a fresh process, as the server does it."""
    module, _, attribute = imports.project.app.partition(":")
    yield from imports.failures(Wish("app", (module,), attribute))


@check(
    "H002",
    "Client, action and observation can be imported",
    stage=Stage.IMPORTS,
    needs=("S004", "S010", "S012", "H001"),
    mend="keep client.py and models.py free of what only the server has installed",
)
def classes_are_importable(imports: Imports) -> Iterator[Finding]:
    """In a fresh process, as a trainer does it, and each is what it should be."""
    manifest, package = imports.project.manifest, imports.project.package
    models = (f"{package}.models", f"{package}.client", package)
    wishes = [_wish("client", manifest.client, (f"{package}.client",))]
    wishes += [_wish("action", manifest.action, models)] if manifest.action else []
    wishes += [_wish("observation", manifest.observation, models)] if manifest.observation else []
    yield from imports.failures(*wishes)


@check(
    "H021",
    "The client speaks of the same models as the server",
    stage=Stage.IMPORTS,
    needs=("H002",),
    mend="let client.py and the environment import the same classes from models.py",
)
def client_matches_app(imports: Imports) -> Iterator[Finding]:
    """Field by field: what one sends, the other one understands."""
    package = imports.project.package
    client = _wish("match", imports.project.manifest.client, (f"{package}.client",))
    yield from imports.failures(replace(client, app=imports.project.app))


@check("H003", "The server starts", stage=Stage.LAUNCH, needs=("H001",), mend="see the lines of its log")
def server_starts(launch: Launch) -> Iterator[Finding]:
    """And answers in time."""
    try:
        _ = launch.base_url
    except LaunchError as error:
        yield Finding(str(error), details=error.log)


def _wish(role: str, named: ClassReference | None, usual: tuple[str, ...]) -> Wish:
    if named is None:
        return Wish(role, usual, None)
    return Wish(role, (named.module,) if named.module else usual, named.name)
