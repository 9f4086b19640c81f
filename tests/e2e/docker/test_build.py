"""``openenv build`` on a real engine."""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import signal
import subprocess
import sys
from functools import partial

import pexpect
import pytest
from support.foreign_image import foreign_image, foreign_program

from openenv.project.project import Project as ProjectOnDisk
from openenv_cli.images.build import Recipe, add_labels, build
from openenv_cli.images.wheel import runtime_wheel

from .conftest import PREFIX, ROOT, run

PATIENCE_S = 120
SCHEMAS = {"action", "observation", "state"}


@pytest.fixture
def tiny(tmp_path, base_image):
    """Makes a project that is no more than a few instructions."""

    def make(*instructions, base=base_image):
        (tmp_path / "openenv.yaml").write_text(f"name: {PREFIX}-tiny\n", encoding="utf-8")
        text = "\n".join([f"FROM {base}", *instructions, ""])
        (tmp_path / "Dockerfile").write_text(text, encoding="utf-8")
        return tmp_path

    return make


def build_of(root):
    """Say how to build a project without trying it."""
    return [sys.executable, "-m", "openenv_cli", "build", str(root), "--no-smoke", "--json"]


@pytest.fixture(scope="module")
def echo(project_of, echo_image):
    """The echo environment; most of it is built."""
    return project_of("echo_env")


@pytest.fixture(scope="module")
def built(echo):
    """The echo environment, built and tried out."""
    return echo.build().document


def in_image(engine, image, *command):
    """Run a command in an image without network, as its own user."""
    made = engine.containers.run(image, list(command), network_mode="none", remove=True, stderr=True)
    return made.decode().strip()


def test_it_is_built_tried_out_and_named(built, echo, engine):
    image = engine.images.get(echo.tag)

    assert built["image"] == image.id
    assert built["tags"] == [echo.tag]
    assert built["size"] == image.attrs["Size"]
    assert built["checks_passed"] > 20
    assert [step["instruction"] for step in built["steps"]][-1] == "COPY --from=build /code /"


def test_its_labels_say_what_it_is_to_whoever_has_not_started_it(built, engine):
    labels = engine.images.get(built["image"]).labels

    assert labels["org.opencontainers.image.title"] == "echo-env"
    assert json.loads(labels["org.openenv.manifest"])["app"] == "echo_env.server.app:app"
    schemas = {key.rpartition(".")[2]: json.loads(text) for key, text in labels.items() if "openenv.schema." in key}
    assert set(schemas) == SCHEMAS
    assert schemas["action"]["properties"]["message"]["type"] == "string"


def test_labels_arrive_word_for_word_however_long_they_are(base_image, engine):
    awkward = {
        "json": json.dumps({"$HOME": "${PATH} \"quoted\" \\d+ é # 'x'", "two\nlines": " \t "}, ensure_ascii=False),
        "text": "two\nlines, and # no comment",
        "long": "x" * 60_000,
        "too long for a line": "$" * 100_000,
    }

    labelled = add_labels(engine, engine.images.get(base_image).id, awkward)

    assert engine.images.get(labelled).labels == awkward


def test_it_runs_as_a_normal_user_out_of_one_environment_without_pip_or_a_compiler(built, engine):
    folders = "ls -d /venv /pip /build /needed /code 2>/dev/null"
    look = f"id -u; command -v python; command -v pip gcc cc curl; {folders}; ls $HOME"

    assert in_image(engine, built["image"], "sh", "-c", look).split() == ["1000", "/venv/bin/python", "/venv"]


def test_it_holds_the_very_runtime_that_has_built_it(built, engine):
    made = "from openenv_cli.images.wheel import runtime_wheel; import hashlib"
    program = f"{made}; print(hashlib.sha256(runtime_wheel().content).hexdigest())"

    inside = in_image(engine, built["image"], "python", "-c", program)

    assert inside == hashlib.sha256(runtime_wheel().content).hexdigest()


def test_its_layers_beside_the_base_are_small(built, engine, echo):
    base = engine.images.get(echo.base_image).attrs["Size"]

    assert built["size"] - base < 100_000_000


def test_a_change_of_its_code_leaves_what_it_needs_as_it_is(built, project_of, engine):
    project = project_of("echo_env")
    before = project.build("--no-smoke").document
    models = project.root / "echo_env" / "models.py"
    models.write_text(models.read_text(encoding="utf-8") + "# a comment\n", encoding="utf-8")

    after = project.build("--no-smoke").document

    anew = [step["instruction"].split("--")[0] for step in after["steps"] if not step["cached"]]
    done = [one for one in anew if not one.startswith(("ARG BASE_IMAGE", "FROM "))]
    assert done == ["COPY . .", "RUN /pip/bin/pip install ", "COPY "]
    layers = [engine.images.get(one["image"]).attrs["RootFS"]["Layers"] for one in (before, after)]
    assert layers[0][:-1] == layers[1][:-1]
    assert layers[0][-1] != layers[1][-1]


