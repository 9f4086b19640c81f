"""Python's names for what others have named: never code, never a name that means something already."""

from __future__ import annotations

import builtins
import keyword
import re
import unicodedata
from collections.abc import Collection, Iterator
from itertools import count

from pydantic import BaseModel

from openenv.project.naming import ENDINGS

_LONGEST = 64
_PROTECTED = ("model_dump", "model_validate")  # pydantic warns of fields that begin so

IMPORTED = frozenset(
    {
        *("Action", "Observation", "State", "EnvClient"),
        *("Annotated", "Any", "BaseModel", "ConfigDict", "Field", "Literal", "UUID"),
    }
)
"""What a module of models imports: no class of its own may be called so."""

_TYPES = {"bool", "datetime", "dict", "float", "int", "list", "set", "str", "tuple"}
_NO_FIELDS = {*dir(BaseModel), *_TYPES, *IMPORTED}


def stem_of(name: str) -> str:
    """Say what the classes of an environment begin with: those of ``my-env`` and of ``MyEnvironment`` with ``My``."""
    words = re.findall(r"[^\W_]+", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name))
    if len(words) > 1 and words[0].lower() == "openenv":
        words = words[1:]
    if len(words) > 1 and words[-1].lower() in ENDINGS:
        words = words[:-1]
    return "".join(word[:1].upper() + word[1:] for word in words)


def class_name(text: str, taken: Collection[str]) -> str:
    """Make the name of a class.

    Args:
        text: Anything at all, a title for example.
        taken: Names that it cannot be.

    Returns:
        An identifier that begins with a capital.
    """
    words = _identifier(text).split("_")
    name = "".join(word[:1].upper() + word[1:] for word in words)[:_LONGEST]
    if not name[:1].isalpha() or name[:1].islower():
        name = f"Model{name}"
    return next(one for one in _numbered(name) if one not in taken and not _means_something(one))


def field_names(texts: Collection[str], taken: Collection[str]) -> dict[str, str]:
    """Make the names of a model's fields.

    Args:
        texts: What they are called in JSON.
        taken: Names that none can have.

    Returns:
        The name of each: the same text where that will do, else an identifier that reminds of it.
    """
    used = {*taken, *(text for text in texts if _field_name(text) == text)}
    names = {}
    for text in texts:
        name = _field_name(text)
        names[text] = name if name == text else next(one for one in _numbered(name) if one not in used)
        used.add(names[text])
    return names


def _field_name(text: str) -> str:
    name = _identifier(text)[:_LONGEST].lstrip("_")
    if not name or not name.isidentifier() or name.startswith(_PROTECTED):
        name = f"field_{name}"
    return f"{name}_" if keyword.iskeyword(name) or name in _NO_FIELDS else name


def _identifier(text: str) -> str:
    """Put an underscore in the place of everything that identifiers cannot have."""
    plain = unicodedata.normalize("NFKC", text)  # as Python reads names
    return re.sub(r"\W", "_", plain, flags=re.ASCII) if not plain.isidentifier() else plain


def _means_something(name: str) -> bool:
    return name in IMPORTED or keyword.iskeyword(name) or hasattr(builtins, name)


def _numbered(name: str) -> Iterator[str]:
    yield name
    yield from (f"{name}{number}" for number in count(2))
