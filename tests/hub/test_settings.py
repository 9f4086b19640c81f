"""Settings of a Space: read, compared and told. Pure."""

from openenv_cli.hub.settings import NEVER, Settings, difference, read_secrets, read_variables


def test_only_what_differs_is_changed_and_secrets_always():
    now = Settings(private=True, hardware="cpu-basic", sleep_time=600, variables={"A": "1", "B": "2"})
    wanted = Settings(private=True, hardware="t4-small", variables={"A": "1", "B": "3", "C": "4"}, secrets={"K": "v"})

    changed = difference(now, wanted)

    assert changed == Settings(hardware="t4-small", variables={"B": "3", "C": "4"}, secrets={"K": "v"})


def test_what_is_not_asked_for_stays_as_it_is():
    assert difference(Settings(private=True, hardware="t4-small", sleep_time=9), Settings()) == Settings()


def test_settings_are_told_without_the_values_of_secrets():
    settings = Settings(False, "t4-small", NEVER, {"A": "1"}, {"KEY": "hidden"})

    assert str(settings) == "public, on t4-small, never sleeping, variables A, secrets KEY"
    assert "hidden" not in repr(settings) + str(settings.as_json())


def test_values_may_hold_equals_signs_and_nothing():
    assert read_variables(["A=b=c", "EMPTY="]) == {"A": "b=c", "EMPTY": ""}
    assert read_secrets(["A=b=c", "HERE"], {"HERE": "x"}) == {"A": "b=c", "HERE": "x"}