def test_the_same_files_make_the_same_layers_also_without_any_network(built, echo, engine, monkeypatch):
    monkeypatch.setattr(engine.api, "build", partial(engine.api.build, network_mode="none"))
    recipe = Recipe(echo.base_image, build_args={"PIP_NO_INDEX": "1"}, use_cache=False)

    again = build(engine, ProjectOnDisk.find(echo.root), recipe, lambda event: None)

    layers = [engine.images.get(image).attrs["RootFS"]["Layers"] for image in (built["image"], again.image)]
    assert layers[0] == layers[1]


def test_a_step_that_fails_is_named_with_the_end_of_its_log_and_leaves_nothing(project_of, engine):
    project = project_of("echo_env")
    pyproject = project.root / "pyproject.toml"
    text = pyproject.read_text(encoding="utf-8")
    pyproject.write_text(text.replace("dependencies = []", 'dependencies = ["no-such-package"]'), encoding="utf-8")
    dockerfile = project.root / "Dockerfile"
    text = dockerfile.read_text(encoding="utf-8")
    labelled = text.replace("COPY pyproject.toml", f"LABEL run={PREFIX}-failing\nCOPY pyproject.toml")
    dockerfile.write_text(labelled, encoding="utf-8")
    project.tag = f"{PREFIX}-never:test"

    ran = run(project.command)

    assert ran.code == 1
    *log, error = [line for line in ran.err.splitlines() if not line.startswith(("[", "hint"))]
    assert any("No matching distribution found for no-such-package" in line for line in log)
    assert error.startswith("error: step ")
    assert "openenv.project.requirements" in error
    assert "returned a non-zero code: 1" in error
    assert not engine.images.list(f"{PREFIX}-never")
    assert not engine.containers.list(all=True, filters={"label": f"run={PREFIX}-failing"})


def test_what_was_built_before_is_used_unless_it_shall_not(tiny, engine):
    root = tiny("RUN tr -d - < /proc/sys/kernel/random/uuid > /made")

    images = [run([*build_of(root), *options]).document["image"] for options in ([], [], ["--no-cache"])]

    assert images[0] == images[1]
    assert images[1] != images[2]


def test_build_arguments_reach_the_dockerfile(tiny, engine):
    root = tiny("ARG GREETING", "RUN echo $GREETING > /made")

    made = run([*build_of(root), "--build-arg", "GREETING=a=b"]).document

    assert in_image(engine, made["image"], "cat", "/made") == "a=b"


def test_a_terminal_shows_what_the_step_prints_that_runs_and_each_step_with_its_time(tiny):
    root = tiny("RUN echo so far so good; sleep 1000")
    plain = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    environ = {**plain, "PYTHONPATH": str(ROOT), "TERM": "xterm"}
    terminal = pexpect.spawn(shlex.join([*build_of(root), "--no-cache"]), env=environ, timeout=PATIENCE_S)

    terminal.expect(r"\[ 1/2\] FROM .* \d+\.\d s\r\n")
    terminal.expect(r"\x1b\[0m so far so good \x1b\[33m0:00:0\d")

    terminal.sendintr()
    terminal.expect("interrupted")
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 130


def test_ctrl_c_stops_the_step_that_runs_and_leaves_no_container(tiny, engine):
    events = engine.events(decode=True, filters={"type": "container", "label": f"run={PREFIX}"})
    root = tiny(f"LABEL run={PREFIX}", "RUN sleep 1000")
    process = subprocess.Popen(build_of(root), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    started = next(event for event in events if event["Action"] == "start")

    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=PATIENCE_S)

    assert process.returncode == 130, errors
    assert any(event["Action"] == "destroy" and event["id"] == started["id"] for event in events)
    events.close()


def test_an_image_goes_to_a_registry_and_back(tiny, engine, registry):
    tag = f"{registry}/{PREFIX}-tiny:1"

    made = run([*build_of(tiny("COPY openenv.yaml /", base="scratch")), "-t", tag, "--push"]).document

    engine.images.remove(tag)
    pulled = engine.images.pull(tag)
    assert pulled.attrs["RepoDigests"] == [f"{registry}/{PREFIX}-tiny@{made['pushed'][tag]}"]
    assert pulled.labels["org.opencontainers.image.title"] == f"{PREFIX}-tiny"
    engine.images.remove(tag)


