"""Typed clients as modules: what they accept, and how they read."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import types
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError
from support.json_schemas import names, schemas, values

from openenv.client.client import EnvClient
from openenv.generics import type_arguments
from openenv.shapes.document import UnreadableSchemaError
from openenv.shapes.generated import classes_for_schemas, client_for_schemas
from openenv.shapes.reader import read_shapes
from openenv.shapes.schemas import Schemas
from openenv_cli.client_module import client_module, is_client_module

ROOT = Path(__file__).parents[2]
CODE = '"""\nimport os\nos.abort()\n"""\\'
"""A text that would be code, were it put into a module as it is."""

USE = """
from client import Act, MyEnv, Point

act = Act(pair=(1, "a"), class_="x", at=Point(x=2))
x: float = act.at.x
with MyEnv("http://localhost:8000") as env:
    tags: set[str] = env.step(act).observation.tags
    Act(class_="x")
    Act(pair=(1, "a"), at=3)
    env.step(Point())
"""


def module_of(schemas: Schemas, target: str = "here") -> Any:
    """Write a module and import it."""
    module = types.ModuleType("generated_client")
    sys.modules[module.__name__] = module
    exec(compile(client_module(read_shapes("my-env", schemas), target, "my-env"), "client.py", "exec"), vars(module))
    return module


def outcome(model: type[BaseModel], value: Any) -> Any:
    """What a model makes of a value: it as JSON, or where it was refused."""
    try:
        return model.model_validate(value).model_dump_json()
    except ValidationError as error:
        return sorted(str(each["loc"]) for each in error.errors())


@given(schemas, st.data())
def test_accepts_and_refuses_what_the_classes_do(schemas: Schemas, data: st.DataObject) -> None:
    try:
        shapes = read_shapes("my-env", schemas)
    except UnreadableSchemaError:
        return
    module, made = module_of(schemas), classes_for_schemas("my-env", schemas).models
    for model in shapes.models.values():
        wires = st.sampled_from([field.wire for field in model.fields]) if model.fields else names
        value = data.draw(st.dictionaries(wires, values, max_size=4) | values)
        assert outcome(getattr(module, model.name), value) == outcome(made[model.name], value)


def full() -> Schemas:
    """Schemas with everything that is written in a way of its own."""
    long = {f"a_rather_long_name_of_a_field_{n}": {"enum": [f"choice {n} {m}" for m in range(n)]} for n in range(1, 9)}
    point = {"title": "Point", "type": "object", "properties": {"x": {"type": "number", "default": 0}}}
    several = [{"title": f"AModelWithAVeryLongName{n}", "properties": {"kind": {"const": str(n)}}} for n in range(4)]
    properties = {
        "class": {"type": "string", "description": CODE, "default": CODE},
        CODE: {"type": "integer"},
        "at": {"$ref": "#/$defs/Point", "default": {"x": 1}},
        "points": {"type": "array", "items": {"$ref": "#/$defs/Point"}, "default": []},
        "tags": {"type": "array", "items": {"type": "string"}, "uniqueItems": True, "default": ["a"], "maxItems": 3},
        "pair": {"prefixItems": [{"type": "integer"}, {"type": "string"}], "minItems": 2, "maxItems": 2},
        "when": {"type": "string", "format": "date-time"},
        "id": {"type": "string", "format": "uuid"},
        "any": {},
        "huge": {"type": "number", "default": 1e300, "maximum": 1e300},
        "not_finite": {"type": "number", "default": float("inf")},
        "one_of": {"oneOf": several, "discriminator": {"propertyName": "kind"}},
        "limited": {"type": "object", "additionalProperties": {"type": "string", "pattern": "^[a-z\"']+\\d$"}},
        "letters_of_many_kinds": {"default": "“ж键\u202e'\"\\\n", "type": "string"},
        **long,
    }
    action = {"title": "Act", "type": "object", "properties": properties, "required": ["pair"], "description": CODE}
    observation = {"title": "Seen", "properties": properties, "additionalProperties": True}
    return Schemas({**action, "$defs": {"Point": point}}, {**observation, "$defs": {"Point": point}}, {})


def test_is_formatted_and_neat(tmp_path: Path) -> None:
    text = client_module(read_shapes("my-env", full()), "http://localhost:8000", "my-env 1.0")
    (tmp_path / "client.py").write_text(text, encoding="utf-8")

    for command in (["format", "--diff"], ["check", "--extend-select", "A,B,D1,I,N,SIM,UP"]):
        ruff = [sys.executable, "-m", "ruff", *command, "--no-cache", "--isolated", "client.py"]
        done = subprocess.run(ruff, cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


def test_editors_and_mypy_know_its_types(tmp_path: Path) -> None:
    text = client_module(read_shapes("my-env", full()), "http://localhost:8000", "my-env 1.0")
    (tmp_path / "client.py").write_text(text, encoding="utf-8")
    (tmp_path / "use.py").write_text(USE, encoding="utf-8")

    # As strictly as this project itself, and from its folder, since that has looked at openenv already.
    mypy = [sys.executable, "-m", "mypy", str(tmp_path / "client.py"), str(tmp_path / "use.py")]
    paths = {**os.environ, "MYPYPATH": str(tmp_path)}
    done = subprocess.run(mypy, cwd=ROOT, env=paths, capture_output=True, text=True)

    assert [line.partition(" error: ")[2] for line in done.stdout.splitlines() if " error: " in line] == [
        'Missing named argument "pair" for "Act"  [call-arg]',
        'Argument "at" to "Act" has incompatible type "int"; expected "Point"  [arg-type]',
        'Argument 1 to "step" of "SyncEnvClient" has incompatible type "Point"; expected "Act"  [arg-type]',
    ], done.stdout + done.stderr


def test_holds_nothing_but_classes_whatever_the_server_says() -> None:
    text = client_module(read_shapes(CODE, full()), f"http://{CODE}", CODE)

    document, *imports_and_classes = ast.parse(text).body
    assert isinstance(document, ast.Expr)
    assert {type(node) for node in imports_and_classes} == {ast.Import, ast.ImportFrom, ast.ClassDef}
    called = {node.func for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)}
    assert {ast.unparse(function) for function in called} <= {"Field", "ConfigDict", "float"}
    assert text.isprintable() or all(line.isprintable() for line in text.splitlines())


def test_imports_what_it_needs_and_no_more() -> None:
    text = client_module(read_shapes("my-env", Schemas({"properties": {}, "title": "Act"}, {}, {})), "here", "my-env")

    assert [line for line in text.splitlines() if "import" in line] == [
        "from __future__ import annotations",
        "from typing import Any",
        "from openenv import Action, EnvClient",
    ]


def test_the_class_of_clients_is_that_of_its_models() -> None:
    module = module_of(full())

    assert type_arguments(module.MyEnv, EnvClient) == (module.Act, module.Seen, dict[str, Any])
    assert client_for_schemas("my-env", full()).__name__ == module.MyEnv.__name__


@pytest.mark.parametrize("title", ["my-env", CODE])
def test_knows_its_own_kind(title: str) -> None:
    assert is_client_module(client_module(read_shapes("my-env", full()), "here", title))
    assert not is_client_module("from openenv import EnvClient\n")
