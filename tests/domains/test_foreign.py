"""Domains that are classes elsewhere: what is found on them, and what is refused."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from dsage_mpi.config.errors import ConfigError
from dsage_mpi.config.load import config_from_toml, to_toml
from dsage_mpi.core.domain import DomainError, Measure, TasksFailedError
from dsage_mpi.core.domain_base import DomainBase
from dsage_mpi.core.registry import ComponentError
from dsage_mpi.core.settings import Settings
from dsage_mpi.domains import build_domain, domain_settings, solution_dim

HERE = __name__


class Bits(DomainBase):
    MEASURES = {"ones": Measure(0, 12), "top": Measure(0, 4)}

    def sample(self, rng):
        return rng.integers(2, size=(3, 4))

    def simulate(self, level, seed):
        if level.all():
            raise RuntimeError("full")
        return {"objective": 1.0, "ones": level.sum(), "top": level[0].sum()}


class Waves(DomainBase):
    """Continuous, with settings that decide its size."""

    MEASURES = {"high": Measure(0, 100), "low": Measure(0, 100)}
    MEASURE_ALIASES = {"hi": "high"}
    METADATA = ("seed",)
    TILES = 3
    OCCUPANCY = True

    class Settings(Settings):
        size: int = 6

    def sample(self, rng):
        return rng.normal(size=self.settings.size)

    def level(self, solution):
        return np.tile(np.digitize(solution, [-1, 1]), (4, 1))

    def simulate(self, level, seed):
        high, low = (level == 2).sum(), (level == 0).sum()
        return {"objective": 0, "high": high, "low": low, "seed": seed % 7, "occupancy": level}


class NoMeasures(DomainBase):
    pass


class BareRanges(DomainBase):
    MEASURES = {"a": (0, 1)}


class OddSettings(Bits):
    Settings = 3


class BadSample(Bits):
    def sample(self, rng):
        return np.full((3, 4), 5)


class RealImage(Bits):
    def sample(self, rng):
        return rng.normal(size=(5, 2))


class Broken(Bits):
    def sample(self, rng):
        return 1 / 0


def toml(name, *, measures=("ones", "top"), domain="", emitters=""):
    return f"""
        [domain]
        name = "{HERE}:{name}"
        {domain}
        [archive]
        measures = {list(measures)}
        dims = [4, 4]
        ranges = [[0, 12], [0, 4]]
        [selection]
        kind = "all"
        [emitters]
        {emitters}
    """


def load(name, **parts):
    return config_from_toml(toml(name, **parts), "test.toml")


def test_a_class_has_what_a_settings_module_has():
    config = load("Bits")
    known = domain_settings(config.domain_name)
    assert known.SOLUTION_KIND == "discrete"
    assert list(known.MEASURES) == ["ones", "top"]
    assert solution_dim(config.domain) == 12
    assert config.emitters.kind == "map_elites"
    facts = known.cost_facts(config.domain)
    assert (facts.level_shape, facts.tile_count, facts.solution_bytes) == ((3, 4), 2, 12)


def test_settings_are_checked_kept_and_sent_to_other_ranks():
    config = load("Waves", measures=("hi", "low"), domain="size = 9")
    assert config.archive.measures == ("high", "low")
    assert config.emitters.kind == "iso_line"
    assert config_from_toml(to_toml(config), "again") == config
    assert pickle.loads(pickle.dumps(config)) == config
    assert solution_dim(config.domain) == 9
    with pytest.raises(ConfigError, match=r"domain.sise: unknown key; did you mean domain.size"):
        load("Waves", measures=("high", "low"), domain="sise = 9")
    with pytest.raises(ConfigError, match=r'domain.size = "9": expected an integer'):
        load("Waves", measures=("high", "low"), domain='size = "9"')


def test_evaluations_of_a_discrete_domain():
    config = load("Bits")
    domain = build_domain(config.domain, ("top", "ones"))
    solutions = domain.initial_solutions(np.random.default_rng(1), 5)
    assert solutions.dtype == np.uint8
    tasks = domain.tasks(solutions, np.arange(5, dtype=np.uint64))
    found = domain.interpret(tasks, domain.make_simulator({})(tasks))
    assert np.array_equal(found.measures[:, 1], solutions.sum(axis=1))
    assert np.array_equal(found.levels.reshape(5, -1), solutions)
    assert not found.occupancy.any()
    solutions[3] = 1
    with pytest.raises(TasksFailedError) as caught:
        domain.make_simulator({})(domain.tasks(solutions, np.arange(5, dtype=np.uint64)))
    assert list(caught.value.reasons) == [3]
    reason = caught.value.reasons[3]
    assert reason.startswith("Traceback (most recent call last):")
    assert reason.endswith("RuntimeError: full")
    assert "dsage_mpi/core/" not in reason  # a user's own lines alone
    assert domain.render(found.levels[0]).shape == (48, 64, 3)


def test_evaluations_of_a_continuous_domain():
    config = load("Waves", measures=("high", "low"))
    domain = build_domain(config.domain, ("high", "low"))
    solutions = domain.initial_solutions(np.random.default_rng(1), 4)
    tasks = domain.tasks(solutions, np.arange(4, dtype=np.uint64))
    found = domain.interpret(tasks, domain.make_simulator({})(tasks))
    assert domain.metadata_names == ("high", "low", "seed")
    assert list(found.metadata[:, 2]) == [0, 1, 2, 3]
    assert np.array_equal(found.occupancy, found.levels)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("NoMeasures", "NoMeasures has no MEASURES"),
        ("BareRanges", r'BareRanges.MEASURES\["a"\] is \(0, 1\): expected Measure'),
        ("HERE", "is a str: expected a class"),
        ("OddSettings", "OddSettings.Settings is 3: expected a class"),
        ("Nowhere", "has no Nowhere"),
    ],
)
def test_what_is_no_domain_is_refused(name, words):
    with pytest.raises(ComponentError, match=words):
        domain_settings(f"{HERE}:{name}")
    with pytest.raises(ConfigError, match=rf'domain\.name = "{HERE}:{name}": .*{words}'):
        load(name)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("BadSample", "numbers from 5 to 5: expected 0 to 1; raise VALUES"),
        ("RealImage", r"level\(solution\) gives float64 of shape \(5, 2\)"),
        ("Broken", "cannot be set up: ZeroDivisionError"),
    ],
)
def test_domains_that_cannot_be_built_say_why(name, words):
    config = load(name, emitters='kind = "random"')
    with pytest.raises(DomainError, match=words):
        build_domain(config.domain, config.archive.measures)


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (lambda solution: solution[:-1], r"level\(solution\) gives shape \(2, 4\) .* \(3, 4\)"),
        (lambda solution: 1 // 0, r"level\(solution\) raised ZeroDivisionError: .* here for \["),
    ],
)
def test_levels_that_cannot_be_made_are_one_sentence(made, message):
    class Moody(Bits):
        def level(self, solution):
            return made(solution) if solution.all() else solution

    domain = Moody(None, ("ones", "top"))
    with pytest.raises(DomainError, match=message):
        domain.levels(np.array([[0] * 12, [1] * 12]))
