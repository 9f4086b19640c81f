"""Names that are those of no environment."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest

from openenv import AutoAction, AutoEnv
from openenv.errors import ConfigurationError


@pytest.mark.parametrize("name", ["./my-env", "../my-env", "~/my-env", "/envs/my-env", "C:\\envs\\mine", "a/b/c"])
def test_a_path_is_no_space(name: str) -> None:
    with pytest.raises(ConfigurationError, match="no such file or folder"):
        AutoEnv.from_env(name)


@pytest.mark.parametrize("name", ["owner/my--env", "-owner/env", "owner/"])
def test_what_neither_a_space_nor_a_folder_can_be_called_is_refused(name: str) -> None:
    with pytest.raises(ConfigurationError, match=r"no such file or folder|no Space can be called that"):
        AutoEnv.from_env(name)


@pytest.mark.parametrize("name", [None, 3, Path("echo")])
def test_what_is_no_text_is_refused_with_what_names_an_environment(name: Any) -> None:
    calls = (AutoEnv.from_env, AutoEnv.get_env_class, AutoEnv.get_env_info, AutoEnv.from_hub)
    for call in (*calls, AutoAction.from_env, AutoAction.from_hub, partial(AutoEnv.from_env, skip_install=True)):
        with pytest.raises(ConfigurationError, match="is no text, so it names no environment") as refused:
            call(name)
        assert "a Space as owner/name" in str(refused.value.hint)
