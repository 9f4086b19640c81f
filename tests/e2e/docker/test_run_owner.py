"""A container does not outlive the process that it belongs to, on a real engine."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from support.puppets import PATIENCE_S

from openenv.providers import DockerProvider
from openenv.providers.docker import OWNER_LABEL, sweep
from openenv.providers.owner import Owner

SCRIPT = """
import os, signal, sys
from openenv import GenericEnvClient
from openenv.providers.owner import Owner
signal.signal(signal.SIGINT, signal.default_int_handler)
env = GenericEnvClient.from_docker_image({image!r})
env.reset()
print(Owner.here(), flush=True)
{ending}
"""
STARTING = """
import signal
from openenv import DockerProvider, GenericEnvClient
from openenv.providers.owner import Owner
signal.signal(signal.SIGINT, signal.default_int_handler)
print(Owner.here(), flush=True)
{start}
"""
STARTS = [
    "DockerProvider({image!r}, startup_timeout_s=600).start()",
    "GenericEnvClient.from_docker_image({image!r}, startup_timeout_s=600).sync().connect()",
]
DEAF = "import time\ntime.sleep(600)"


@contextmanager
def process(script: str) -> Iterator[subprocess.Popen[str]]:
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", script]
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True, env=environ) as started:
        try:
            yield started
        finally:
            started.kill()


def owned(engine, owner):
    return engine.containers.list(all=True, filters={"label": f"{OWNER_LABEL}={owner}"})


@pytest.mark.parametrize(
    "ending", ["sys.exit(0)", "raise RuntimeError('oops')", "os.kill(os.getpid(), signal.SIGINT)", "env.close()"]
)
def test_a_process_that_ends_removes_its_container(engine, inside_image, ending):
    with process(SCRIPT.format(image=inside_image, ending=f"sys.stdin.readline()\n{ending}")) as running:
        owner = running.stdout.readline().strip()
        assert len(owned(engine, owner)) == 1
        running.communicate("end\n")
    assert owned(engine, owner) == []


@pytest.mark.parametrize("start", STARTS, ids=["provider", "client"])
def test_ctrl_c_while_a_container_starts_removes_it(engine, image_of, start):
    begun = int(time.time())
    image = image_of("deaf", DEAF, "python app.py")
    with process(STARTING.format(start=start.format(image=image))) as running:
        owner = running.stdout.readline().strip()
        started = {"event": "start", "label": f"{OWNER_LABEL}={owner}"}
        with closing(engine.events(since=begun, decode=True, filters=started)) as events:
            next(events)
        running.send_signal(signal.SIGINT)
        _, errors = running.communicate(timeout=PATIENCE_S)
    assert errors.endswith("KeyboardInterrupt\n")
    assert owned(engine, owner) == []


def test_the_container_of_a_killed_process_is_removed_when_the_next_one_starts(engine, inside_image):
    with process(SCRIPT.format(image=inside_image, ending="sys.stdin.readline()")) as running:
        owner = running.stdout.readline().strip()
        running.kill()
        running.wait()
    assert len(owned(engine, owner)) == 1
    provider = DockerProvider(inside_image)
    provider.start()
    assert owned(engine, owner) == []
    assert len(owned(engine, Owner.here())) == 1
    provider.stop()


def test_the_container_of_a_process_that_runs_or_cannot_be_seen_stays(engine, inside_image):
    owners = [Owner.here(), Owner("another-machine", 1, "1"), "nobody that we know"]
    made = [engine.containers.create(inside_image, labels={OWNER_LABEL: str(owner)}) for owner in owners]
    try:
        sweep(engine)
        everyones = engine.containers.list(all=True, filters={"label": OWNER_LABEL}, ignore_removed=True)
        left = {found.id for found in everyones}
        assert left >= {container.id for container in made}
    finally:
        for container in made:
            container.remove(force=True)


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")  # from Python 3.12 on, where threads run
def test_a_forked_child_leaves_its_parents_container_alone(engine, inside_image):
    provider = DockerProvider(inside_image)
    provider.start()
    try:
        child = os.fork()
        if not child:
            provider.stop()
            os._exit(0)
        os.waitpid(child, 0)
        assert owned(engine, Owner.here())[0].status == "running"
    finally:
        provider.stop()
