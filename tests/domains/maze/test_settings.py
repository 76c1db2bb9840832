from __future__ import annotations

import subprocess
import sys

import pytest
from pydantic import ValidationError

from dsage_mpi.domains.maze import doctor
from dsage_mpi.domains.maze.settings import MEASURES, MazeSettings, cost_facts


def test_defaults_are_those_of_the_published_experiments():
    settings = MazeSettings(name="maze")
    assert (settings.objective, settings.rollouts, settings.aggregation) == (
        "accel_none",
        50,
        "mean",
    )
    assert settings.runs_agent


@pytest.mark.parametrize(
    "wrong", [{"rollouts": 0}, {"objective": "fun"}, {"speed": 1}, {"precision": "fp8"}]
)
def test_wrong_settings_are_refused(wrong):
    with pytest.raises(ValidationError):
        MazeSettings(name="maze", **wrong)


def test_every_field_and_measure_is_described():
    assert all(field.description for field in MazeSettings.model_fields.values())
    assert all(m.low < m.high and m.unit and m.description for m in MEASURES.values())


def test_cost_facts():
    facts = cost_facts(MazeSettings(name="maze"))
    assert facts.level_shape == (16, 16)
    assert cost_facts(MazeSettings(name="maze", rollouts=100)).seconds == 2 * facts.seconds
    assert cost_facts(MazeSettings(name="maze", objective="none")).seconds < facts.seconds


def test_importing_settings_is_light():
    code = (
        "import sys, dsage_mpi.domains.maze.settings; "
        "print([m for m in ('torch', 'ribs', 'mpi4py.MPI', 'dsage_mpi.domains.maze._native') "
        "if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_simulating_needs_no_torch():
    code = (
        "import sys, dsage_mpi.domains.maze.domain; "
        "print([m for m in ('torch', 'ribs', 'mpi4py.MPI') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_doctor_facts():
    facts = {topic: (present, text) for topic, present, text in doctor.facts()}
    assert facts["simulator"][0]
    assert "instruction sets" in facts["simulator"][1]
    assert "agent" in facts
