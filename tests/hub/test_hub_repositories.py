"""The Hub of the tests, asked by the real client: accounts, repositories, commits and files."""

from __future__ import annotations

from pathlib import Path

import pytest
from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi, get_token, hf_hub_download, whoami
from huggingface_hub.errors import (
    EntryNotFoundError,
    HfHubHTTPError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from support.hub import HubUser

README = b"---\ntitle: My Env\nsdk: docker\ntags: [openenv]\n---\n"
SPACE = {"repo_type": "space"}


@pytest.fixture
def space(hub):
    return hub.space()


@pytest.fixture
def stranger(hub):
    return HubUser.registered(hub.server)


def push(user, space, files, **options):
    operations = [CommitOperationAdd(path, content) for path, content in files.items()]
    return user.api.create_commit(space, operations, commit_message="Push", **SPACE, **options)


def status_of(refused):
    return refused.value.response.status_code


def test_the_client_goes_there_as_the_user_of_the_test(hub):
    assert whoami()["name"] == hub.name
    assert get_token() == hub.token
    assert HfApi().whoami()["auth"]["accessToken"]["role"] == "write"


def test_a_bad_token_is_refused(hub):
    with pytest.raises(HfHubHTTPError, match="Invalid user token") as refused:
        HfApi(token="hf_nobody").whoami()

    assert status_of(refused) == 401


def test_organisations_are_told_with_the_role_in_them(hub):
    organisation = f"org-of-{hub.name}"
    hub.server.call(lambda it: it.accounts.add_organisation(organisation, {hub.name: "read"}))

    assert [(org["name"], org["roleInOrg"]) for org in hub.api.whoami()["orgs"]] == [(organisation, "read")]
    with pytest.raises(HfHubHTTPError, match="don't have the rights to create a space") as refused:
        hub.api.create_repo(f"{organisation}/env", space_sdk="docker", **SPACE)
    assert status_of(refused) == 403


def test_a_space_is_created_once(hub, space):
    with pytest.raises(HfHubHTTPError, match="already created this space") as refused:
        hub.space()

    assert status_of(refused) == 409
    assert hub.api.create_repo(space, space_sdk="docker", exist_ok=True, **SPACE) == f"{hub.server.url}/spaces/{space}"


def test_a_token_that_only_reads_creates_nothing(hub):
    with pytest.raises(HfHubHTTPError, match="write token") as refused:
        HfApi(token=hub.read_token).create_repo(f"{hub.name}/env", space_sdk="docker", **SPACE)

    assert status_of(refused) == 403


def test_a_new_space_has_a_readme_and_a_commit(hub, space):
    assert hub.api.list_repo_files(space, **SPACE) == [".gitattributes", "README.md"]
    assert [commit.title for commit in hub.api.list_repo_commits(space, **SPACE)] == ["initial commit"]


def test_a_commit_adds_changes_and_deletes(hub, space):
    push(hub, space, {"README.md": README, "src/a.py": b"a", "src/b.py": b"b", "old/c.py": b"c"})
    operations = [
        CommitOperationAdd("src/a.py", b"A"),
        CommitOperationDelete("src/b.py"),
        CommitOperationDelete("old/"),
    ]

    made = hub.api.create_commit(space, operations, commit_message="Tidy", **SPACE)

    assert hub.api.list_repo_files(space, **SPACE) == [".gitattributes", "README.md", "src/a.py"]
    assert hub.api.space_info(space).sha == made.oid
    assert made.commit_url == f"{hub.server.url}/spaces/{space}/commit/{made.oid}"


def test_what_has_not_changed_makes_no_commit(hub, space):
    files = {"README.md": README, "a.py": b"a", "b.whl": b"\0" * 20}
    first = push(hub, space, files)

    assert push(hub, space, files).oid == first.oid
    assert len(hub.api.list_repo_commits(space, **SPACE)) == 2


def test_a_commit_on_top_of_an_old_one_is_refused(hub, space):
    parent = hub.api.space_info(space).sha
    push(hub, space, {"a.py": b"a"})

    with pytest.raises(HfHubHTTPError, match="A commit has happened since") as refused:
        push(hub, space, {"b.py": b"b"}, parent_commit=parent)

    assert status_of(refused) == 412


def test_a_file_that_is_not_there_cannot_be_deleted(hub, space):
    with pytest.raises(EntryNotFoundError, match="doesn't exist"):
        hub.api.create_commit(space, [CommitOperationDelete("none.py")], commit_message="Tidy", **SPACE)


def test_binary_and_heavy_files_are_kept_apart(hub, space):
    heavy, binary = b"x" * (10 * 1024 * 1024 + 1), b"PK\0\0"
    push(hub, space, {"heavy.txt": heavy, "wheels/a.whl": binary, "small.txt": b"x"})

    found = {one.path: one for one in hub.api.list_repo_tree(space, recursive=True, **SPACE)}

    assert [path for path, one in found.items() if getattr(one, "lfs", None)] == ["heavy.txt", "wheels/a.whl"]
    assert found["heavy.txt"].size == len(heavy)
    assert Path(hf_hub_download(space, "wheels/a.whl", **SPACE)).read_bytes() == binary


def test_files_that_a_gitignore_names_are_left_out_without_a_word(hub, space):
    push(hub, space, {".gitignore": b"*.whl\nbuild/\n", "a.whl": b"\0", "build/b.py": b"", "c.py": b"c"})

    assert hub.api.list_repo_files(space, **SPACE) == [".gitattributes", ".gitignore", "README.md", "c.py"]


def test_a_tree_is_listed_folder_by_folder(hub, space):
    push(hub, space, {"src/a.py": b"a", "src/sub/b.py": b"b"})

    assert [one.path for one in hub.api.list_repo_tree(space, "src", **SPACE)] == ["src/sub", "src/a.py"]
    assert [one.path for one in hub.api.get_paths_info(space, ["src/sub", "none.py", "src/a.py"], **SPACE)] == [
        "src/sub",
        "src/a.py",
    ]
    with pytest.raises(EntryNotFoundError):
        list(hub.api.list_repo_tree(space, "none", **SPACE))


def test_a_long_tree_comes_in_pages(hub, space):
    push(hub, space, {f"{number:04}.py": b"" for number in range(1100)})

    assert len(hub.api.list_repo_files(space, **SPACE)) == 1102


def test_files_are_fetched_by_revision(hub, space, tmp_path):
    first = push(hub, space, {"src/a.py": b"1"})
    push(hub, space, {"src/a.py": b"2", "src/b.py": b"2"})

    now = hub.api.snapshot_download(space, local_dir=tmp_path / "now", **SPACE)
    then = hub.api.snapshot_download(space, revision=first.oid, local_dir=tmp_path / "then", **SPACE)

    assert (tmp_path / "now/src/a.py").read_bytes() == b"2"
    assert (tmp_path / "then/src/a.py").read_bytes() == b"1"
    assert not (tmp_path / "then/src/b.py").exists()
    assert (now, then) == (str(tmp_path / "now"), str(tmp_path / "then"))


def test_a_download_says_its_commit_and_digest(hub, space):
    made = push(hub, space, {"a.py": b"a", "a.whl": b"\0\0"})

    plain, large = (
        hub.api.get_hf_file_metadata(url=f"{hub.server.url}/spaces/{space}/resolve/main/{name}")
        for name in ("a.py", "a.whl")
    )

    assert (plain.commit_hash, plain.size, len(plain.etag)) == (made.oid, 1, 40)
    assert (large.commit_hash, large.size, len(large.etag)) == (made.oid, 2, 64)


def test_what_is_not_there_is_told_apart(hub, space):
    with pytest.raises(RepositoryNotFoundError):
        hub.api.space_info(f"{hub.name}/none")
    with pytest.raises(RevisionNotFoundError):
        hub.api.space_info(space, revision="none")
    with pytest.raises(EntryNotFoundError):
        hf_hub_download(space, "none.py", **SPACE)


def test_a_private_space_is_not_there_for_strangers(hub, stranger):
    space = hub.space(private=True)

    assert HfApi(token=hub.read_token).space_info(space).private
    for token in (stranger.token, False):
        with pytest.raises(RepositoryNotFoundError):
            HfApi(token=token).space_info(space)
    with pytest.raises(HfHubHTTPError, match="Invalid credentials") as refused:
        HfApi(token="hf_nobody").space_info(space)
    assert status_of(refused) == 401


def test_a_space_becomes_private_and_public_again(hub, stranger, space):
    hub.api.update_repo_settings(space, private=True, **SPACE)
    assert not stranger.api.repo_exists(space, **SPACE)

    hub.api.update_repo_settings(space, private=False, **SPACE)
    assert stranger.api.repo_exists(space, **SPACE)


def test_a_stranger_changes_nothing(stranger, space):
    with pytest.raises(HfHubHTTPError) as refused:
        push(stranger, space, {"a.py": b"a"})

    assert status_of(refused) == 403


def test_a_stranger_opens_a_pull_request(hub, stranger, space):
    main = hub.api.space_info(space).sha

    made = push(stranger, space, {"a.py": b"a"}, create_pr=True)

    assert (made.pr_url, made.pr_num) == (f"{hub.server.url}/spaces/{space}/discussions/1", 1)
    assert hub.api.space_info(space).sha == main
    assert hub.api.file_exists(space, "a.py", revision="refs/pr/1", **SPACE)
    request = hub.api.get_discussion_details(space, 1, **SPACE)
    assert (request.title, request.author, request.is_pull_request) == ("Push", stranger.name, True)


def test_a_pull_request_is_opened_first_and_filled_then(hub, space):
    request = hub.api.create_pull_request(space, "Add a file", **SPACE)
    push(hub, space, {"a.py": b"a"}, revision=request.git_reference)

    assert hub.api.file_exists(space, "a.py", revision=request.git_reference, **SPACE)
    assert not hub.api.file_exists(space, "a.py", **SPACE)
    assert [one.num for one in hub.api.get_repo_discussions(space, **SPACE)] == [1]


def test_a_pull_request_is_merged(hub, stranger, space):
    push(hub, space, {"both.py": b"1", "gone.py": b"1"})
    operations = [CommitOperationAdd("both.py", b"2"), CommitOperationDelete("gone.py")]
    stranger.api.create_commit(space, operations, commit_message="Change", create_pr=True, **SPACE)
    push(hub, space, {"new.py": b"1"})

    hub.api.merge_pull_request(space, 1, **SPACE)

    assert hub.api.list_repo_files(space, **SPACE) == [".gitattributes", "README.md", "both.py", "new.py"]
    assert Path(hf_hub_download(space, "both.py", **SPACE)).read_bytes() == b"2"
    assert hub.api.get_discussion_details(space, 1, **SPACE).status == "merged"


def test_branches_and_pull_requests_are_listed(hub, space):
    hub.api.create_branch(space, branch="next", **SPACE)
    hub.api.create_pull_request(space, "Add a file", **SPACE)

    refs = hub.api.list_repo_refs(space, include_pull_requests=True, **SPACE)

    assert [ref.name for ref in refs.branches] == ["main", "next"]
    assert [ref.ref for ref in refs.pull_requests] == ["refs/pr/1"]


@pytest.mark.parametrize(
    ("readme", "complaint"),
    [
        (b"---\nsdk: rocket\n---\n", '"sdk" must be one of'),
        (b"---\nsdk: docker\ncolorFrom: beige\n---\n", '"colorFrom" must be one of'),
        (b"---\nsdk: [docker\n---\n", "YAML is invalid"),
    ],
)
def test_a_readme_whose_front_matter_is_wrong_is_refused_before_the_upload(hub, space, readme, complaint):
    with pytest.raises(ValueError, match=complaint):
        push(hub, space, {"README.md": readme})


def test_a_deleted_space_is_gone(hub, space):
    hub.api.delete_repo(space, **SPACE)

    assert not hub.api.repo_exists(space, **SPACE)
