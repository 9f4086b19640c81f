"""What coding-env promises. Needs no server: the client plays the environment in this process."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openenv import InvalidActionError, Transform
from openenv.errors import RequestValidationError
from openenv.client.sync import SyncEnvClient
from openenv.sandbox import Limits

from coding_env import CodeAction, CodeObservation, CodeState, CodingEnv
from coding_env.policies import KnownGoodPolicy
from coding_env.server.environment import CodingEnvironment

Client = SyncEnvClient[CodeAction, CodeObservation, CodeState]


@pytest.fixture
def env() -> Iterator[Client]:
    with CodingEnv.in_process(CodingEnvironment, limits=Limits(time_s=0.5)) as client:
        client.reset(seed=7)
        yield client


def run(env: Client, code: str) -> CodeObservation:
    return env.step(CodeAction(code=code)).observation


def test_code_prints_and_has_a_value(env: Client) -> None:
    seen = run(env, "print('hello')\n6 * 7")

    assert (seen.stdout, seen.stderr, seen.exit_code, seen.value) == ("hello\n", "", 0, "42")


def test_names_and_files_live_through_the_episode_and_no_longer(env: Client) -> None:
    run(env, "x = 1; open('note', 'w').write('kept')")
    assert run(env, "x, open('note').read()").value == "(1, 'kept')"

    env.reset()
    assert run(env, "x").error == "NameError: name 'x' is not defined"
    assert run(env, "import os; os.listdir()").value == "[]"


def test_an_exception_is_an_observation(env: Client) -> None:
    seen = run(env, "def f():\n    return 1 / 0\nf()")

    assert (seen.exit_code, seen.error) == (1, "ZeroDivisionError: division by zero")
    assert 'File "<step 1>", line 2, in f\n    return 1 / 0' in seen.stderr
    assert env.state().last_exit_code == 1


def test_a_runaway_is_killed_and_the_next_step_works(env: Client) -> None:
    run(env, "x = 1")
    seen = run(env, "while True: pass")

    assert seen.timed_out
    assert seen.ended == "killed: it ran for more than 0.5 s"
    assert run(env, "'x' in globals()").value == "False"


def test_the_same_seed_and_code_give_the_same(env: Client) -> None:
    draw = "import random; random.random(), list({str(n) for n in range(20)})"
    first = [run(env, draw), run(env, "import os; os._exit(1)"), run(env, draw)]
    env.reset(seed=7)
    again = [run(env, draw), run(env, "import os; os._exit(1)"), run(env, draw)]

    assert first == again
    env.reset(seed=8)
    assert run(env, draw).value != first[0].value


def test_a_reset_without_seed_draws_one_and_shows_it(env: Client) -> None:
    env.reset()
    seed, drawn = env.state().seed, run(env, "import random; random.random()").value
    env.reset(seed=seed)

    assert run(env, "import random; random.random()").value == drawn


def test_an_episode_is_cut_after_its_steps(env: Client) -> None:
    assert env.reset(max_steps=2).observation.steps_left == 2
    first, last = env.step(CodeAction(code="1")), env.step(CodeAction(code="2"))

    assert (first.done, first.reward, first.observation.steps_left) == (False, 0.0, 1)
    assert (last.truncated, last.terminated, last.observation.steps_left) == (True, False, 0)


@pytest.mark.parametrize("max_steps", [0, -1, 1.5, "many"])
def test_an_episode_has_a_whole_number_of_steps(env: Client, max_steps: Any) -> None:
    with pytest.raises(RequestValidationError, match="max_steps: Input should be"):
        env.reset(max_steps=max_steps)


def test_an_episode_that_is_over_takes_no_step() -> None:
    environment = CodingEnvironment()
    environment.reset(max_steps=1)
    environment.step(CodeAction(code="1"))

    with pytest.raises(InvalidActionError, match="over"):
        environment.step(CodeAction(code="2"))
    assert environment.state.step_count == 1
    environment.close()


def test_the_state_says_what_is_in_force(env: Client) -> None:
    state = env.state()

    assert state.limits["time_s"] == 0.5
    assert state.isolation.keys() == {"user", "network", "processes", "files", "hidden"}
    assert state.isolation["user"] == (os.getuid() == 0)


def test_a_transform_rewards() -> None:
    class Prints42(Transform[CodeObservation]):
        def __call__(self, observation: CodeObservation) -> CodeObservation:
            solved = observation.stdout == "42\n"
            return observation.model_copy(update={"reward": float(solved), "done": solved, "terminated": solved})

    with CodingEnv.in_process(CodingEnvironment, transform=Prints42()) as env:
        env.reset()
        wrong, right = env.step(CodeAction(code="print(41)")), env.step(CodeAction(code="print(42)"))

    assert (wrong.reward, wrong.done) == (0.0, False)
    assert (right.reward, right.terminated) == (1.0, True)


def test_sessions_share_nothing() -> None:
    with CodingEnv.in_process(CodingEnvironment) as one, CodingEnv.in_process(CodingEnvironment) as other:
        one.reset()
        other.reset()
        run(one, "x = 1; open('note', 'w')")

        assert run(other, "import os; ('x' in globals(), os.path.exists('note'))").value == "(False, False)"


def test_nothing_is_left_of_a_closed_session() -> None:
    environment = CodingEnvironment()
    environment.reset()
    holder = run_in(environment, "import subprocess; subprocess.Popen(['sleep', '600'], start_new_session=True).pid")
    folder = run_in(environment, "import os; os.getcwd()")
    environment.close()

    assert holder
    assert not Path(folder.strip("'")).exists()


def run_in(environment: CodingEnvironment, code: str) -> str:
    return environment.step(CodeAction(code=code)).value or ""


def test_the_known_good_policy_finds_the_factors(env: Client) -> None:
    policy = KnownGoodPolicy()
    policy.reset(0)
    result = env.reset(max_steps=5)
    values = []
    while not result.done:
        result = env.step(policy.act(result.observation))
        values.append(result.observation.value)

    assert values == [None, "[3, 5, 17, 257, 65537]", "True", None, "[3, 5, 17, 257, 65537]"]


def test_the_known_good_policy_begins_again_where_its_names_are_gone(env: Client) -> None:
    policy = KnownGoodPolicy()
    begin = policy.act(CodeObservation(steps_left=10))
    policy.act(CodeObservation(steps_left=9))
    lost = CodeObservation(steps_left=8, exit_code=1, error="NameError: name 'divisor' is not defined")

    assert policy.act(lost) == begin
