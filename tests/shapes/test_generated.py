"""Classes made from a server's schemas: as good as its own."""

from __future__ import annotations

import copy
import inspect
import pickle
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from pydantic import BaseModel, Field, TypeAdapter, ValidationError
from support.json_schemas import schemas as any_schemas
from support.serving import serving

from openenv import Action, Environment, Observation, State
from openenv.client.client import EnvClient
from openenv.discovery.schemas import schemas_at
from openenv.errors import RequestValidationError
from openenv.generics import type_arguments
from openenv.shapes.document import UnreadableSchemaError
from openenv.shapes.generated import client_for_schemas
from openenv.shapes.schemas import Schemas


class Point(BaseModel):
    """A place."""

    x: float = 0
    y: float = 0


class Goto(Action):
    """Go there."""

    to: Point = Point(x=1)
    speed: int = Field(1, ge=1, le=9, description="How fast")
    through: list[Point] = Field(default_factory=lambda: [Point(x=7)])
    tags: set[str] = {"a"}
    note: str = None  # type: ignore[assignment]  # as many environments have it
    class_: str = Field("economy", alias="class")


class Seen(Observation):
    """What was seen."""

    at: Point
    through: int = 0
    went: str = ""


class Trip(State):
    """Where it is."""

    at: Point = Point()


class Trips(Environment[Goto, Seen, Trip]):
    def reset(self, seed: int | None = None) -> Seen:
        self.at = Point()
        return Seen(at=self.at)

    def step(self, action: Goto) -> Seen:
        self.at = action.to
        return Seen(at=self.at, through=len(action.through), went=action.class_, reward=1.0)

    @property
    def state(self) -> Trip:
        return Trip(at=self.at)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serving(Trips) as served:
        yield served.url


@pytest.fixture
def client(url: str) -> type[EnvClient[Any, Any, Any]]:
    return client_for_schemas("trips", schemas_at(url, {}))


def models_of(client: type[EnvClient[Any, Any, Any]]) -> tuple[Any, Any, Any]:
    action, observation, state = type_arguments(client, EnvClient)
    return action, observation, state


def test_plays_with_typed_models_and_none_of_the_environments_code(url: str, client: Any) -> None:
    action_class, observation_class, state_class = models_of(client)

    with client(base_url=url) as env:
        env.reset(seed=1)
        result = env.step(action_class(to={"x": 2}, class_="first"))
        state = env.state()

    assert type(result.observation) is observation_class
    assert (result.observation.at.x, result.observation.went, result.reward) == (2.0, "first", 1.0)
    assert (type(state), state.at.x) == (state_class, 2.0)
    assert issubclass(action_class, Action)
    assert issubclass(observation_class, Observation)
    assert issubclass(state_class, State)


def test_what_was_not_given_is_left_to_the_server(url: str, client: Any) -> None:
    action_class = models_of(client)[0]

    with client(base_url=url) as env:
        env.reset()
        default, own = env.step(action_class()), env.step(action_class(through=[]))

    assert (default.observation.through, own.observation.through) == (1, 0)
    assert action_class().model_dump() == {
        "metadata": {},
        "to": {"x": 1.0, "y": 0.0},
        "speed": 1,
        "tags": {"a"},
        "class": "economy",
    }


@pytest.mark.parametrize(
    "fields", [{"speed": 0}, {"speed": "fast"}, {"to": 3}, {"to": {"x": "far"}}, {"sped": 2}, {"tags": 5}]
)
def test_refuses_what_the_server_would_refuse(client: Any, fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        models_of(client)[0](**fields)
    with pytest.raises(ValidationError):
        Goto(**fields)


def test_fields_are_checked_when_they_are_assigned_as_well(client: Any) -> None:
    action = models_of(client)[0]()

    with pytest.raises(ValidationError):
        action.speed = 10


def test_an_action_of_another_environment_is_refused(url: str, client: Any) -> None:
    class Other(Action):
        pass

    with client(base_url=url) as env:
        env.reset()
        with pytest.raises(RequestValidationError, match=r"step takes Goto\(…\) or a dict, not Other"):
            env.step(Other())


def test_says_what_it_is(client: Any) -> None:
    action_class = models_of(client)[0]

    assert client.__name__ == "TripsEnv"
    assert action_class.__doc__ == "Go there."
    assert action_class.model_fields["speed"].description == "How fast"
    assert list(inspect.signature(action_class).parameters) == [
        *("metadata", "to", "speed", "through", "tags", "note", "class_")
    ]
    assert repr(action_class(speed=2)) == (
        "Goto(metadata={}, to=Point(x=1.0, y=0.0), speed=2, through=None, tags={'a'}, note=None, class_='economy')"
    )


def test_equal_schemas_have_the_same_classes(url: str, client: Any) -> None:
    assert client_for_schemas("trips", schemas_at(url, {})) is client


def test_instances_and_classes_can_be_copied_and_pickled(client: Any) -> None:
    action_class = models_of(client)[0]
    action = action_class(speed=3)

    assert pickle.loads(pickle.dumps(action)) == copy.deepcopy(action) == action
    assert pickle.loads(pickle.dumps(action_class)) is action_class


def test_instances_travel_to_processes_that_never_asked_the_server(client: Any) -> None:
    sent = pickle.dumps([models_of(client)[0](speed=3), models_of(client)[1](at={"x": 4})])
    program = "import pickle, sys; action, seen = pickle.load(sys.stdin.buffer); print(action.speed, seen.at.x)"

    done = subprocess.run([sys.executable, "-c", program], input=sent, capture_output=True)

    assert (done.stdout.decode().strip(), done.returncode) == ("3 4.0", 0), done.stderr.decode()


def test_a_model_that_holds_itself() -> None:
    class Node(BaseModel):
        value: int
        children: list[Node] = []

    class Plant(Action):
        tree: Node

    Node.model_rebuild(_types_namespace={"Node": Node})
    schemas = Schemas(TypeAdapter(Plant).json_schema(), {}, {})
    plant = models_of(client_for_schemas("trees", schemas))[0]

    action = plant(tree={"value": 1, "children": [{"value": 2}]})

    assert action.tree.children[0].value == 2
    with pytest.raises(ValidationError):
        plant(tree={"value": 1, "children": [{"value": "x"}]})
    assert pickle.loads(pickle.dumps(action)) == action


def test_a_server_without_models_is_played_with_dicts(url: str) -> None:
    client = client_for_schemas("trips", Schemas({}, {}, {}))

    with client(base_url=url) as env:
        env.reset()
        result = env.step({"to": {"x": 5}})
        assert result.observation["at"] == {"x": 5.0, "y": 0.0}
        assert env.state()["at"] == {"x": 5.0, "y": 0.0}


@given(any_schemas)
def test_whatever_can_be_read_becomes_classes(schemas: Schemas) -> None:
    try:
        client = client_for_schemas("my-env", schemas)
    except UnreadableSchemaError:
        return
    assert issubclass(client, EnvClient)
