"""S023: what the image runs."""

from __future__ import annotations

from collections.abc import Iterator

from openenv.project.image_command import read_serving
from openenv.validation.check import Finding, Stage, check
from openenv.validation.files.sources import Sources, defines


@check(
    "S023",
    "The image runs the app and lets others in, as far as reading tells",
    stage=Stage.SOURCES,
    needs=("S004", "S010", "S011", "S014"),
    mend="correct CMD or ENTRYPOINT: the app is that of openenv.yaml, and --host 0.0.0.0 lets others in",
)
def image_serves(sources: Sources) -> Iterator[Finding]:
    """What it names of the project exists, and it listens to more than its own container."""
    stage = sources.stages[-1]
    variables = {**stage.variables(), **sources.project.manifest.variables}
    for one in read_serving(stage, variables):
        where = f"{sources.name(sources.dockerfile)}:{one.line}"
        missing = _missing(sources, one.target)
        if missing is not None:
            yield Finding(missing, where, f"the app is {sources.project.app}")
        if one.local is not None:
            message = f"the server listens on {one.local}, which nothing outside of the container can reach"
            yield Finding(message, where, "give it --host 0.0.0.0")


def _missing(sources: Sources, target: str) -> str | None:
    """Say what is not there of a module, or of what is in one, where it is one of the project's."""
    module, _, attribute = target.partition(":")
    if module.partition(".")[0] not in (sources.project.package, sources.project.app.partition(".")[0]):
        return None
    path = sources.project.module_file(module)
    if path is None:
        return None if sources.is_made_otherwise(module) else f"there is no module {module}"
    name = attribute.partition(".")[0]
    return (
        f"{sources.name(path)} does not define {name}" if name and defines(sources.tree(path), name) is False else None
    )
