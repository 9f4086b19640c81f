"""``openenv init --template gymnasium``: what it makes, and what it refuses."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import gymnasium
import pytest
from support.gymnasium_served import register

from openenv_cli.errors import CommandError, MissingError, UsageError
from openenv_cli.gymnasium_template import filled
from openenv_cli.scaffold import TEMPLATES

ROOT = Path(__file__).parents[2]
TEMPLATE = TEMPLATES["gymnasium"]


def openenv(*words, cwd):
    """Run the command in a folder, whose modules come first."""
    command = [sys.executable, "-m", "openenv_cli", *words]
    paths = os.pathsep.join([str(cwd), str(ROOT)])
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": paths})


def made(tmp_path, env_id):
    done = openenv("init", "my-env", "--template", "gymnasium", "--env-id", env_id, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    return tmp_path / "my-env"


@pytest.mark.parametrize("env_id", ["CartPole-v1", "Pendulum-v1"])
def test_what_is_made_passes_validation(tmp_path, env_id):
    checked = openenv("validate", "--strict", str(made(tmp_path, env_id)), cwd=tmp_path)
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize(
    "env_id",
    ["CartPole-v1", "FrozenLake-v1", "Taxi-v4", "Pendulum-v1", "Blackjack-v1", "MountainCarContinuous-v0"],
)
def test_what_is_made_passes_its_own_tests_which_play_it(tmp_path, env_id):
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error"]
    tested = subprocess.run(command, cwd=made(tmp_path, env_id), capture_output=True, text=True)
    assert tested.returncode == 0, tested.stdout + tested.stderr


def test_it_keeps_the_id_and_names_what_brings_the_environment():
    assert filled(TEMPLATE, "CartPole-v1").answers == {"env_id": "CartPole-v1"}
    assert filled(TEMPLATE, "CartPole-v1").dependencies == ("gymnasium[classic-control]>=1.2.3",)
    assert filled(TEMPLATE, "Taxi-v4").dependencies == ("gymnasium[toy-text]>=1.2.3",)


def test_an_id_without_a_version_means_the_latest_one():
    assert filled(TEMPLATE, "CartPole").answers == {"env_id": "CartPole-v1"}


def test_a_module_that_registers_it_stays_with_the_id():
    assert filled(TEMPLATE, "gymnasium.envs.classic_control:CartPole-v1").answers == {
        "env_id": "gymnasium.envs.classic_control:CartPole-v1"
    }


@pytest.mark.parametrize(
    ("env_id", "near"),
    [
        ("cartpole-v1", "CartPole-v1"),
        ("CartPole-v9", "CartPole-v1"),
        ("FrozenLake-v0", "FrozenLake-v1"),
        ("Pendulum v1", "Pendulum-v1"),
        ("Nothing/Like-v1", None),
        ("", None),
    ],
)
def test_an_unknown_id_is_refused_with_near_ones(env_id, near):
    with pytest.raises(UsageError, match=f"there is no environment '{env_id}'") as refused:
        filled(TEMPLATE, env_id)

    assert near is None or near in refused.value.data["near"]
    assert (near or "CartPole-v1") in refused.value.hint


def test_what_an_environment_lacks_is_named():
    def lacking(**_):
        raise gymnasium.error.DependencyNotInstalled('pip install "physics"')

    with pytest.raises(MissingError, match="Lacking-v0 needs something that is not installed") as refused:
        filled(TEMPLATE, register("Lacking-v0", lacking))
    assert refused.value.hint == 'pip install "physics"'


@pytest.mark.parametrize(("env_id", "module"), [("no_such_module:CartPole-v1", "no_such_module"), ("Lost-v0", "lost")])
def test_a_module_that_is_not_installed_is_named(env_id, module):
    gymnasium.registry.pop("Lost-v0", None)
    register("Lost-v0", "lost:Lost")
    with pytest.raises(MissingError, match=f"{env_id} needs something that is not installed") as refused:
        filled(TEMPLATE, env_id)
    assert f"No module named '{module}'" in refused.value.hint


def test_an_environment_that_cannot_be_made_is_refused_with_its_reason():
    def broken(**_):
        raise ZeroDivisionError("no map")

    with pytest.raises(CommandError, match="Broken-v0 cannot be made: ZeroDivisionError: no map"):
        filled(TEMPLATE, register("Broken-v0", broken))


@pytest.mark.parametrize(
    ("words", "error", "hint"),
    [
        (["--template", "gymnasium"], "needs an environment's id", "--env-id CartPole-v1"),
        (["--env-id", "CartPole-v1"], "the template echo takes no --env-id", "--template gymnasium does"),
        (["--template", "gymnasium", "--env-id", "Cartpole-v1"], "there is no environment", "CartPole-v1"),
    ],
)
def test_the_command_says_what_is_missing_and_makes_nothing(tmp_path, words, error, hint):
    ran = openenv("init", "my-env", *words, cwd=tmp_path)

    assert ran.returncode == 2
    assert error in ran.stderr
    assert hint in ran.stderr
    assert list(tmp_path.iterdir()) == []


def test_without_gymnasium_the_command_says_what_brings_it(tmp_path):
    (tmp_path / "gymnasium.py").write_text("raise ModuleNotFoundError('gone', name='gymnasium')")
    ran = openenv("init", "my-env", "--template", "gymnasium", "--env-id", "CartPole-v1", cwd=tmp_path)

    assert ran.returncode == 3
    assert ran.stderr == (
        'error: this needs the package gymnasium, which is not installed\nhint: pip install "openenv-kit[gymnasium]"\n'
    )
