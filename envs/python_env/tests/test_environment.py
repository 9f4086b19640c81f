"""What python-env promises. Needs no server: the client plays the environment in this process."""

from collections.abc import Iterator

import pytest
from openenv import InvalidActionError
from openenv.errors import RequestValidationError

from python_env import PythonAction, PythonEnv
from python_env.policies import EmptyPolicy, KnownGoodPolicy
from python_env.server.environment import MAX_STEPS, PythonEnvironment

TASK = "digital-root"
RIGHT = "def digital_root(n):\n    if n < 0:\n        raise ValueError\n    return n and (n - 1) % 9 + 1"
HALF = "def digital_root(n):\n    print('adding', n)\n    return sum(map(int, str(n)))"


def submit(code: str) -> PythonAction:
    return PythonAction(kind="submit", code=code)


def attempt(code: str) -> PythonAction:
    return PythonAction(kind="test", code=code)


@pytest.fixture
def environment() -> Iterator[PythonEnvironment]:
    environment = PythonEnvironment()
    environment.reset(seed=1, task_id=TASK)
    yield environment
    environment.close()


def test_the_client_plays_it() -> None:
    with PythonEnv.in_process(PythonEnvironment) as env:
        first = env.reset(seed=1, task_id=TASK).observation
        tried = env.step(attempt(HALF))
        result = env.step(submit(RIGHT))
        state = env.state()

    assert first.signature == "def digital_root(number: int) -> int:"
    assert "assert digital_root(987) == 6" in first.visible_tests
    assert [report.outcome for report in tried.observation.reports] == ["failed"]
    assert (tried.reward, tried.done) == (0.0, False)
    assert (result.reward, result.terminated, result.truncated) == (1.0, True, False)
    assert result.observation.hidden_passed == result.observation.hidden_total
    assert result.info == {"success": True}
    assert (state.step_count, state.submitted) == (2, True)


def test_a_visible_test_says_what_came_and_what_is_expected(environment: PythonEnvironment) -> None:
    observation = environment.step(attempt(HALF))

    (report,) = observation.reports
    assert (report.name, report.outcome) == ("two_rounds", "failed")
    assert report.message == "digital_root(987) gave 24, not 6"
    assert observation.stdout == "adding 987\n"
    assert observation.problem is None
    assert observation.hidden_passed is None


def test_a_part_of_the_hidden_tests_is_a_part_of_the_reward(environment: PythonEnvironment) -> None:
    observation = environment.step(submit(HALF))

    assert observation.hidden_passed
    assert observation.hidden_passed < observation.hidden_total
    assert observation.reward == observation.hidden_passed / observation.hidden_total
    assert observation.terminated
    assert observation.metadata == {"success": False}


def test_an_exception_is_an_error_of_the_test_with_its_line(environment: PythonEnvironment) -> None:
    (report,) = environment.step(attempt("def digital_root(n):\n    return 1 / 0")).reports

    assert (report.outcome, report.message) == ("error", "ZeroDivisionError in line 2: division by zero")


def test_what_is_long_is_cut(environment: PythonEnvironment) -> None:
    observation = environment.step(
        attempt("def digital_root(n):\n    print('x' * 99999)\n    raise ValueError('y' * 99999)")
    )

    assert observation.stdout.endswith("x… (100000 characters)")
    assert len(observation.stdout) < 11_000
    assert len(observation.reports[0].message) < 1_100


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("", "it does not define digital_root"),
        ("def digital_root(n:", "SyntaxError in line 1"),
        ("x = 1\nx.y", "AttributeError in line 2"),
        ("import no_such_module", "ModuleNotFoundError in line 1"),
        ("raise SystemExit(0)", "SystemExit in line 1"),
    ],
)
def test_code_that_cannot_be_tested_earns_nothing_and_says_why(
    environment: PythonEnvironment, code: str, problem: str
) -> None:
    observation = environment.step(submit(code))

    assert observation.problem is not None
    assert observation.problem.startswith(problem)
    assert observation.reward == 0.0
    assert [report.outcome for report in observation.reports] == ["error"]


