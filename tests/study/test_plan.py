"""Study files: what they say, what is wrong with them, and all that comes with the program."""

from __future__ import annotations

import pytest

from dsage_mpi.config.errors import ConfigError
from dsage_mpi.run.estimate import estimate
from dsage_mpi.study.factorial import factors
from dsage_mpi.study.plan import load_study, open_study
from dsage_mpi.study.scale import scaled
from tests.study.conftest import SMALL, STUDIES, write_small

SHIPPED = sorted(STUDIES.glob("*.toml"))


def test_there_are_some():
    assert {path.stem for path in SHIPPED} >= {"maze_main", "mario_main", "maze_small"}


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_shipped_study_loads_and_can_be_scaled(path):
    study = load_study(path)
    assert len(study.runs) == len(study.settings.seeds) * len(study.settings.rows)
    for config in study.configs.values():
        less = scaled(config, 0.01)
        assert less.algorithm.max_evaluations == round(config.algorithm.max_evaluations / 100)
        assert estimate(less).training_seconds <= estimate(config).training_seconds
        assert less.archive == config.archive


@pytest.mark.parametrize("domain", ["maze", "mario"])
def test_the_factorial_rows_are_the_four_combinations(domain):
    study = load_study(STUDIES / f"{domain}_main.toml")
    found = {factors(study.configs[name]) for name in study.settings.factorial}
    assert len(found) == 4


def test_a_row_is_its_input_and_what_is_set(tmp_path):
    study = load_study(write_small(tmp_path), overrides=["farm.chunk=1"])
    assert list(study.configs) == ["me", "dr"]
    me = study.configs["me"]
    assert (me.algorithm.method, me.algorithm.max_evaluations) == ("map_elites", 40)
    assert (me.emitters.batch_size, study.configs["dr"].emitters.batch_size) == (2, 10)
    assert (me.domain.rollouts, me.farm.chunk, me.title) == (2, 1, "MAP-Elites")
    names = [(run.row, run.seed, run.config.seed) for run in study.runs]
    assert names[:3] == [("me", 1, 1), ("dr", 1, 1), ("me", 2, 2)]
    assert study.runs[0].path == study.directory / "me" / "seed-1"
    assert study.directory.parts == ("runs", "small")


def test_what_is_written_reads_back(tmp_path):
    study = load_study(write_small(tmp_path), tmp_path / "runs")
    study.write()
    again = open_study(tmp_path / "runs")
    assert again.settings == study.settings
    assert again.configs == study.configs


def test_all_problems_at_once(tmp_path):
    text = SMALL.replace("set.emitters.batch_size = 2", "set.emitters.batch_sise = 2")
    text = text.replace('"domain_randomization"', '"random"')
    with pytest.raises(ConfigError) as error:
        load_study(write_small(tmp_path, text))
    assert len(error.value.problems) == 2
    message = str(error.value)
    assert "small.toml" in message
    assert "rows.me: emitters.batch_sise: unknown key; did you mean emitters.batch_size?" in message
    assert "rows.dr: algorithm.method" in message


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("seeds = [1, 2, 3]", "seeds = [1, 1]", "seeds = [1, 1]: expected different numbers"),
        ("seeds = [1, 2, 3]", "seed = 1", "seeds: is missing"),
        ('reference = "me"', 'reference = "cma"', 'reference = "cma": expected a row, one of me'),
        ("[rows.dr]", '[rows."../dr"]', "cannot be a row's name"),
        ('reference = "me"', 'factorial = ["me", "dr"]', "factorial: has 2 rows; expected four"),
        ("/maze_tiny.toml", "/none.toml", "none.toml does not exist"),
        ('title = "MAP-Elites"', 'titel = "MAP-Elites"', "rows.me.titel: unknown key"),
    ],
)
def test_a_mistake_is_named(tmp_path, old, new, expected):
    with pytest.raises(ConfigError) as error:
        load_study(write_small(tmp_path, SMALL.replace(old, new)))
    assert expected in str(error.value)
