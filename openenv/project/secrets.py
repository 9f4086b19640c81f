"""Files that must not be published: known by their names, and by keys and tokens in them. Pure.

What is found is told by its kind and its place, and never repeated.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from mmap import mmap
from operator import itemgetter
from pathlib import PurePosixPath

_NAMES = {
    "variables of an environment": (".env", ".env.*", "*.env", ".envrc"),
    "a private key": (
        "*.key",
        "*.p12",
        "*.pfx",
        "*.jks",
        "*.kdbx",
        "*.ppk",
        "id_rsa",
        "id_dsa",
        "id_ecdsa",
        "id_ed25519",
    ),
    "a key, or a certificate with its key": ("*.pem",),
    "passwords of a tool": (".netrc", "_netrc", ".pypirc", ".npmrc", ".git-credentials", ".htpasswd", ".pgpass"),
    "credentials": (
        *("credentials", "credentials.*", "*_credentials.json", "service_account*.json", "service-account*.json"),
        *("secret.*", "secrets.*", "client_secret*.json", "token.json", "token.txt", "*.token", "kubeconfig"),
    ),
}
_HARMLESS = ("*.example", "*.sample", "*.template", "*.dist", "*.md", "*.py", "*.pyi")
"""Names of what only shows how such a file looks, or is code."""

_PUBLIC_PEM = re.compile(rb"\A\s*-----BEGIN (?:CERTIFICATE|PUBLIC KEY)-----")

_IN_ADDRESS = rb"[^\s:/@\"'<>{}$%]"
_TOKENS: dict[str, tuple[tuple[bytes, ...], bytes]] = {
    "a token of Hugging Face": ((b"hf_", b"api_org_"), rb"\b[a-z_]+_[A-Za-z0-9]{30,}"),
    "a token of GitHub": (
        (b"ghp_", b"gho_", b"ghu_", b"ghs_", b"ghr_", b"github_pat_"),
        rb"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{40,})",
    ),
    "a token of GitLab": ((b"glpat-",), rb"\bglpat-[A-Za-z0-9_-]{20,}"),
    "a key of Anthropic": ((b"sk-ant-",), rb"\bsk-ant-[A-Za-z0-9_-]{20,}"),
    "a key of OpenAI": (
        (b"sk-",),
        rb"\bsk-(?:(?:proj|svcacct|admin|or-v1)-)?[A-Za-z0-9_-]{0,80}?[A-Za-z0-9]{20,}",
    ),
    "a key of AWS": ((b"AKIA", b"ASIA"), rb"\b[A-Z]{4}[A-Z0-9]{16}\b"),
    "a key of Google": ((b"AIza",), rb"\bAIza[A-Za-z0-9_-]{35}"),
    "a token of Slack": (
        (b"xox", b"xapp-"),
        rb"\b(?:xox[abeoprs]-(?:\d+-)*|xapp-\d-[A-Z0-9]+-\d+-)([A-Za-z0-9-]{20,})",
    ),
    "an address to post to Slack": (
        (b"https://hooks.slack.com/",),
        rb"https://hooks\.slack\.com/services/T[A-Z0-9]{6,}/B[A-Z0-9]{6,}/([A-Za-z0-9]{20,})",
    ),
    "a key of Stripe": ((b"sk_live_", b"rk_live_"), rb"\b[rs]k_live_[A-Za-z0-9]{20,}"),
    "a key of Groq": ((b"gsk_",), rb"\bgsk_[A-Za-z0-9]{48,}\b"),
    "a key of xAI": ((b"xai-",), rb"\bxai-[A-Za-z0-9]{64,}\b"),
    "a token of Replicate": ((b"r8_",), rb"\br8_[A-Za-z0-9]{37}\b"),
    "a key of SendGrid": ((b"SG.",), rb"\bSG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}\b"),
    "a secret of Google": ((b"GOCSPX-",), rb"\bGOCSPX-[A-Za-z0-9_-]{28}\b"),
    "a token of Docker Hub": ((b"dckr_pat_",), rb"\bdckr_pat_[A-Za-z0-9_-]{27}\b"),
    "a token of DigitalOcean": ((b"dop_v1_",), rb"\bdop_v1_[a-f0-9]{64}\b"),
    "a token of PyPI": ((b"pypi-AgE",), rb"\bpypi-AgE[A-Za-z0-9_-]{50,}"),
    "a token of npm": ((b"npm_",), rb"\bnpm_[A-Za-z0-9]{36}\b"),
    "a signed token (JWT)": ((b"eyJ",), rb"\beyJ[A-Za-z0-9_-]{15,}\.eyJ[A-Za-z0-9_-]{15,}\.[A-Za-z0-9_-]{15,}"),
    "a private key": ((b"-----BEGIN ",), rb"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----"),
    "a password in an address": ((b"://",), rb"://" + _IN_ADDRESS + rb"+:(" + _IN_ADDRESS + rb"{4,})@[A-Za-z0-9]"),
}
"""Each kind -> how it begins, which is quickly looked for, and the whole of it; a group is the secret part."""

_ANCHORED = [(kind, beginnings, re.compile(pattern)) for kind, (beginnings, pattern) in _TOKENS.items()]
_ASSIGNED = re.compile(
    rb"(?i:password|passwd|secret|token|api_?key|access_?key|private_?key)[\"']?"
    rb"\s*[:=]\s*[\"']([A-Za-z0-9+/=_.~-]{20,})[\"']"
)
_ASSIGNED_KIND = "a password or a key"
_HEAD = 8192
"""As git does, a file counts as binary that has a zero byte in its first 8 KiB."""

_PLACEHOLDER = re.compile(
    rb"(?i)example|placeholder|changeme|dummy|redacted|your|password|passwd|(?<![a-z0-9])(?:my)?pass|secret"
    rb"|x{4}|\.{3}|12345678"
)
_LEAST_ENTROPY = 3.0
"""Bits for each character: words and repetitions have less, random keys more."""


@dataclass(frozen=True)
class Secret:
    """Something that must not be published.

    Attributes:
        path: The file, with ``/``.
        line: The line in it, counted from 1; ``None`` where it is the file's name that tells.
        kind: What it looks like.
    """

    path: str
    line: int | None
    kind: str

    def __str__(self) -> str:
        return f"{self.path}: looks like {self.kind}" if self.line is None else f"{self.path}:{self.line}: {self.kind}"


def find_secrets(path: str, content: bytes | mmap) -> list[Secret]:
    """Look for what must not be published.

    Args:
        path: The file, below the project's folder, with ``/``.
        content: Its bytes.

    Returns:
        What was found: by its name first, then line by line.
    """
    named = [Secret(path, None, kind) for kind in _kinds_by_name(PurePosixPath(path).name, content)]
    return [*named, *_in_content(path, content)]


def _kinds_by_name(name: str, content: bytes | mmap) -> Iterator[str]:
    lower = name.lower()
    if any(fnmatchcase(lower, pattern) for pattern in _HARMLESS) or (lower.endswith(".pem") and _is_public(content)):
        return
    for kind, patterns in _NAMES.items():
        if any(fnmatchcase(lower, pattern) for pattern in patterns):
            yield kind
            return


def _is_public(content: bytes | mmap) -> bool:
    return _PUBLIC_PEM.match(content) is not None and content.find(b"PRIVATE KEY") < 0


def _in_content(path: str, content: bytes | mmap) -> Iterator[Secret]:
    """Tell each line once; of several kinds there, the first one that is known."""
    line, counted, told = 1, 0, 0
    # Where two begin at one place, a service comes before what only looks like a key, as it was found before.
    for start, kind in sorted(_finds(content), key=itemgetter(0)):
        line += content[counted:start].count(b"\n")
        counted = start
        if line != told:
            told = line
            yield Secret(path, line, kind)


def _finds(content: bytes | mmap) -> Iterator[tuple[int, str]]:
    """Find where each secret begins."""
    for kind, beginnings, pattern in _ANCHORED:
        for start in (start for beginning in beginnings for start in _occurrences(content, beginning)):
            found = pattern.match(content, start)
            if found and (
                found[0].startswith(b"-----") or not _is_placeholder(found[found.lastindex or 0], found.lastindex)
            ):
                yield start, kind
    if b"\0" not in content[:_HEAD]:  # no variables are set in a binary file, and the search takes its time
        for found in _ASSIGNED.finditer(content):
            if not _is_placeholder(found[1], 1):
                yield found.start(1), _ASSIGNED_KIND


def _occurrences(content: bytes | mmap, beginning: bytes) -> Iterator[int]:
    start = content.find(beginning)
    while start >= 0:
        yield start
        start = content.find(beginning, start + 1)


def _is_placeholder(value: bytes, group: int | None) -> bool:
    """Whether a value only stands for one; what no prefix gives away has to look random, too."""
    if _PLACEHOLDER.search(value):
        return True
    return group is not None and len(value) >= 20 and _entropy(value) < _LEAST_ENTROPY


def _entropy(value: bytes) -> float:
    """Shannon's entropy of the characters, in bits for each."""
    return -sum(n / len(value) * math.log2(n / len(value)) for n in Counter(value).values())