def test_endless_loops_are_time_outs_and_not_errors(
    environment: PythonEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("python_env.server.grading.TEST_TIME_S", 0.3)
    monkeypatch.setattr("python_env.server.grading.TOTAL_TIME_S", 1.0)

    observation = environment.step(submit("def digital_root(n):\n    while True: pass"))

    assert [report.outcome for report in observation.reports] == ["timeout"]
    assert observation.reward == 0.0
    assert observation.terminated


def test_one_endless_loop_leaves_the_other_tests_alone(
    environment: PythonEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("python_env.server.grading.TEST_TIME_S", 0.5)
    stuck_on_zero = RIGHT.replace("return", "while n == 0: pass\n    return")

    observation = environment.step(submit(stuck_on_zero))

    assert observation.hidden_passed == observation.hidden_total - 1


@pytest.mark.parametrize(
    "body",
    ["import os; os._exit(0)", "return 'x' * 50_000_000", "return [0] * 10**12", "return f(n)", "return 10**9999"],
)
def test_whatever_the_code_does_the_episode_goes_on(environment: PythonEnvironment, body: str) -> None:
    (report,) = environment.step(attempt(f"def f(n): return f(n)\ndef digital_root(n): {body}")).reports
    after = environment.step(attempt(RIGHT)).reports

    assert report.outcome in ("error", "failed")
    assert [report.outcome for report in after] == ["passed"]


def test_nothing_of_one_test_lives_on_in_the_next(environment: PythonEnvironment) -> None:
    environment.reset(seed=1, task_id="spelled-time")

    counted = "calls = []\ndef spelled_time(n):\n    calls.append(n)\n    return len(calls)"
    reports = environment.step(attempt(counted)).reports

    assert [report.message.partition(", not")[0] for report in reports] == [
        "spelled_time(3725) gave 1",
        "spelled_time(5) gave 1",
    ]


def test_the_seed_decides_on_the_task() -> None:
    one, other = PythonEnvironment(), PythonEnvironment()

    assert one.reset(seed=7) == other.reset(seed=7)
    assert one.reset(seed=8).task_id != other.reset(seed=7).task_id
    assert one.state.seed == 8


def test_without_a_seed_the_state_says_which_was_drawn(environment: PythonEnvironment) -> None:
    task_id = environment.reset().task_id

    assert environment.reset(seed=environment.state.seed).task_id == task_id


def test_split_and_difficulty_narrow_the_choice(environment: PythonEnvironment) -> None:
    environment.reset(seed=3, split="test", difficulty="expert")

    assert (environment.state.split, environment.state.difficulty) == ("test", "expert")


def test_an_unknown_task_is_refused_and_changes_nothing(environment: PythonEnvironment) -> None:
    before = environment.state.model_copy()

    with pytest.raises(RequestValidationError, match="no task has task_id 'x'"):
        environment.reset(task_id="x")
    for wrong in (0, "many"):
        with pytest.raises(RequestValidationError, match="max_steps: Input should be"):
            environment.reset(max_steps=wrong)  # type: ignore[arg-type]
    assert environment.state == before


def test_a_client_is_told_that_there_is_no_such_task() -> None:
    with PythonEnv.in_process(PythonEnvironment) as env:
        with pytest.raises(RequestValidationError, match="there is initials") as caught:
            env.reset(task_id="initial")

        assert "initials" in caught.value.data["task_id"]
        assert env.reset(task_id="initials").observation.task_id == "initials"


def test_running_out_of_steps_cuts_the_episode_short(environment: PythonEnvironment) -> None:
    environment.reset(seed=1, task_id=TASK, max_steps=2)

    assert not environment.step(attempt(HALF)).truncated
    last = environment.step(attempt(HALF))
    assert (last.truncated, last.terminated, last.reward, last.steps_left) == (True, False, 0.0, 0)


def test_handing_in_at_the_last_step_ends_the_episode_properly(environment: PythonEnvironment) -> None:
    environment.reset(seed=1, task_id=TASK, max_steps=1)

    last = environment.step(submit(RIGHT))
    assert (last.truncated, last.terminated, last.reward) == (False, True, 1.0)


def test_nothing_can_be_done_after_the_end(environment: PythonEnvironment) -> None:
    environment.step(submit(RIGHT))
    before = environment.state.model_copy()

    with pytest.raises(InvalidActionError, match="the episode is over"):
        environment.step(attempt(RIGHT))
    assert environment.state == before


def test_the_policies_are_the_ceiling_and_the_floor(environment: PythonEnvironment) -> None:
    first = environment.reset(seed=5)
    assert environment.step(KnownGoodPolicy().act(first)).reward == 1.0

    first = environment.reset(seed=5)
    assert first.steps_left == MAX_STEPS
    assert environment.step(EmptyPolicy().act(first.model_dump())).reward == 0.0
