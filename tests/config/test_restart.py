"""What may change at a restart."""

from __future__ import annotations

import pytest

from dsage_mpi.config.errors import ConfigError
from dsage_mpi.config.load import load_config, to_toml
from dsage_mpi.config.restart import restart_config
from tests.config.conftest import Writer


@pytest.fixture
def stored(write: Writer) -> str:
    return to_toml(load_config(write(), overrides=["algorithm.max_evaluations=500"]))


def test_nothing_changes_without_overrides(stored: str) -> None:
    assert to_toml(restart_config(stored, "c.h5")) == stored


@pytest.mark.parametrize(
    "override",
    [
        "farm.prefetch=4",
        "checkpoint.keep=9",
        "report.figures=false",
        "surrogate.device=cpu",
        "algorithm.max_evaluations=501",
    ],
)
def test_neutral_keys_may_change(stored: str, override: str) -> None:
    key, value = override.split("=")
    changed = to_toml(restart_config(stored, "c.h5", [override]))
    expected = f"{key.split('.')[1]} = {value if value != 'cpu' else chr(34) + 'cpu' + chr(34)}"
    assert expected in changed.splitlines()


@pytest.mark.parametrize(
    ("override", "old"),
    [
        ("seed=9", "the run has 0"),
        ("domain.rollouts=7", "the run has 50"),
        ("archive.dims=[64, 54]", "the run has [256, 162]"),
        ("surrogate.epochs=1", "the run has 200"),
        ("algorithm.max_evaluations=499", "can only grow"),
        ("selection.count=3", "the run has unset"),
    ],
)
def test_other_keys_are_refused_with_the_difference(stored: str, override: str, old: str) -> None:
    with pytest.raises(ConfigError) as caught:
        restart_config(stored, "c.h5", [override])
    (problem,) = [p for p in caught.value.problems if p.key == override.split("=")[0]]
    assert old in problem.message


def test_all_refusals_come_at_once(stored: str) -> None:
    with pytest.raises(ConfigError) as caught:
        restart_config(stored, "c.h5", ["seed=1", "surrogate.epochs=2", "farm.prefetch=0"])
    assert {p.key for p in caught.value.problems} == {"seed", "surrogate.epochs"}


def test_spelling_is_checked_as_always(stored: str) -> None:
    with pytest.raises(ConfigError, match=r"did you mean farm\.prefetch\?"):
        restart_config(stored, "c.h5", ["farm.prefetc=1"])
