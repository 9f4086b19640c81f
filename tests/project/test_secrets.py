"""Keys and tokens here are made up while the tests run: none stands in this file."""

import mmap
import random
import string

import pytest

from openenv.project.secrets import find_secrets

LETTERS = string.ascii_letters + string.digits


def made_up(count, letters=LETTERS, seed=7):
    return "".join(random.Random(seed).choices(letters, k=count))


TOKENS = {
    "a token of Hugging Face": "hf_" + made_up(34),
    "a token of GitHub": "ghp_" + made_up(36),
    "a token of GitLab": "glpat-" + made_up(20),
    "a key of Anthropic": "sk-ant-" + "api03-" + made_up(80),
    "a key of OpenAI": "sk-proj-" + made_up(60),
    "a key of AWS": "AKIA" + made_up(16, string.ascii_uppercase + string.digits),
    "a key of Google": "AIza" + made_up(35),
    "a token of Slack": "xoxb-123456789012-1234567890123-" + made_up(24),
    "an address to post to Slack": "https://hooks.slack.com" + "/services/T0123ABCD/B0123ABCD/" + made_up(24),
    "a key of Groq": "gsk_" + made_up(52),
    "a key of xAI": "xai-" + made_up(80),
    "a token of Replicate": "r8_" + made_up(37),
    "a key of SendGrid": f"SG.{made_up(22)}.{made_up(43)}",
    "a secret of Google": "GOCSPX-" + made_up(28),
    "a token of Docker Hub": "dckr_pat_" + made_up(27),
    "a token of DigitalOcean": "dop_v1_" + made_up(64, string.hexdigits.lower()[:16]),
    "a key of Stripe": "sk_live_" + made_up(24),
    "a token of PyPI": "pypi-" + "AgEIcHlwaS5vcmc" + made_up(80),
    "a token of npm": "npm_" + made_up(36),
    "a signed token (JWT)": f"eyJ{made_up(30)}.eyJ{made_up(60)}.{made_up(43)}",
    "a private key": "-----BEGIN OPENSSH " + "PRIVATE KEY-----",
    "a password in an address": "postgres://me:" + made_up(12) + "@db.internal/things",
    "a password or a key": f'api_key = "{made_up(32)}"',
}


@pytest.mark.parametrize("kind", TOKENS)
def test_a_token_is_found_with_its_line_and_is_not_repeated(kind):
    content = f"first\nsecond: {TOKENS[kind]}\n".encode()

    (found,) = find_secrets("settings.yaml", content)

    assert (found.path, found.line, found.kind) == ("settings.yaml", 2, kind)
    assert str(found) == f"settings.yaml:2: {kind}"


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        (".env", "variables of an environment"),
        ("deploy/.env.production", "variables of an environment"),
        ("certs/server.KEY", "a private key"),
        ("id_ed25519", "a private key"),
        ("credentials.pem", "a key, or a certificate with its key"),
        (".netrc", "passwords of a tool"),
        ("secrets.json", "credentials"),
        ("client_secret_12.json", "credentials"),
    ],
)
def test_a_file_is_known_by_its_name(path, kind):
    (found,) = find_secrets(path, b"nothing to see")

    assert (found.path, found.line, found.kind) == (path, None, kind)


@pytest.mark.parametrize(
    "path", [".env.example", "secrets.py", "secrets.md", "environment.py", "tokenizer.json", "my.env.py"]
)
def test_names_that_only_look_alike_are_let_through(path):
    assert find_secrets(path, b"") == []


def test_a_certificate_alone_is_public_and_with_its_key_is_not():
    certificate = b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
    key = b"-----BEGIN " + b"PRIVATE KEY-----\n"

    assert find_secrets("ca.pem", certificate) == []
    assert [found.line for found in find_secrets("both.pem", certificate + key)] == [None, 4]


@pytest.mark.parametrize(
    "line",
    [
        'token = os.environ["HF_TOKEN"]',
        'password = "${PASSWORD_OF_THE_DATABASE}"',
        'api_key = "your-api-key-goes-here-please"',
        'secret = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"',
        "AKIA" + "IOSFODNN7EXAMPLE",
        "http://user:password@localhost:8000",
        "http://user:pass123@localhost:8000",
        "http://user:db_pass@localhost:8000",
        "https://me:{password}@host",
        "hf_" + "x" * 34,
        "hf_transfer = 1",
        "xoxb-your-token-goes-here-please",
        "the sk-learn library",
        "sha256:" + "0" * 64,
    ],
)
def test_what_only_stands_for_a_secret_is_let_through(line):
    assert find_secrets("README.md", line.encode()) == []


@pytest.mark.parametrize("token", ["xoxp-1-2-3-" + made_up(32), "xapp-1-A0123-4567890-" + made_up(64)])
def test_the_other_forms_of_a_slack_token_are_known(token):
    (found,) = find_secrets("bot.py", f"TOKEN = '{token}'".encode())

    assert found.kind == "a token of Slack"


def test_a_password_in_an_address_may_end_as_the_word_does():
    (found,) = find_secrets("Dockerfile", b"ENV DB=postgres://admin:hunter22" + b"pass@db.internal/x")

    assert found.kind == "a password in an address"


def test_several_in_one_file_are_told_in_the_order_of_their_lines_each_line_once():
    token = TOKENS["a token of Hugging Face"]
    content = f'a = "{TOKENS["a key of Google"]}"\ntoken = "{token}"\n\n{token}\n'.encode()

    found = find_secrets("a.py", content)

    assert [(one.line, one.kind) for one in found] == [
        (1, "a key of Google"),
        (2, "a token of Hugging Face"),
        (4, "a token of Hugging Face"),
    ]


def test_a_binary_file_is_searched_for_tokens_and_not_for_variables():
    token = TOKENS["a token of GitHub"].encode()

    found = find_secrets("weights.bin", b"\0" + b'api_key = "' + made_up(32).encode() + b'"\n' + token)

    assert [(one.line, one.kind) for one in found] == [(2, "a token of GitHub")]


def test_a_large_file_need_not_be_read_into_memory(tmp_path):
    path = tmp_path / "weights.bin"
    path.write_bytes(b"\0\xff" * 100_000 + b"\n" + TOKENS["a token of GitHub"].encode())

    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        (found,) = find_secrets("weights.bin", content)

    assert found.line == 2
