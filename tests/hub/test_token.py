"""The token of an option, of the environment, and of the Hub's own cache."""

import subprocess
import sys

import pytest

from openenv.hub.errors import HubTokenError
from openenv.hub.token import find_token, require_token


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine on which nobody has logged in; its Hub folder."""
    import huggingface_hub.constants

    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_OIDC_RESOURCE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(huggingface_hub.constants, "HF_TOKEN_PATH", str(tmp_path / "token"))
    return tmp_path


def test_what_is_given_comes_first_then_the_variable_then_the_cache(machine, monkeypatch):
    assert find_token() is None
    (machine / "token").write_text("hf_cached\n")
    assert find_token() == "hf_cached"
    monkeypatch.setenv("HF_TOKEN", "hf_variable")
    assert find_token() == "hf_variable"
    assert find_token(" hf_given\n") == "hf_given"


@pytest.mark.parametrize("text", ["", " ", "hf_a b", "hf_a\nb", "hf_é"])
def test_what_cannot_be_a_token_is_refused_and_not_repeated(machine, text):
    with pytest.raises(HubTokenError) as refusal:
        find_token(text)

    assert "hf_" not in refusal.value.message


def test_no_token_is_an_error_that_says_how_to_log_in(machine):
    with pytest.raises(HubTokenError) as refusal:
        require_token()

    assert "hf auth login" in refusal.value.hint
    assert require_token("hf_given") == "hf_given"


def test_a_cache_that_cannot_be_read_is_an_error(machine):
    (machine / "token").mkdir()

    with pytest.raises(HubTokenError):
        find_token()


def test_the_client_of_the_hub_is_imported_when_it_is_first_asked():
    code = "import sys, openenv.hub.errors, openenv.hub.token; print('huggingface_hub' in sys.modules)"

    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "False\n"
