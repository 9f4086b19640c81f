"""Files here beside the files of a Space."""

import hashlib
import subprocess

from openenv_cli.hub.changes import Held, compare
from openenv_cli.images.context import Entry


def held(content, large=False):
    digest = hashlib.sha256(content) if large else hashlib.sha1(b"blob %d\0%s" % (len(content), content))
    return Held(len(content), digest.hexdigest(), large)


def test_each_file_is_new_changed_or_as_it_was_and_what_is_gone_here_is_deleted():
    here = [Entry("a", b"1"), Entry("b", b"2"), Entry("c", b"3")]
    there = {"b": held(b"2"), "c": held(b"33"), "d": held(b"4")}

    changes = compare(here, there)

    assert [entry.path for entry in changes.added] == ["a"]
    assert [entry.path for entry in changes.changed] == ["c"]
    assert changes.deleted == ("d",)
    assert changes.unchanged == 1
    assert changes
    assert str(changes) == "1 new, 1 changed, 1 deleted, 1 as they were"


def test_another_content_of_the_same_size_is_a_change():
    assert compare([Entry("a", b"1")], {"a": held(b"2")}).changed
    assert compare([Entry("a", b"1")], {"a": held(b"2", large=True)}).changed


def test_large_files_are_known_by_their_own_digest():
    assert not compare([Entry("a", b"1")], {"a": held(b"1", large=True)})


def test_digests_are_those_of_git(tmp_path):
    file = tmp_path / "a"
    file.write_bytes(b"a\n" * 1_000_000)
    digest = subprocess.check_output(["git", "hash-object", file], text=True).strip()

    assert not compare([Entry("a", file)], {"a": Held(2_000_000, digest, large=False)})


def test_a_file_that_the_hub_made_itself_stays():
    changes = compare([], {".gitattributes": held(b"x")})

    assert not changes
    assert str(changes) == "0 as they were"
