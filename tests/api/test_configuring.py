"""Configurations from files, mappings and objects; every problem at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dsage_mpi as dm
from tests.api.conftest import INPUT

TABLES = {
    "seed": 3,
    "algorithm": {"method": "map_elites", "max_evaluations": 500},
    "domain": {"name": "maze"},
    "archive": {
        "dims": [32, 27],
        "measures": ["num_blocks", "agent_path_length"],
        "ranges": [[0, 256], [0, 648]],
    },
}


@pytest.mark.parametrize(
    "overrides",
    [
        {"surrogate.epochs": 7, "archive.dims": (64, 27), "title": 'a "b"'},
        {"surrogate": {"epochs": np.int64(7)}, "archive": {"dims": np.array([64, 27])}}
        | {"title": 'a "b"'},
        ["surrogate.epochs=7", "archive.dims=[64, 27]", 'title=a "b"'],
    ],
)
def test_overrides_can_be_given_in_three_ways(overrides: Any) -> None:
    config = dm.load_config(INPUT, seed=11, overrides=overrides)
    assert (config.seed, config.surrogate.epochs) == (11, 7)
    assert (config.archive.dims, config.title) == ((64, 27), 'a "b"')


def test_all_problems_come_in_one_exception() -> None:
    overrides = {"surrogate.epoch": 1, "archive.dims": 3, "emitters": {"count": object()}}
    with pytest.raises(dm.ConfigError) as caught:
        dm.load_config(INPUT, seed=-1, overrides=overrides)
    keys = [problem.key for problem in caught.value.problems]
    assert sorted(keys) == ["archive.dims", "emitters.count", "seed", "surrogate.epoch"]
    text = str(caught.value)
    assert "4 problems in" in text
    assert "did you mean surrogate.epochs?  [from overrides]" in text
    assert caught.value._render_traceback_() == [f"ConfigError: {text}"]


def test_a_value_that_is_none_is_refused_even_alone() -> None:
    with pytest.raises(dm.ConfigError, match="expected a number, a bool, a text"):
        dm.load_config(INPUT, overrides={"surrogate.epochs": None})


def test_a_configuration_of_tables() -> None:
    config = dm.Config(**TABLES)
    assert isinstance(config, dm.Config)
    assert isinstance(dm.load_config(INPUT), dm.Config)
    assert (config.emitters.kind, config.archive.dims) == ("map_elites", (32, 27))
    parts = {name: getattr(config, name) for name in type(config).model_fields}
    assert dm.Config(**parts) == config


def test_problems_of_tables() -> None:
    with pytest.raises(dm.ConfigError) as caught:
        dm.Config(**TABLES | {"seed": "x", "algorithm": {"metod": "dsage"}})
    keys = [problem.key for problem in caught.value.problems]
    assert sorted(set(keys) & {"seed", "algorithm.metod"}) == ["algorithm.metod", "seed"]


@pytest.mark.parametrize("run", [dm.illuminate, lambda config: next(dm.iterate(config))])
def test_a_path_is_no_configuration(run: Any) -> None:
    with pytest.raises(TypeError, match=r"got 'a.toml': expected a Config, as .*load_config"):
        run("a.toml")


def test_a_configuration_that_is_to_change_says_how_to_make_another(config: dm.Config) -> None:
    for table, key in ((config, "seed"), (config.surrogate, "epochs")):
        with pytest.raises(AttributeError, match=rf"{key} = 4: .*load_config.*model_copy"):
            setattr(table, key, 4)


def test_messages_speak_of_arguments_and_not_of_the_command_line(
    config: dm.Config, tmp_path: Path
) -> None:
    (tmp_path / "something").touch()
    with pytest.raises(dm.RunDirectoryError) as used:
        dm.illuminate(config, run_dir=tmp_path, quiet=True)
    with pytest.raises(dm.ConfigError) as nonsense:
        dm.load_config(INPUT, overrides=["nonsense"])
    assert f'restart="{tmp_path}"' in str(used.value)
    assert "overrides: nonsense: expected key.path=value" in str(nonsense.value)
    assert "--" not in str(used.value) + str(nonsense.value)


def test_an_empty_table_takes_the_place_of_one_with_keys() -> None:
    given = {"settings": {"a": 1}}
    with pytest.raises(dm.ConfigError, match="has no settings of its own"):
        dm.load_config(INPUT, overrides={"emitters": given})
    overrides = ["emitters.settings.a=1", "emitters.settings={}"]
    assert dm.load_config(INPUT, overrides=overrides).emitters.settings is None
