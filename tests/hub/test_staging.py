"""What of a project goes to its Space, and what does not."""

import shutil
import subprocess
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from openenv.project.project import Project
from openenv_cli.errors import UsageError
from openenv_cli.hub.staging import StagingError, stage
from openenv_cli.secrets_guard import SecretsError, require_no_secrets

ECHO = Path(__file__).parents[2] / "envs" / "echo_env"
TOKEN = "hf_" + "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0dF3g"


@pytest.fixture
def root(tmp_path):
    """A copy of the echo environment, as ``openenv init`` makes it."""
    root = tmp_path / "echo_env"
    shutil.copytree(ECHO, root, ignore=shutil.ignore_patterns(".*_cache", "__pycache__"))
    return root


@pytest.fixture
def flat(tmp_path):
    """An environment in the layout of openenv 0.10, without any ignore file."""
    root = tmp_path / "my_env"
    (root / "server").mkdir(parents=True)
    (root / "openenv.yaml").write_text("spec_version: 1\nname: my_env\napp: server.app:app\nport: 8000\n")
    (root / "pyproject.toml").write_text('[project]\nname = "openenv-my_env"\n')
    (root / "README.md").write_text("---\ntitle: Mine\nsdk: docker\nbase_path: /web\napp_port: 8000\n---\n# Mine\n")
    for file in ("__init__.py", "client.py", "models.py", "server/__init__.py", "server/app.py"):
        (root / file).write_text("")
    (root / "server" / "Dockerfile").write_text(
        "ARG BASE_IMAGE=ghcr.io/huggingface/openenv-base:latest\n"
        "FROM ${BASE_IMAGE} AS builder\nCOPY . /app/env\n"
        "FROM ${BASE_IMAGE}\nCOPY --from=builder /app/env /app/env\n"
        'CMD ["uvicorn", "server.app:app"]\n'
    )
    return root


def paths(staged):
    return [entry.path for entry in staged.entries]


def content(staged, path):
    (entry,) = [entry for entry in staged.entries if entry.path == path]
    with entry.open() as file:
        return file.read()


def test_a_project_made_by_init_becomes_its_image_context_its_readme_and_the_wheel_of_this_runtime(root):
    staged = stage(Project.find(root))

    *others, wheel = paths(staged)
    assert others == [
        "Dockerfile",
        "README.md",
        "echo_env/__init__.py",
        "echo_env/client.py",
        "echo_env/models.py",
        "echo_env/server/__init__.py",
        "echo_env/server/app.py",
        "echo_env/server/environment.py",
        "openenv.yaml",
        "pyproject.toml",
    ]
    assert wheel.startswith("wheels/openenv_kit-")
    names = zipfile.ZipFile(BytesIO(content(staged, wheel))).namelist()
    assert "openenv/__init__.py" in names
    assert content(staged, "README.md") == (root / "README.md").read_bytes()
    assert content(staged, "Dockerfile") == (root / "Dockerfile").read_bytes()
    assert staged.remarks == ()


def test_the_same_project_is_staged_the_same_twice(root):
    def bytes_of(staged):
        return [(entry.path, content(staged, entry.path)) for entry in staged.entries]

    assert bytes_of(stage(Project.find(root))) == bytes_of(stage(Project.find(root)))


def test_an_older_wheel_of_the_runtime_makes_room_and_wheels_of_the_project_stay(root):
    (root / "wheels").mkdir()
    (root / "wheels" / "openenv_kit-0.0.1-py3-none-any.whl").write_bytes(b"old")
    (root / "wheels" / "mine-1-py3-none-any.whl").write_bytes(b"mine")
    (root / ".hfignore").write_text("!wheels/\n")  # which .gitignore leaves out

    wheels = [path for path in paths(stage(Project.find(root))) if path.startswith("wheels/")]

    assert wheels[0] == "wheels/mine-1-py3-none-any.whl"
    assert len(wheels) == 2
    assert "0.0.1" not in wheels[1]


def test_a_flat_project_has_its_dockerfile_at_the_top_and_no_wheel(flat):
    staged = stage(Project.find(flat))

    assert "Dockerfile" in paths(staged)
    assert "server/Dockerfile" not in paths(staged)
    assert not any(path.endswith(".whl") for path in paths(staged))
    assert content(staged, "Dockerfile") == (flat / "server" / "Dockerfile").read_bytes()
    assert any(remark.startswith("server/Dockerfile goes to the top") for remark in staged.remarks)


def test_another_base_image_is_the_default_of_the_argument_and_every_stage_stays(flat):
    text = content(stage(Project.find(flat), "python:3.13-slim"), "Dockerfile").decode()

    assert text.splitlines()[:2] == ["ARG BASE_IMAGE=python:3.13-slim", "FROM ${BASE_IMAGE} AS builder"]
    assert "FROM ${BASE_IMAGE}\nCOPY --from=builder" in text


def test_a_dockerfile_that_chooses_its_base_image_itself_is_not_rewritten(flat):
    (flat / "server" / "Dockerfile").write_text("FROM python:3.12-slim\n")

    with pytest.raises(UsageError, match="chooses its base image itself"):
        stage(Project.find(flat), "python:3.13-slim")


@pytest.mark.parametrize(
    "junk",
    [
        ".git/config",
        ".venv/bin/python",
        "venv/pyvenv.cfg",
        "node_modules/a/index.js",
        "__pycache__/a.pyc",
        "server/__pycache__/app.cpython-311.pyc",
        "dist/a.whl",
        "build/lib/a.py",
        "my_env.egg-info/PKG-INFO",
        ".pytest_cache/README.md",
        ".DS_Store",
    ],
)
def test_what_tools_make_stays_here_even_where_no_file_says_so(flat, junk):
    (flat / junk).parent.mkdir(parents=True, exist_ok=True)
    (flat / junk).write_text("")

    assert junk not in paths(stage(Project.find(flat)))


