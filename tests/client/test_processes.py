"""Clients and the life of their process."""

from __future__ import annotations

import subprocess
import sys

from support.puppets import Puppet, journal
from support.serving import serving, until

FORK = """
import os
from openenv.client import GenericEnvClient
from openenv.errors import SessionError

with GenericEnvClient(URL) as env:
    env.reset(seed=1)
    child = os.fork()
    if not child:
        try:
            env.step({"amount": 100})
        except SessionError as error:
            print(error, flush=True)
        with GenericEnvClient(URL) as own:
            print(own.reset(seed=7).observation["total"], flush=True)
        os._exit(0)
    os.waitpid(child, 0)
    print(env.step({"amount": 1}).observation["total"])
"""
DROP = """
import os
import threading
from openenv.client import GenericEnvClient

class Telling:
    def start(self):
        return URL
    def stop(self):
        print("stopped by", "the parent" if os.getpid() == parent else "the child", flush=True)

parent = os.getpid()
env = GenericEnvClient(provider=Telling())
env.reset()
child = os.fork()
if not child:
    del env
    for thread in threading.enumerate():
        if thread.name == "openenv-provider-stop":
            thread.join()
    os._exit(0)
os.waitpid(child, 0)
env.close()
"""
LEAVE = """
from openenv.client import GenericEnvClient

env = GenericEnvClient(URL)
print(env.reset().observation["puppet"])
"""


def run(code: str, url: str) -> list[str]:
    paths = f"import sys; sys.path[:0] = {sys.path!r}\nURL = {url!r}\n"
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", paths + code], capture_output=True, text=True, timeout=60
    )
    assert ran.returncode == 0, ran.stderr
    assert not ran.stderr, ran.stderr
    return ran.stdout.splitlines()


def test_a_forked_child_does_not_touch_its_parents_session_and_makes_its_own() -> None:
    with serving(Puppet) as served:
        refused, own, parents = run(FORK, served.url)
    assert "before the process forked" in refused
    assert (own, parents) == ("7", "2")


def test_a_forked_child_that_drops_a_client_does_not_stop_its_parents_server() -> None:
    with serving(Puppet) as served:
        assert run(DROP, served.url) == ["stopped by the parent"]


def test_a_script_that_forgets_to_close_frees_its_slot_when_it_ends() -> None:
    with serving(Puppet) as served:
        (puppet,) = run(LEAVE, served.url)
        journal.await_close(int(puppet))
        until(lambda: served.call(lambda: served.service.store.active) == 0)
        assert journal.of(int(puppet))[-1] == "close"
