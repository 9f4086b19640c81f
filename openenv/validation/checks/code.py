"""S010 - S012: the Python code, read but not run."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from openenv.errors import ConfigurationError
from openenv.project.manifest import MANIFEST_NAME
from openenv.validation.check import Finding, NotChecked, Stage, check
from openenv.validation.files.sources import Sources, defines
from openenv.validation.wording import brief


@check("S010", "Every Python file can be parsed", stage=Stage.SOURCES, needs=("S001",), mend="correct the syntax")
def code_is_python(sources: Sources) -> Iterator[Finding]:
    """A file that does not parse is found here, even one that is imported only later."""
    for path in sources.python_files():
        try:
            sources.parse(path)
        except SyntaxError as error:
            line = f": {brief(error.text)}" if error.text else ""
            yield Finding(f"{error.msg}{line}", f"{sources.name(path)}:{error.lineno or 1}")
        except ConfigurationError as error:
            yield Finding(error.message, sources.name(path), error.hint)


@check(
    "S011",
    "The app that the manifest names exists",
    stage=Stage.SOURCES,
    needs=("S001", "S010"),
    mend="name it in openenv.yaml as module:attribute, as in app: my_env.server.app:app",
)
def app_exists(sources: Sources) -> Iterator[Finding]:
    """Its module is a file of the project, and binds the name at its top level."""
    if sources.project.app_or_none is None:
        yield Finding("the manifest names no app, and there is no server/app.py", MANIFEST_NAME)
        return
    module, _, attribute = sources.project.app_or_none.partition(":")
    yield from _missing(sources, ("app",), [module], attribute.partition(".")[0])


@check(
    "S012",
    "The classes and policies that the manifest names exist",
    stage=Stage.SOURCES,
    needs=("S001", "S010"),
    mend="name them in openenv.yaml as module:Class",
)
def classes_exist(sources: Sources) -> Iterator[Finding]:
    """Each is where it is said to be; a client that is not named is in client.py."""
    manifest = sources.project.manifest
    for key, usual in (("client", "client"), ("action", "models"), ("observation", "models")):
        reference = getattr(manifest, key)
        if reference is not None:
            yield from _missing(sources, (key,), sources.places(reference, usual), reference.name)
    if manifest.client is None:
        yield from _without_client(sources)
    for name, policy in manifest.policies.items():
        module, _, attribute = policy.partition(":")
        yield from _missing(sources, ("policies", name), [module], attribute.partition(".")[0])


def _without_client(sources: Sources) -> Iterator[Finding]:
    path = sources.project.module_file(f"{sources.project.package}.client")
    if path is None:
        raise NotChecked("there is no client.py (S004)")
    if not any(isinstance(node, (ast.ClassDef, ast.ImportFrom)) for node in ast.walk(sources.tree(path))):
        yield Finding(f"{sources.name(path)} defines no class", sources.name(path))


def _missing(sources: Sources, keys: tuple[str, ...], modules: list[str], name: str) -> Iterator[Finding]:
    """Look for the name that a key of the manifest gives, in modules of which at least one should bind it."""
    files = [path for path in (sources.project.module_file(module) for module in modules) if path]
    if not files:
        yield Finding(f"there is no module {modules[0]} in the project", sources.manifest_place(*keys))
        return
    verdicts = [defines(sources.tree(path), name) for path in files]
    if True in verdicts:
        return
    if None in verdicts:
        raise NotChecked(f"only running {sources.name(files[verdicts.index(None)])} tells whether it defines {name}")
    yield Finding(f"{sources.name(files[0])} does not define {name}", sources.manifest_place(*keys))
