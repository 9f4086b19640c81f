import pytest

from openenv.hub.repo_id import RepoId, RepoIdError, check_word


@pytest.mark.parametrize("text", ["openenv/echo_env", "a/b", "Some-User_1/my.env-2", f"{'o' * 96}/{'n' * 96}"])
def test_an_owner_and_a_name_are_read_and_written_again(text):
    repo_id = RepoId.parse(text)

    assert str(repo_id) == text
    assert (repo_id.owner, repo_id.name) == tuple(text.split("/"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "echo_env",
        "/echo_env",
        "openenv/",
        "spaces/openenv/echo_env",
        "open env/echo",
        "openenv/écho",
        "openenv/-echo",
        "openenv/echo.",
        "openenv/echo--env",
        "openenv/echo..env",
        "openenv/echo.git",
        "openenv/echo\n",
        f"openenv/{'n' * 97}",
    ],
)
def test_what_the_hub_would_refuse_is_refused_here(text):
    with pytest.raises(RepoIdError) as refusal:
        RepoId.parse(text)

    assert refusal.value.data == {"given": text}


@pytest.mark.parametrize(
    "text",
    [
        "https://huggingface.co/spaces/openenv/echo_env",
        "https://huggingface.co/spaces/openenv/echo_env/tree/main",
        "spaces/openenv/echo_env",
        "hf.co/spaces/openenv/echo_env",
    ],
)
def test_an_address_of_the_site_is_refused_with_what_is_meant(text):
    with pytest.raises(RepoIdError) as refusal:
        RepoId.parse(text)

    assert refusal.value.hint == "openenv/echo_env"


def test_what_is_no_text_is_refused_too():
    with pytest.raises(RepoIdError, match="'None' is no text, so it names no Space"):
        RepoId.parse(None)


def test_a_name_is_checked_without_its_owner():
    assert check_word("echo_env") == "echo_env"
    with pytest.raises(RepoIdError):
        check_word("openenv/echo_env")
