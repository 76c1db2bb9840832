import numpy as np
import pytest

from dsage_mpi.search.calibration import QUANTILES, Calibration, inside_intervals


def pairs(slope, noise, n=60, seed=0):
    """Predictions of (objective, counted measure, guessed measure) and what came of them."""
    rng = np.random.default_rng(seed)
    predicted = rng.uniform(0, 100, (n, 3))
    real = predicted.copy()
    real[:, 2] = 20 + slope * predicted[:, 2] + noise * rng.standard_normal(n)
    return predicted, real


def test_without_experience_a_prediction_is_believed():
    predicted = np.arange(6.0).reshape(2, 3)
    np.testing.assert_array_equal(Calibration(3).outcomes(predicted), predicted[:, None, :])
    few = Calibration(3)
    few.observe(*pairs(0.5, 1.0, n=4))
    np.testing.assert_array_equal(few.outcomes(predicted), predicted[:, None, :])


@pytest.mark.parametrize("slope", [0.3, 0.9])
def test_outcomes_have_the_line_and_the_spread_of_what_was_checked(slope):
    calibration = Calibration(3)
    calibration.observe(*pairs(slope, noise=5.0))
    outcomes = calibration.outcomes(np.array([[1.0, 7.0, 10.0], [0.0, 9.0, 90.0]]))
    assert outcomes.shape == (2, 60, 3)
    np.testing.assert_allclose(
        outcomes[..., 2].mean(axis=1), 20 + slope * np.array([10, 90]), atol=3
    )
    assert outcomes[0, :, 2].std() == pytest.approx(5, rel=0.25)


def test_what_was_always_right_stays_certain():
    calibration = Calibration(3)
    calibration.observe(*pairs(0.5, noise=5.0))
    outcomes = calibration.outcomes(np.array([[0.25, 7.0, 10.0]]))
    np.testing.assert_allclose(outcomes[0, :, :2], np.tile([0.25, 7.0], (60, 1)), atol=1e-9)


def test_a_prediction_that_never_changed_says_nothing_of_a_line():
    calibration = Calibration(1)
    calibration.observe(np.ones((20, 1)), np.full((20, 1), 0.75))
    assert calibration.outcomes(np.array([[1.0]])).mean() == pytest.approx(0.75)


def test_contrary_experience_leaves_the_mean():
    """Predictions that rank backwards are ignored, not turned round."""
    calibration = Calibration(3)
    predicted, real = pairs(-1.0, noise=0.0)
    calibration.observe(predicted, real)
    outcomes = calibration.outcomes(np.array([[0, 0, 0.0], [0, 0, 100.0]]))[..., 2].mean(axis=1)
    np.testing.assert_allclose(outcomes, real[:, 2].mean())


def test_old_experience_is_forgotten():
    calibration = Calibration(3)
    calibration.observe(*pairs(0.1, noise=50.0))
    calibration.observe(*pairs(1.0, noise=0.0, n=200, seed=1))
    assert calibration.outcomes(np.array([[0, 0, 50.0]]))[..., 2].std() < 1e-9


def test_restored_state_gives_the_same_outcomes():
    calibration, other = Calibration(3), Calibration(3)
    calibration.observe(*pairs(0.5, noise=5.0))
    other.load_state(calibration.state())
    predicted = pairs(0.5, 1.0, seed=2)[0]
    np.testing.assert_array_equal(other.outcomes(predicted), calibration.outcomes(predicted))


def ensemble_pairs(n, seed=0):
    """Beliefs about one quantity, and real values that are off as the members disagree."""
    rng = np.random.default_rng(seed)
    predicted, spread = rng.uniform(0, 100, (n, 1)), rng.choice([1.0, 20.0], (n, 1))
    return np.hstack([predicted, spread]), predicted + spread * rng.standard_normal((n, 1))


def test_where_members_disagree_more_is_to_be_expected():
    calibration = Calibration(1)
    calibration.observe(*ensemble_pairs(100))
    agreed, disputed = calibration.outcomes(np.array([[50.0, 1.0], [50.0, 20.0]]))
    assert disputed.std() > 2 * agreed.std()
    assert agreed.mean() == pytest.approx(50, abs=5)


def test_members_that_agree_on_everything_count_as_one():
    beliefs, real = pairs(0.5, noise=5.0)
    alone, together = Calibration(3), Calibration(3)
    alone.observe(beliefs, real)
    together.observe(np.hstack([beliefs, np.zeros_like(beliefs)]), real)
    asked = np.array([[1.0, 7.0, 10.0]])
    np.testing.assert_array_equal(
        alone.outcomes(asked), together.outcomes(np.hstack([asked, np.zeros_like(asked)]))
    )


@pytest.mark.parametrize("ensemble", [False, True])
def test_intervals_hold_what_they_promise(ensemble):
    def make(n, seed):
        return ensemble_pairs(n, seed) if ensemble else [x[:, 2:] for x in pairs(1, 9, n, seed)]

    found = []
    for seed in range(8):
        calibration = Calibration(1)
        assert calibration.observe(*make(100, seed)) is None
        beliefs, real = make(500, 100 + seed)
        expected = calibration.observe(beliefs, real)
        assert expected.shape == (500, len(QUANTILES), 1)
        found.append(list(inside_intervals(["objective"], expected, real).values()))
    half, most = np.mean(found, axis=0)
    assert half == pytest.approx(0.5, abs=0.08)
    assert most == pytest.approx(0.9, abs=0.05)


def test_what_is_certain_is_inside():
    calibration = Calibration(3)
    calibration.observe(*pairs(0.5, noise=5.0))
    predicted, real = pairs(0.5, noise=5.0, seed=1)
    shares = inside_intervals(["objective", "a", "b"], calibration.observe(predicted, real), real)
    assert shares["objective_inside_50"] == shares["a_inside_90"] == 1
    assert shares["b_inside_50"] < 1


def test_state_goes_on_as_before():
    one, other = Calibration(1), Calibration(1)
    one.observe(*ensemble_pairs(60))
    other.load_state(one.state())
    more = ensemble_pairs(70, 1)
    np.testing.assert_array_equal(one.observe(*more), other.observe(*more))
    for name, kept in one.state().items():
        np.testing.assert_array_equal(kept, other.state()[name])


def test_pairs_of_earlier_versions_are_taken():
    one, other = Calibration(3), Calibration(3)
    one.observe(*pairs(0.5, noise=5.0))
    other.load_state({name: one.state()[name] for name in ("predicted", "real")})
    asked = np.array([[1.0, 7.0, 10.0]])
    np.testing.assert_array_equal(one.outcomes(asked), other.outcomes(asked))