def test_a_registry_that_is_not_there_is_something_missing(tiny, engine):
    ran = run([*build_of(tiny("COPY openenv.yaml /", base="scratch")), "-t", f"localhost:1/{PREFIX}-tiny:1", "--push"])

    assert (ran.code, ran.document["error"]["type"]) == (3, "RegistryError")
    engine.images.remove(f"localhost:1/{PREFIX}-tiny:1")


def test_a_base_image_that_is_not_here_is_something_missing(echo):
    echo_command = [*echo.command]
    echo_command[echo_command.index("--base-image") + 1] = "openenv-e2e.invalid/none:1"

    ran = run(echo_command)

    assert ran.code == 3
    assert "error: step 2 of " in ran.err
    assert "hint: --base-image names another image" in ran.err


def test_a_platform_that_the_base_image_is_not_for_is_something_missing(echo, engine):
    other = "linux/arm64" if engine.version()["Arch"] == "amd64" else "linux/amd64"

    ran = run([*echo.command, "--platform", other])

    assert ran.code == 3
    assert "hint: docker pull --platform" in ran.err


def test_an_image_of_another_platform_than_was_asked_for_gets_no_name(tiny, engine):
    version = engine.version()
    other = "linux/arm64" if version["Arch"] == "amd64" else "linux/amd64"

    ran = run([*build_of(tiny("RUN true")), "-t", f"{PREFIX}-never:test", "--platform", other])

    assert ran.code == 3
    assert ran.document["error"]["type"] == "BaseImageError"
    assert not engine.images.list(f"{PREFIX}-never")


def test_an_image_for_another_processor_is_built_where_it_cannot_be_tried(tmp_path, engine):
    other = "arm64" if engine.version()["Arch"] == "amd64" else "amd64"
    base = f"{PREFIX}-foreign:base"
    engine.images.load(foreign_image(base, other))
    (tmp_path / "openenv.yaml").write_text(f"name: {PREFIX}-foreign\n", encoding="utf-8")
    program = tmp_path / "program"
    program.write_bytes(foreign_program(other))
    program.chmod(0o755)
    (tmp_path / "Dockerfile").write_text(f'FROM {base}\nCOPY program /\nCMD ["/program"]\n', encoding="utf-8")

    ran = run([sys.executable, "-m", "openenv_cli", "build", str(tmp_path), "--platform", f"linux/{other}"])

    assert ran.code == 0, ran.err
    assert "trying it out" in ran.err
    assert "warning: not tried, and labelled without JSON Schemas" in ran.err
    image = engine.images.get(f"{PREFIX}-foreign:latest")
    assert image.attrs["Architecture"] == other
    assert "org.openenv.manifest" in image.labels


def test_the_engines_own_platform_may_be_named_and_what_was_not_tried_lacks_schemas(tiny, engine):
    version = engine.version()
    command = [*build_of(tiny("RUN true")), "--platform", f"{version['Os']}/{version['Arch']}"]

    made = run([one for one in command if one != "--json"])

    assert made.out.startswith(f"built {PREFIX}-tiny:latest: ")
    assert "labelled without JSON Schemas" in made.err


def test_an_image_that_breaks_the_protocol_gets_no_name(project_of, engine):
    project = project_of("echo_env")
    environment = project.root / "echo_env" / "server" / "environment.py"
    text = environment.read_text(encoding="utf-8")
    environment.write_text(
        text.replace("def step(", "def step(self, action):\n        raise RuntimeError('mine')\n\n    def step_once("),
        encoding="utf-8",
    )
    project.tag = f"{PREFIX}-broken:test"

    ran = run(project.command)

    assert ran.code == 1
    assert "error: the image was built, and fails its trial" in ran.err
    assert not engine.images.list(f"{PREFIX}-broken")


def test_an_image_that_does_not_start_shows_its_log(project_of, engine):
    project = project_of("echo_env")
    app = project.root / "echo_env" / "server" / "app.py"
    app.write_text("raise RuntimeError('no licence found')\n", encoding="utf-8")
    project.tag = f"{PREFIX}-broken:test"

    ran = run(project.command)

    assert ran.code in (1, 3)
    assert "no licence found" in ran.err
    assert not engine.images.list(f"{PREFIX}-broken")
    assert not engine.containers.list(all=True, filters={"ancestor": f"{PREFIX}-broken:test"})


def test_without_an_engine_it_says_what_to_do(echo, tmp_path, monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")

    ran = run(echo.command)

    assert ran.code == 3
    assert ran.err == (
        f"error: no container engine answers at unix://{tmp_path}/none.sock\n"
        "hint: start Docker, or point DOCKER_HOST at an engine\n"
    )


@pytest.mark.parametrize("name", ["coding_env", "python_env", "openspiel_env"])
def test_the_environments_here_build_out_of_the_same_wheelhouse(project_of, name):
    assert project_of(name).build().document["checks_passed"] > 20
