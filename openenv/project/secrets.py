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

_VALUE = rb"[A-Za-z0-9+/=_.~-]{20,}"
_TOKENS = {
    "a token of Hugging Face": rb"\b(?:hf|api_org)_[A-Za-z0-9]{30,}",
    "a token of GitHub": rb"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{40,})",
    "a token of GitLab": rb"\bglpat-[A-Za-z0-9_-]{20,}",
    "a key of Anthropic": rb"\bsk-ant-[A-Za-z0-9_-]{20,}",
    "a key of OpenAI": rb"\bsk-(?:(?:proj|svcacct|admin|or-v1)-)?[A-Za-z0-9_-]{0,80}?[A-Za-z0-9]{20,}",
    "a key of AWS": rb"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b",
    "a key of Google": rb"\bAIza[A-Za-z0-9_-]{35}",
    "a token of Slack": rb"\bxox[abeoprs]-[A-Za-z0-9-]{20,}",
    "a key of Stripe": rb"\b[rs]k_live_[A-Za-z0-9]{20,}",
    "a token of PyPI": rb"\bpypi-AgE[A-Za-z0-9_-]{50,}",
    "a token of npm": rb"\bnpm_[A-Za-z0-9]{36}\b",
    "a signed token (JWT)": rb"\beyJ[A-Za-z0-9_-]{15,}\.eyJ[A-Za-z0-9_-]{15,}\.[A-Za-z0-9_-]{15,}",
    "a private key": rb"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----",
    "a password in an address": rb"\b[a-z][a-z0-9+.-]*://[^\s:/@\"'<>{}$%]+:([^\s:/@\"'<>{}$%]{4,})@[A-Za-z0-9]",
    "what looks like a password or a key": (
        rb"(?i:password|passwd|secret|token|api_?key|access_?key|private_?key)[\"']?\s*[:=]\s*[\"']("
        + _VALUE
        + rb")[\"']"
    ),
}
_PATTERNS = [(kind, re.compile(pattern)) for kind, pattern in _TOKENS.items()]

_PLACEHOLDER = re.compile(rb"(?i)example|placeholder|changeme|dummy|redacted|your|pass|secret|x{4}|\.{3}|12345678")
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
    return [*named, *sorted(_in_content(path, content), key=lambda secret: secret.line or 0)]


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
    """Find each kind once a line; a key that two patterns know is told by the first."""
    seen: set[int] = set()
    for kind, pattern in _PATTERNS:
        line, counted = 1, 0
        for found in pattern.finditer(content):
            line += content[counted : found.start()].count(b"\n")
            counted = found.start()
            value = found[found.lastindex or 0]
            if line not in seen and (found[0].startswith(b"-----") or not _is_placeholder(value, found.lastindex)):
                seen.add(line)
                yield Secret(path, line, kind)


def _is_placeholder(value: bytes, group: int | None) -> bool:
    """Whether a value only stands for one; what no prefix gives away has to look random, too."""
    if _PLACEHOLDER.search(value):
        return True
    return group is not None and len(value) >= 20 and _entropy(value) < _LEAST_ENTROPY


def _entropy(value: bytes) -> float:
    """Shannon's entropy of the characters, in bits for each."""
    return -sum(n / len(value) * math.log2(n / len(value)) for n in Counter(value).values())