@pytest.mark.parametrize("name", [".gitignore", ".dockerignore", ".hfignore"])
def test_each_ignore_file_is_honoured_and_stays_here_itself(flat, name):
    (flat / "notes").mkdir()
    (flat / "notes" / "a.txt").write_text("")
    (flat / name).write_text("notes\n")

    staged = paths(stage(Project.find(flat)))

    assert "notes/a.txt" not in staged
    assert name not in staged


def test_a_gitignore_in_a_folder_holds_there_and_hfignore_has_the_last_word(flat):
    for file in ("data/a.bin", "data/b.bin", "a.bin"):
        (flat / file).parent.mkdir(exist_ok=True)
        (flat / file).write_text("")
    (flat / "data" / ".gitignore").write_text("*.bin\n")
    (flat / ".hfignore").write_text("!data/b.bin\n")

    staged = paths(stage(Project.find(flat)))

    assert [path for path in staged if path.endswith(".bin")] == ["a.bin", "data/b.bin"]


def test_the_repository_around_a_project_has_a_say_unless_it_ignores_the_whole_project(flat):
    (flat.parent / ".git").mkdir()
    (flat / "scratch.txt").write_text("")
    ignore = flat.parent / ".gitignore"

    ignore.write_text("scratch.txt\n")
    assert "scratch.txt" not in paths(stage(Project.find(flat)))
    ignore.write_text("scratch.txt\n/my_env/\n")
    assert "scratch.txt" in paths(stage(Project.find(flat)))


def test_what_git_ignores_is_what_stays_here(flat):
    patterns = "*.log\n!keep.log\n/top.txt\ndoc/*.txt\n**/deep/x\nback\\ slash\n# remark\n"
    (flat / ".gitignore").write_text(patterns)
    files = [
        "a.log",
        "keep.log",
        "top.txt",
        "in/top.txt",
        "doc/a.txt",
        "doc/in/a.txt",
        "a/deep/x",
        "deep/x",
        "back slash",
    ]
    for file in files:
        (flat / file).parent.mkdir(parents=True, exist_ok=True)
        (flat / file).write_text("")
    subprocess.run(["git", "init", "-q", flat], check=True)
    listed = subprocess.run(
        ["git", "ls-files", "--others", "--exclude-standard", "-z"],
        cwd=flat,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split("\0")

    assert set(files) & set(paths(stage(Project.find(flat)))) == set(files) & set(listed)


def test_the_readme_and_the_manifest_go_there_whatever_is_ignored(root):
    (root / ".gitignore").write_text("*.md\n*.yaml\n")

    assert {"README.md", "openenv.yaml"} <= set(paths(stage(Project.find(root))))


def test_an_environment_whose_app_is_left_out_is_refused(root):
    (root / ".gitignore").write_text("server/\n")

    with pytest.raises(StagingError, match=r"echo_env/server/app\.py, which serves the environment, is left out"):
        stage(Project.find(root))


def test_a_link_in_the_project_becomes_what_it_points_to(flat):
    (flat / "words.txt").write_text("words")
    (flat / "more.txt").symlink_to("words.txt")

    assert content(stage(Project.find(flat)), "more.txt") == b"words"


@pytest.mark.parametrize(
    ("target", "what"), [("/etc/hostname", "a file outside"), ("server", "a folder"), ("x", "nothing")]
)
def test_a_link_that_the_hub_cannot_hold_is_named(flat, target, what):
    (flat / "link").symlink_to(target)

    with pytest.raises(StagingError, match=f"link is a link to {what}"):
        stage(Project.find(flat))


def test_files_that_lose_their_mode_are_named(flat):
    script = flat / "start.sh"
    script.write_text("#!/bin/sh\n")
    script.chmod(0o755)

    assert any("start.sh" in remark for remark in stage(Project.find(flat)).remarks)


def test_a_port_that_differs_is_named(flat):
    (flat / "README.md").write_text("---\nsdk: docker\napp_port: 7860\n---\n")

    assert any("app_port: 7860" in remark for remark in stage(Project.find(flat)).remarks)


def test_secrets_are_found_by_name_and_content_and_not_where_they_stay_here(flat):
    (flat / ".env").write_text("A=1\n")
    (flat / "settings.yaml").write_text(f"a: 1\nb: {TOKEN}\n")
    (flat / "local.yaml").write_text(TOKEN)
    (flat / "empty.txt").write_text("")
    (flat / ".gitignore").write_text("local.yaml\n")

    with pytest.raises(SecretsError) as refusal:
        require_no_secrets(stage(Project.find(flat)).entries, [])

    assert [(secret.path, secret.line) for secret in refusal.value.found] == [(".env", None), ("settings.yaml", 2)]
    assert TOKEN not in refusal.value.message


def test_a_file_may_be_allowed_by_its_path_and_only_one_that_is_there(flat):
    (flat / ".env").write_text("A=1\n")
    entries = stage(Project.find(flat)).entries

    require_no_secrets(entries, [".env"])
    with pytest.raises(UsageError, match=r"server/\.env is none of the files"):
        require_no_secrets(entries, [".env", "server/.env"])


def test_what_this_package_makes_holds_no_secrets(root):
    require_no_secrets(stage(Project.find(root)).entries, [])
