import numpy as np
import pytest

from dsage_mpi.report.figures.predictions import Checked, expected_and_simulated
from dsage_mpi.search.calibration import Calibration


def checked(noise=3.0):
    """A run's last predictions: the objective uncertain, the measure told by the level."""
    rng = np.random.default_rng(0)
    calibration = Calibration(2)
    for _ in range(3):
        beliefs = rng.uniform(0, 10, (30, 2))
        real = beliefs + noise * rng.standard_normal((30, 1)) * [1, 0]
        calibration.observe(beliefs, real)
    return Checked.of({"calibration": calibration.state()}, ["walls"])


def test_what_was_expected_of_nothing_is_left_out():
    found = checked()
    assert found.names == ("objective", "walls")
    assert found.real.shape == (60, 2)  # the first 30 came before anything was known
    assert np.isfinite(found.expected).all()
    assert found.uncertain() == [0]


@pytest.mark.parametrize(
    "surrogate",
    [
        {},
        {"calibration": {"predicted": np.zeros((9, 2)), "real": np.zeros((9, 2))}},
        {"calibration": Calibration(2).state()},
    ],
    ids=["no surrogate", "of an earlier version", "nothing checked"],
)
def test_runs_without_predictions_have_no_figure(surrogate):
    assert Checked.of(surrogate, ["walls"]) is None


@pytest.mark.parametrize("noise", [3.0, 0.0])
def test_it_is_drawn(noise, tmp_path):
    expected_and_simulated(checked(noise), tmp_path / "p.png", {"walls": "tiles"}, "A run")
    assert (tmp_path / "p.png").read_bytes().startswith(b"\x89PNG")
