"""What goes into a build, and as which bytes."""

from __future__ import annotations

import io
import os
import socket
import tarfile

import pytest

from openenv_cli.images.context import EPOCH, ContextError, archive, collect


def lay_out(root, files):
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")


def members(entries):
    with tarfile.open(fileobj=io.BytesIO(b"".join(archive(entries)))) as packed:
        return {
            info.name: packed.extractfile(info).read().decode() if info.isreg() else info
            for info in packed.getmembers()
        }


def paths(root, **options):
    return [entry.path for entry in collect(root, "Dockerfile", **options)]


def test_the_ignore_file_decides_and_the_dockerfile_goes_in_whatever_it_says(tmp_path):
    lay_out(
        tmp_path,
        {
            ".dockerignore": "# only these\n*\n!my_env\n**/*.pyc\n",
            "Dockerfile": "FROM x",
            "notes.txt": "",
            "my_env/a.py": "a",
            "my_env/deep/b.py": "b",
            "my_env/deep/b.pyc": "",
        },
    )

    assert paths(tmp_path) == [
        ".dockerignore",
        "Dockerfile",
        "my_env",
        "my_env/a.py",
        "my_env/deep",
        "my_env/deep/b.py",
    ]


def test_without_an_ignore_file_what_no_image_needs_is_left_out(tmp_path):
    lay_out(
        tmp_path, {"Dockerfile": "", "a.py": "", ".git/HEAD": "", ".venv/bin/python": "", "b/__pycache__/b.pyc": ""}
    )

    assert paths(tmp_path) == ["Dockerfile", "a.py", "b"]


def test_what_is_added_stands_in_for_the_projects_own(tmp_path):
    lay_out(tmp_path, {"Dockerfile": "", "wheels/runtime-1.whl": "old", "wheels/numpy-2.whl": "numpy"})

    entries = collect(tmp_path, "Dockerfile", {"wheels/runtime-2.whl": b"new", "deep/in/it": b"x"}, "wheels/runtime-*")

    packed = members(entries)
    assert [path for path, one in packed.items() if isinstance(one, str)] == [
        "Dockerfile",
        "deep/in/it",
        "wheels/numpy-2.whl",
        "wheels/runtime-2.whl",
    ]
    assert packed["wheels/runtime-2.whl"] == "new"
    assert packed["deep"].isdir()
    assert packed["deep/in"].isdir()


def test_the_same_files_make_the_same_bytes_whoever_packs_them_when(tmp_path):
    made = []
    for name, umask, time in (("one", 0o022, 1_000_000_000), ("two", 0o077, 1_700_000_000)):
        before = os.umask(umask)
        try:
            lay_out(tmp_path / name, {"Dockerfile": "FROM x", "b/run.sh": "#!/bin/sh", "a.py": ""})
        finally:
            os.umask(before)
        (tmp_path / name / "b" / "run.sh").chmod(0o777 & ~umask)
        (tmp_path / name / "link").symlink_to("a.py")
        for path in (tmp_path / name).rglob("*"):
            os.utime(path, (time, time), follow_symlinks=False)
        made.append(b"".join(archive(collect(tmp_path / name, "Dockerfile"))))

    assert made[0] == made[1]
    with tarfile.open(fileobj=io.BytesIO(made[0])) as packed:
        assert {info.mtime for info in packed} == {EPOCH}
        assert packed.getmember("b/run.sh").mode == 0o755
        assert packed.getmember("a.py").mode == 0o644
        assert packed.getmember("link").linkname == "a.py"


def test_a_large_file_is_sent_in_pieces(tmp_path):
    lay_out(tmp_path, {"Dockerfile": "", "model.bin": "x" * 5_000_001})

    entries = collect(tmp_path, "Dockerfile")

    assert max(map(len, archive(entries))) <= 1 << 20
    assert members(entries)["model.bin"] == "x" * 5_000_001


def test_names_may_be_long_and_of_any_script(tmp_path):
    path = f"données/{'x' * 120}/{'y' * 120}.txt"
    lay_out(tmp_path, {"Dockerfile": "", path: "long"})

    assert members(collect(tmp_path, "Dockerfile"))[path] == "long"


def test_sockets_and_pipes_stay_outside(tmp_path, monkeypatch):
    lay_out(tmp_path, {"Dockerfile": ""})
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.chdir(tmp_path)  # a socket's path has to be short
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket")

        assert paths(tmp_path) == ["Dockerfile"]


def test_a_file_that_is_gone_meanwhile_is_named(tmp_path):
    lay_out(tmp_path, {"Dockerfile": "", "a": "aaa"})
    entries = collect(tmp_path, "Dockerfile")

    (tmp_path / "a").unlink()
    with pytest.raises(ContextError, match="cannot read a: No such file"):
        b"".join(archive(entries))


def test_a_file_that_becomes_shorter_while_it_is_read_is_named(tmp_path):
    lay_out(tmp_path, {"Dockerfile": "", "a": "a" * 3_000_000})
    pieces = archive(collect(tmp_path, "Dockerfile"))

    while set(next(pieces)) != {ord("a")}:
        pass
    os.truncate(tmp_path / "a", 10)

    with pytest.raises(ContextError, match="a became shorter"):
        list(pieces)
