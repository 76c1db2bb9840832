"""What may change at a restart."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dsage_mpi.config.errors import ConfigError
from dsage_mpi.config.load import config_from_toml, load_config, to_toml
from dsage_mpi.config.restart import changes, ignored, restart_config
from tests.config.conftest import Writer


@pytest.fixture
def stored(write: Writer) -> str:
    return to_toml(load_config(write(), overrides=["algorithm.max_evaluations=500"]))


def test_nothing_changes_without_overrides(stored: str) -> None:
    assert to_toml(restart_config(stored, "c.h5")) == stored


def test_runs_of_before_a_key_existed_stay_as_they_were(stored: str) -> None:
    lines = ("start = ", "candidates = ", "at_least = ", "resimulate = ", "known_objective = ")
    old = "\n".join(line for line in stored.splitlines() if not line.startswith(lines))
    assert len(old.splitlines()) == len(stored.splitlines()) - 5
    config = restart_config(old, "c.h5")
    assert (config.inner_loop.start, config.selection.candidates) == ("empty", "all")
    assert config.selection.at_least == 1
    assert config.selection.resimulate
    assert not config.surrogate.known_objective


def test_runs_that_start_from_the_archive_simulate_nothing_again(stored: str) -> None:
    old = "\n".join(line for line in stored.splitlines() if not line.startswith("resimulate"))
    config = restart_config(old, "c.h5")
    assert config.inner_loop.start == "archive"
    assert not config.selection.resimulate


@pytest.mark.parametrize(
    "override",
    [
        "farm.prefetch=4",
        "checkpoint.keep=9",
        "report.figures=false",
        'run.time_limit="3h"',
        "surrogate.device=cpu",
        "algorithm.max_evaluations=501",
    ],
)
def test_neutral_keys_may_change(stored: str, override: str) -> None:
    key, value = override.split("=")
    changed = to_toml(restart_config(stored, "c.h5", [override]))
    value = value.strip('"')
    quoted = value in ("cpu", "3h")
    expected = f"{key.split('.')[1]} = {json.dumps(value) if quoted else value}"
    assert expected in changed.splitlines()


@pytest.mark.parametrize(
    ("override", "allowed"),
    [
        ("domain.simulator.heap_mb=512", True),
        ("domain.simulator.deadline_seconds=10.5", True),
        ("domain.simulator.budget=10", False),
    ],
)
def test_a_domain_says_which_of_its_keys_may_change(override: str, allowed: bool) -> None:
    tiny = Path(__file__).parents[2] / "inputs" / "mario_tiny.toml"
    stored = to_toml(load_config(tiny))
    if allowed:
        key, value = override.rpartition(".simulator.")[2].split("=")
        assert f"{key} = {value}" in to_toml(restart_config(stored, "c.h5", [override]))
    else:
        with pytest.raises(ConfigError, match="cannot change"):
            restart_config(stored, "c.h5", [override])


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


def test_changes_are_named_for_the_record(stored: str) -> None:
    overrides = ["farm.prefetch=4", "algorithm.max_evaluations=900"]
    config = restart_config(stored, "c.h5", overrides)
    assert changes(stored, "c.h5", config) == (
        "algorithm.max_evaluations: 500 -> 900",
        "farm.prefetch: 1 -> 4",
    )
    assert changes(stored, "c.h5", restart_config(stored, "c.h5")) == ()


def test_file_that_says_the_same_as_the_checkpoint(stored: str) -> None:
    assert ignored(stored, "config.toml", config_from_toml(stored, "c.h5"), "c.h5") == ()


def test_file_of_another_run_is_refused(stored: str) -> None:
    config = config_from_toml(stored, "c.h5")
    edited = stored.replace("seed = 0", "seed = 7", 1)
    assert edited != stored
    with pytest.raises(
        ConfigError, match=r"config\.toml:\n +seed = 7: c\.h5 has 0; what determines"
    ):
        ignored(edited, "config.toml", config, "c.h5")


def test_edits_that_a_restart_could_have_made_are_named(stored: str) -> None:
    config = config_from_toml(stored, "c.h5")
    edited = to_toml(restart_config(stored, "c.h5", ["algorithm.max_evaluations=600"]))
    assert ignored(edited, "f", config, "c.h5") == ("algorithm.max_evaluations = 600, not 500",)
    assert ignored("not toml", "f", config, "c.h5") == ()
