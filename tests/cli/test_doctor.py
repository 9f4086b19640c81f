"""What openenv doctor says of a machine."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections import namedtuple

import pytest

from openenv_cli import machine
from openenv_cli.machine import Finding, Status


@pytest.fixture(autouse=True)
def bare(tmp_path, monkeypatch):
    """No engine, no token."""
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/no.sock")
    monkeypatch.setenv("HF_TOKEN", "")
    monkeypatch.setenv("HF_TOKEN_PATH", str(tmp_path / "token"))


def installed(site, name):
    """Lay out what importlib.metadata takes for an installed distribution."""
    info = site / f"{name.replace('-', '_')}-0.2.1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 0.2.1\n", encoding="utf-8")


def test_each_thing_is_one_line_with_what_to_do(openenv, tmp_path):
    ran = openenv("doctor")
    lines = ran.out.splitlines()

    assert ran.code == 3
    assert ran.err == ""
    assert [line[9:].partition(":")[0] for line in lines] == [
        *("python", "packages", "engine", "disk", "Hub token", "port"),
    ]
    assert lines[2] == (
        f"missing  engine: no container engine answers at unix://{tmp_path}/no.sock: "
        "start Docker, or point DOCKER_HOST at an engine"
    )


def test_json_has_the_same_for_programs(openenv):
    ran = openenv("doctor", "--json")
    findings = {finding["name"]: finding for finding in ran.document["findings"]}

    assert ran.document["exit_code"] == ran.code == 3
    assert findings["python"]["status"] == "ok"
    assert findings["engine"]["status"] == "missing"
    assert findings["engine"]["hint"]


def test_a_distribution_that_shares_our_files_is_a_problem(openenv, tmp_path, monkeypatch):
    installed(tmp_path / "site", "openenv-core")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    ran = openenv("doctor")

    assert ran.code == 1
    assert "problem  packages: openenv-core 0.2.1 installs the package openenv too" in ran.out
    assert "pip uninstall openenv-core, then pip install --force-reinstall --no-deps openenv-kit" in ran.out


def test_a_token_is_seen_and_never_shown(openenv, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    ran = openenv("doctor")

    assert "ok       Hub token: there is one" in ran.out
    assert "hf_secret" not in ran.out


def test_without_a_token_it_says_when_one_is_needed():
    assert machine.hub_token() == Finding(
        "Hub token", Status.NOTE, "there is none", "hf auth login, or HF_TOKEN=…, before the first push"
    )


def test_a_port_that_is_taken_is_a_note_that_names_its_holder():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]
        finding = machine.port(number)
    assert finding.status is Status.NOTE
    assert finding.message.startswith(f"port {number} is taken by ")
    assert machine.port(number).status is Status.OK


def test_a_disk_that_is_nearly_full_is_missing_space(tmp_path, monkeypatch):
    assert machine.disk("disk", tmp_path).message.endswith(f" GB free in {tmp_path}")
    monkeypatch.setattr("shutil.disk_usage", lambda _: namedtuple("Usage", "free")(10**9))
    finding = machine.disk("disk", tmp_path)
    assert finding.status is Status.MISSING
    assert finding.message == f"1.0 GB free in {tmp_path}"
    assert finding.hint


@pytest.mark.parametrize(
    ("running", "status"),
    [((3, 9, 1), Status.NOTE), ((3, 10, 0), Status.OK), ((3, 14, 2), Status.OK), ((3, 15, 0), Status.NOTE)],
)
def test_a_python_that_nobody_has_tested_is_a_note(running, status):
    assert machine.python(running).status is status


def test_the_first_problem_counts_and_a_note_does_not():
    def found(*statuses):
        return machine.exit_code([Finding("it", status, "so") for status in statuses])

    assert found() == found(Status.OK, Status.NOTE) == 0
    assert found(Status.MISSING, Status.NOTE) == 3
    assert found(Status.MISSING, Status.PROBLEM) == 1


def test_docker_and_the_hub_are_imported_only_to_look_at_them():
    script = (
        "import sys; from openenv_cli import machine; import openenv_cli.commands.doctor; "
        "looks = machine.examine(); next(looks); next(looks); print(*sys.modules)"
    )
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=environ)
    assert not {"docker", "huggingface_hub", "fastapi", "pydantic"} & set(done.stdout.split())
