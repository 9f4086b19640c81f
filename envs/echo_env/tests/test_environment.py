"""What echo-env promises. Needs no server: the client plays the environment in this process."""

from openenv import State

from echo_env import EchoAction, EchoEnv
from echo_env.server.environment import MAX_STEPS, EchoEnvironment


def test_says_back_what_it_is_told() -> None:
    with EchoEnv.in_process(EchoEnvironment) as env:
        env.reset()
        result = env.step(EchoAction(message="hello"))

    assert result.observation.message == "hello"
    assert result.observation.length == 5
    assert result.reward == 0.5
    assert not result.done


def test_bye_ends_the_episode() -> None:
    with EchoEnv.in_process(EchoEnvironment) as env:
        env.reset()
        result = env.step(EchoAction(message="bye"))

    assert result.terminated
    assert not result.truncated


def test_an_episode_is_cut_short() -> None:
    with EchoEnv.in_process(EchoEnvironment) as env:
        env.reset()
        results = [env.step(EchoAction(message="hello")) for _ in range(MAX_STEPS)]

    assert [result.truncated for result in results] == [False] * (MAX_STEPS - 1) + [True]
    assert not results[-1].terminated


def test_counts_the_steps_of_each_episode() -> None:
    environment = EchoEnvironment()
    environment.reset(episode_id="first")
    environment.step(EchoAction(message="one"))
    environment.step(EchoAction(message="two"))
    assert environment.state == State(episode_id="first", step_count=2)

    environment.reset(episode_id="second")
    assert environment.state == State(episode_id="second", step_count=0)
