from __future__ import annotations

import subprocess
import sys

import pytest
from pydantic import ValidationError

from dsage_mpi.config.errors import ConfigError
from dsage_mpi.config.load import config_from_toml, config_hash
from dsage_mpi.domains.mario.settings import (
    MEASURE_ALIASES,
    MEASURES,
    MarioSettings,
    SimulatorSettings,
    cost_facts,
)

TOML = """
[algorithm]
method = "cma_me"
[domain]
name = "mario"
[archive]
measures = ["{}", "{}"]
dims = [150, 100]
ranges = [[0, 150], [0, 100]]
"""


def test_defaults_are_those_of_the_published_experiments():
    settings = MarioSettings(name="mario")
    assert (settings.generator, settings.rollouts) == ("builtin", 5)
    simulator = settings.simulator
    assert (simulator.timer_seconds, simulator.start_state, simulator.budget_ms) == (20, 0, 1)
    assert (simulator.planner, simulator.budget_spread) == ("nodes", 0)
    assert simulator.deterministic


def test_every_field_and_measure_is_described():
    for model in (MarioSettings, SimulatorSettings):
        assert all(field.description for field in model.model_fields.values())
    assert all(m.low < m.high and m.unit and m.description for m in MEASURES.values())
    assert set(MEASURE_ALIASES.values()) <= set(MEASURES)


def test_published_measure_names_mean_ours():
    published = config_from_toml(
        TOML.format("calc_higher_level_non_empty_blocks", "calc_num_jumps"), "here"
    )
    ours = config_from_toml(TOML.format("sky_tiles", "jumps"), "here")
    assert published.archive.measures == ("sky_tiles", "jumps")
    assert published == ours
    assert config_hash(published) == config_hash(ours)


def test_unknown_measures_are_refused():
    with pytest.raises(ConfigError, match=r"calc_fun.*no such measure; expected one of sky_tiles"):
        config_from_toml(TOML.format("calc_fun", "calc_num_jumps"), "here")
    with pytest.raises(ConfigError, match="different measures"):
        config_from_toml(TOML.format("jumps", "calc_num_jumps"), "here")


@pytest.mark.parametrize(
    ("wrong", "key", "message"),
    [
        ('agent = "x"', "agent", "only a jar of your own has other agents"),
        ('jar = "/x.jar"', "agent", "is missing: jar needs the name of an agent"),
        ('planner = "wallclock"\nbudget_spread = 0.2', "budget_spread", "differ by themselves"),
        ('jar = "/x.jar"\nagent = "a"\nbudget_spread = 0.2', "budget_spread", "by themselves"),
        ("budget = 0", "budget", "greater than or equal to 1"),
        ("start_state = 3", "start_state", "expected 0, 1 or 2"),
        ("deadline_seconds = 0.0", "deadline_seconds", "greater than 0"),
        ("nodes = 3", "nodes", "unknown key"),
    ],
)
def test_wrong_simulators_are_refused(wrong, key, message):
    toml = TOML.format("sky_tiles", "jumps") + f"[domain.simulator]\n{wrong}\n"
    with pytest.raises(ConfigError) as caught:
        config_from_toml(toml, "here")
    assert f"domain.simulator.{key}" in str(caught.value)
    assert message in str(caught.value)


def test_files_are_absolute(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = MarioSettings(
        name="mario", generator="g.npz", simulator={"jar": "m.jar", "agent": "a"}
    )
    assert settings.generator == str(tmp_path / "g.npz")
    assert settings.simulator.jar == str(tmp_path / "m.jar")
    assert not settings.simulator.deterministic


@pytest.mark.parametrize("wrong", [{"rollouts": 0}, {"speed": 1}])
def test_wrong_settings_are_refused(wrong):
    with pytest.raises(ValidationError):
        MarioSettings(name="mario", **wrong)


def test_cost_facts():
    once = cost_facts(MarioSettings(name="mario"))
    assert once.level_shape == (16, 56)
    assert cost_facts(MarioSettings(name="mario", rollouts=50)).seconds == once.seconds
    five = cost_facts(MarioSettings(name="mario", simulator={"budget_spread": 0.3}))
    assert five.seconds == 5 * once.seconds
    clock = cost_facts(MarioSettings(name="mario", simulator={"planner": "wallclock"}))
    assert clock.seconds > once.seconds
    assert "5 games of 1 ms" in clock.basis
    jar = {"jar": "mario.jar", "agent": "robinBaumgarten"}
    published = cost_facts(MarioSettings(name="mario", simulator=jar))
    assert published.seconds == pytest.approx(40 * clock.seconds)
    assert "5 games of 40 ms" in published.basis


def test_importing_settings_is_light():
    code = (
        "import sys, dsage_mpi.domains.mario.settings; "
        "print([m for m in ('torch', 'ribs', 'jpype', 'mpi4py.MPI') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_domain_starts_neither_torch_nor_a_jvm():
    code = (
        "import sys, dsage_mpi.domains.mario.domain; "
        "print([m for m in ('torch', 'ribs', 'jpype', 'mpi4py.MPI') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
