"""What ``huggingface_hub`` raises for real replies, as errors of ours."""

import http.server
import threading

import pytest

from openenv.errors import ConnectError
from openenv.hub.errors import (
    HubConflictError,
    HubError,
    HubForbiddenError,
    HubNotFoundError,
    HubRateLimitError,
    HubTokenError,
    HubUnavailableError,
    explained,
)

REPO = "openenv/echo_env"


@pytest.fixture(scope="module")
def hub():
    """A server that answers each path with the reply that the test has put there."""

    class Replies(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.server.reply(self)

        def log_message(self, *_):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Replies)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def ask(hub):
    """Ask for a Space where the server replies in a given way."""
    from huggingface_hub import HfApi

    def asked(status, headers=None, body=b""):
        def reply(handler):
            handler.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
                handler.send_header(name, value)
            handler.end_headers()
            handler.wfile.write(body)

        hub.reply = reply
        api = HfApi(endpoint=f"http://127.0.0.1:{hub.server_address[1]}", token=False)
        with explained(REPO):
            api.space_info(REPO)

    return asked


@pytest.mark.parametrize(
    ("status", "headers", "kind"),
    [
        (400, {}, HubError),
        (401, {"X-Error-Message": "Invalid credentials in Authorization header"}, HubTokenError),
        (401, {"X-Error-Code": "RepoNotFound"}, HubNotFoundError),
        (403, {}, HubForbiddenError),
        (404, {"X-Error-Code": "RepoNotFound"}, HubNotFoundError),
        (404, {"X-Error-Code": "RevisionNotFound"}, HubNotFoundError),
        (404, {"X-Error-Code": "EntryNotFound"}, HubNotFoundError),
        (409, {}, HubConflictError),
        (412, {}, HubConflictError),
        (429, {}, HubRateLimitError),
        (500, {}, HubUnavailableError),
        (503, {}, HubUnavailableError),
    ],
)
def test_each_status_has_its_class_and_the_facts(ask, status, headers, kind):
    with pytest.raises(HubError) as refusal:
        ask(status, {**headers, "X-Request-Id": "r-1"})

    assert type(refusal.value) is kind
    assert refusal.value.data["status"] == status
    assert refusal.value.data["repo_id"] == REPO
    assert refusal.value.data["request_id"] == "r-1"
    assert str(status) in refusal.value.message
    assert refusal.value.hint


@pytest.mark.parametrize(
    ("status", "headers", "words"),
    [
        (
            401,
            {"X-Error-Message": "Invalid credentials in Authorization header"},
            "token=, else of HF_TOKEN, else of hf auth login",
        ),
        (404, {"X-Error-Code": "RepoNotFound"}, "check the name"),
        (404, {"X-Error-Code": "RevisionNotFound"}, "a branch, a tag or a commit"),
    ],
)
def test_the_hint_is_about_what_is_wrong(ask, status, headers, words):
    with pytest.raises(HubError) as refusal:
        ask(status, headers)

    assert words in refusal.value.hint


def test_what_the_hub_said_is_in_the_message(ask):
    with pytest.raises(HubForbiddenError, match=r"\(403: your plan has no GPU\)"):
        ask(403, {"X-Error-Message": "your plan has no GPU"})


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7),
        ({"RateLimit": '"api";r=0;t=55'}, 55),
        ({"Retry-After": "Wed, 21 Oct"}, None),
        ({}, None),
    ],
)
def test_when_to_come_back_is_read_from_the_reply(ask, headers, seconds):
    with pytest.raises(HubRateLimitError) as refusal:
        ask(429, headers)

    assert refusal.value.data["retry_after_s"] == seconds


def test_a_reply_that_is_no_json_is_no_answer(ask):
    with pytest.raises(HubUnavailableError):
        ask(200, body=b"<html>log in to this network</html>")


def test_a_connection_that_is_cut_is_no_answer(hub):
    from huggingface_hub import HfApi

    hub.reply = lambda handler: handler.connection.close()
    with pytest.raises(HubUnavailableError) as failure, explained():
        HfApi(endpoint=f"http://127.0.0.1:{hub.server_address[1]}", token=False).space_info(REPO)

    assert isinstance(failure.value, ConnectError)


def test_offline_mode_says_what_to_unset():
    from huggingface_hub.errors import OfflineModeIsEnabled

    with pytest.raises(HubUnavailableError) as failure, explained():
        raise OfflineModeIsEnabled

    assert failure.value.hint == "unset HF_HUB_OFFLINE"


def test_other_errors_are_left_as_they_are():
    with pytest.raises(ZeroDivisionError), explained(REPO):
        raise ZeroDivisionError


def test_what_an_upload_raises_is_told_by_its_cause(ask):
    with pytest.raises(HubForbiddenError) as refusal:
        ask(403, {"X-Error-Message": "no write"})
    with pytest.raises(HubForbiddenError, match="no write"), explained(REPO):
        raise RuntimeError("Error while uploading 'a' to the Hub.") from refusal.value.__cause__
