"""What an image is built for."""

from __future__ import annotations

import pytest

from openenv_cli.errors import UsageError
from openenv_cli.images.platform import Platform


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("linux/amd64", "linux/amd64"),
        ("Linux/x86_64", "linux/amd64"),
        ("linux/aarch64", "linux/arm64"),
        ("linux/arm/v7", "linux/arm/v7"),
    ],
)
def test_a_platform_is_known_by_each_of_its_names(given: str, meant: str) -> None:
    assert str(Platform.parse(given)) == meant


@pytest.mark.parametrize("given", ["", "linux", "amd64", "linux/", "/arm64", "linux/arm/v7/x", "linux arm64"])
def test_what_is_no_platform_is_wrong_usage(given: str) -> None:
    with pytest.raises(UsageError, match="is no platform"):
        Platform.parse(given)


def test_a_variant_does_not_make_it_another_processor() -> None:
    assert Platform.parse("linux/arm64/v8").is_that_of("linux", "arm64")
    assert not Platform.parse("linux/arm64").is_that_of("linux", "amd64")
    assert not Platform.parse("windows/amd64").is_that_of("linux", "amd64")
