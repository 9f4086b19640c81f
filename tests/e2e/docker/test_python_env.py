"""The image of ``python_env`` as it is made keeps its tasks from the code that is handed in."""

from __future__ import annotations

from support.machines import needs_landlock

from openenv import GenericEnvClient


@needs_landlock
def test_the_tasks_are_hidden(project_of):
    built = project_of("python_env")
    built.build("--no-smoke")

    with GenericEnvClient.from_docker_image(built.tag) as env:
        env.reset(seed=1)
        env.step({"kind": "test", "code": ""})

        assert env.state()["isolation"]["hidden"] is True
