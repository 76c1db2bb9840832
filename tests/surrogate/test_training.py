import numpy as np
import pytest
import torch

from dsage_mpi.surrogate.dataset import DataSet
from dsage_mpi.surrogate.errors import SurrogateError
from dsage_mpi.surrogate.loss import surrogate_loss
from dsage_mpi.surrogate.plateau import Plateau
from dsage_mpi.surrogate.samples import Samples
from dsage_mpi.surrogate.settings import SurrogateSettings
from tests.surrogate.synthetic import SPACE, assert_same_state, data_set, evaluations, surrogate

#: Units that do not depend on what else is in the window.
RAW = {"normalise_targets": False}


def test_loss_is_the_published_formula():
    outputs = torch.tensor([[1.0, 10.0, 100.0], [0.0, 14.0, 90.0]])
    targets = torch.tensor([[0.0, 12.0, 103.0], [0.0, 14.0, 80.0]])
    occupancy = torch.full((2, 4, 4), 9.0)
    occupancy[:, :2, :3] = 1.0
    wanted = torch.zeros(2, 2, 3)
    wanted[0, 0, 0] = 3.0
    loss, parts = surrogate_loss(outputs, targets, occupancy, wanted, 10.0)
    errors = [1 / 2, 4 / 2, (9 + 100) / 2]
    grid = (11 * 1 + 4) / 12  # eleven tiles off by one, one by two; padding does not count
    np.testing.assert_allclose(parts, [*errors, grid], rtol=1e-6)
    assert float(loss) == pytest.approx(sum(errors) / 3 + 10 * grid)
    bare, parts = surrogate_loss(outputs, targets, None, wanted, 10.0)
    assert float(bare) == pytest.approx(sum(errors) / 3)
    assert len(parts) == 3


def test_published_units_train_on_raw_targets():
    data = data_set(40)
    model = surrogate(normalise_targets=False, epochs=1, batch_size=40, learning_rate=1e-12)
    report = model.train(data, 0)
    arrays = data.arrays()
    # The first step's loss is that of the initial network in training mode, whose outputs are
    # tiny beside the raw measures: its MSE is nearly their mean square.
    assert report.losses["measure_2"] == pytest.approx(
        np.mean(arrays["measures"][:, 1] ** 2), rel=0.05
    )
    total = np.mean([report.losses[name] for name in ("objective", "measure_1", "measure_2")])
    assert report.loss == pytest.approx(total + 10 * report.losses["occupancy"], rel=1e-5)


def test_report_counts_partial_batches():
    done: list[int] = []
    report = surrogate(epochs=3).train(data_set(40), 5, done.append)
    assert (report.iteration, report.samples, report.epochs, report.steps) == (5, 40, 3, 9)
    # After each of three batches and after the epoch; then batch-norm statistics.
    assert done == [0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3]
    assert set(report.losses) == {"objective", "measure_1", "measure_2", "occupancy"}


@pytest.mark.parametrize("count", [1, 17])
def test_a_last_batch_of_one_sample_trains(count):
    # 17 = 16 + 1: batch norm takes its statistics over at least 4x4 positions, so one sample is
    # enough for it, and no sample is ever left out.
    report = surrogate(epochs=2).train(data_set(count), 0)
    assert np.isfinite(report.loss)
    assert report.steps == 2 * -(-count // 16)


def test_only_recent_samples_are_trained_on():
    model, other = surrogate(epochs=1, recent_samples=20), surrogate(epochs=1, recent_samples="all")
    many, few = data_set(50), data_set(20)
    arrays = many.arrays()
    few.load_state({name: column[-20:] for name, column in arrays.items()})
    model.train(many, 0)
    other.train(few, 0)
    assert_same_state(model.state(), other.state())


def test_two_runs_are_equal_and_seeds_matter():
    data = data_set(50)
    models = [surrogate(seed, epochs=2) for seed in (1, 1, 2)]
    for model in models:
        model.train(data, 0)
    assert_same_state(models[0].state(), models[1].state())
    one, _, other = (model.predict(data.arrays()["levels"]) for model in models)
    assert not np.array_equal(one.measures, other.measures)


def test_mixed_precision_trains_nearly_the_same_and_repeats():
    data = data_set(60)
    reports = [
        surrogate(epochs=10, train_precision=precision).train(data, 0)
        for precision in ("float32", "bfloat16", "bfloat16")
    ]
    assert reports[1].losses == reports[2].losses
    assert reports[1].losses != reports[0].losses
    assert reports[1].loss == pytest.approx(reports[0].loss, rel=0.2)


def statistics(model):
    return {
        name: value
        for name, value in model.state()["network"].items()
        if name.endswith(("running_mean", "running_var"))
    }


def test_exact_statistics_are_those_of_the_whole_window():
    data = data_set(32)  # two equal batches, in stored order
    model = surrogate(epochs=3)
    model.train(data, 0)
    block = model._network.ancillary.layers[2]
    maps = []
    block.body[0].register_forward_hook(lambda _layer, _input, output: maps.append(output))
    with torch.no_grad():
        for part in torch.split(data.window(None)["levels"], 16):
            model._network.train()(model._network.encoder(model.device)(part))
    found = statistics(surrogate_with(model))
    mean = torch.stack([values.mean(dim=(0, 2, 3)) for values in maps]).mean(dim=0)
    variance = torch.stack([values.var(dim=(0, 2, 3)) for values in maps]).mean(dim=0)
    name = "ancillary.layers.2.body.1.running_"
    np.testing.assert_allclose(found[name + "mean"], mean, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(found[name + "var"], variance, rtol=1e-4)


def surrogate_with(model):
    """What a training that changes nothing but the statistics leaves of ``model``."""
    other = surrogate(epochs=1, learning_rate=1e-30)
    other.load_state(model.state())
    other.train(data_set(32), 1)
    return other


def test_published_statistics_are_the_running_ones_and_weights_are_the_same():
    data = data_set(40)
    exact, running = surrogate(epochs=2), surrogate(epochs=2, exact_statistics=False)
    exact.train(data, 0)
    running.train(data, 0)
    ours, theirs = exact.state()["network"], running.state()["network"]
    for name in ours:
        is_statistic = name in statistics(exact) or name.endswith("num_batches_tracked")
        assert is_statistic or np.array_equal(ours[name], theirs[name]), name
    for name, value in statistics(exact).items():
        assert not np.array_equal(value, theirs[name]), name
    running.train(data, 1)
    assert running.state()["network"]["ancillary.layers.2.body.1.num_batches_tracked"] == 12


def test_order_of_samples_depends_on_the_iteration():
    data = data_set(50)
    one, other = surrogate(epochs=1), surrogate(epochs=1)
    one.train(data, 0)
    other.train(data, 1)
    levels = data.arrays()["levels"]
    assert not np.array_equal(one.predict(levels).measures, other.predict(levels).measures)


def test_global_random_state_and_threads_are_left_alone():
    threads, state = torch.get_num_threads(), torch.random.get_rng_state()
    model = surrogate(epochs=1, threads=threads + 1)
    model.train(data_set(20), 0)
    model.predict(data_set(3).arrays()["levels"])
    assert torch.get_num_threads() == threads
    assert torch.equal(torch.random.get_rng_state(), state)


def test_divergence_is_an_error_that_names_the_setting():
    names = ("num_blocks", "path_length")
    model = surrogate(epochs=20, learning_rate=1e30, normalise_targets=False, measures=names)
    with pytest.raises(SurrogateError, match=r"diverged in epoch \d+ of 20.*learning_rate") as told:
        model.train(data_set(40), 0)
    message = str(told.value)
    assert "start a new run with a lower surrogate.learning_rate (now 1e+30)" in message
    assert "path_length" in message
    assert "measure_" not in message


@pytest.mark.parametrize("exact", [True, False])
@pytest.mark.parametrize("rate", [1e15, 1e30])
def test_divergence_in_the_last_step_is_not_kept(rate, exact):
    """Its loss, from before that step, is finite; the weights may be, but not what they give."""
    model = surrogate(epochs=1, batch_size=40, learning_rate=rate, exact_statistics=exact)
    with pytest.raises(SurrogateError, match=r"diverged in its last steps.*learning_rate"):
        model.train(data_set(40), 0)
    assert not model.trained


def test_predictions_that_are_not_finite_are_an_error_with_advice():
    model = surrogate(epochs=1)
    model.train(data_set(40), 0)
    state = model.state()
    state["network"]["predictor.heads.weight"][:] = 3e38
    model.load_state(state)
    with pytest.raises(SurrogateError, match=r"predicts what is not finite.*learning_rate"):
        model.predict(data_set(3).arrays()["levels"])


def test_nothing_to_train_on():
    model = surrogate()
    data = data_set(3)
    data.load_state({name: column[:0] for name, column in data.arrays().items()})
    with pytest.raises(SurrogateError, match="no evaluation has succeeded"):
        model.train(data, 0)
    assert not model.trained


def test_unknown_tiles_in_the_data_are_named():
    data = data_set(10)
    data.arrays()["levels"][3, 2, 1] = 5
    with pytest.raises(SurrogateError, match=r"tile codes 0\.\.5 .* expected 0\.\.2"):
        surrogate().train(data, 0)


def test_out_of_memory_says_what_to_lower(monkeypatch):
    model = surrogate()

    def exhausted(*_):
        raise torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 9 GiB")

    monkeypatch.setattr(model._network, "forward", exhausted)
    with pytest.raises(SurrogateError, match=r"training the surrogate.*batch_size.*9 GiB"):
        model.train(data_set(10), 0)


@pytest.mark.parametrize(
    ("max_steps", "epochs", "steps"), [(1, 1, 1), (3, 1, 3), (4, 2, 4), (9, 3, 9), (100, 3, 9)]
)
def test_a_training_ends_after_so_many_steps(max_steps, epochs, steps):
    """40 samples are three batches of 16, so three epochs are nine steps."""
    done: list[int] = []
    model = surrogate(epochs=3, max_steps=max_steps)
    report = model.train(data_set(40), 0, done.append)
    assert (report.epochs, report.steps) == (epochs, steps)
    statistics = 3  # batches of all levels, at the end
    assert len(done) == steps + epochs + statistics
    assert int(model.state()["adam"]["steps"]) == steps
    assert np.isfinite(report.loss)


def test_steps_are_those_of_an_uncut_training_while_they_last():
    one, other = (surrogate(epochs=2, max_steps=most) for most in (6, None))
    for model in (one, other):
        model.train(data_set(40), 0)
    assert_same_state(one.state(), other.state())


def grown(older=64, newest=32):
    """A data set whose newest batch came on its own."""
    data = DataSet(older + newest, SPACE)
    data.add(*evaluations(older))
    data.add(*evaluations(newest, seed=1))
    return data


def test_replay_trains_on_the_newest_batch_and_so_many_older_ones():
    data = grown()
    model = surrogate(epochs=3, replay=0.5)
    report = model.train(data, 4)
    assert (report.samples, report.epochs, report.steps) == (96, 3, 3 * 3)  # of 16: 32 and 16
    again = surrogate(epochs=3, replay=0.5)
    again.train(data, 4)
    assert_same_state(model.state(), again.state())
    # None of the older ones: as if the newest batch were all there is.
    alone, only_newest = surrogate(replay=0, epochs=1, **RAW), surrogate(epochs=1, **RAW)
    newest = DataSet(32, SPACE)
    newest.add(*evaluations(32, seed=1))
    report, reference = alone.train(data, 0), only_newest.train(newest, 0)
    assert report.steps == reference.steps == 2
    assert report.loss == pytest.approx(reference.loss, rel=0.2)


def test_replay_of_all_that_is_older_is_the_training_without():
    models = surrogate(epochs=2, replay=1000), surrogate(epochs=2)
    for model in models:
        model.train(grown(), 0)
    assert_same_state(models[0].state(), models[1].state())


def test_every_epoch_replays_other_samples():
    settings = SurrogateSettings(replay=1)
    samples = Samples.of(settings, 1000, 50, 3)
    drawn = [samples.draw() for _ in range(3)]
    older = [set(rows[rows < 950].tolist()) for rows in drawn]
    assert [len(rows) for rows in older] == [50] * 3
    assert older[0] != older[1] != older[2]
    for rows in drawn:
        assert set(range(950, 1000)) <= set(rows.tolist())
        assert len(set(rows.tolist())) == 100


def test_a_training_stops_when_the_newest_batch_is_predicted_no_better():
    data = grown()
    # Nothing is learnt: the second epoch is no better than the first.
    idle = surrogate(epochs=50, patience=1, learning_rate=1e-30).train(data, 0)
    assert (idle.epochs, idle.steps) == (2, 2 * 6)  # 64 and three quarters of 32, 16 at a time
    patient = surrogate(epochs=50, patience=4, learning_rate=1e-30).train(data, 0)
    assert patient.epochs == 5
    learning = surrogate(epochs=50, patience=2)
    report = learning.train(data, 0)
    assert report.epochs > 5
    again = surrogate(epochs=50, patience=2)
    assert again.train(data, 0).epochs == report.epochs
    assert_same_state(learning.state(), again.state())


def test_what_early_stopping_judges_by_is_not_trained_on_and_changes_nothing():
    samples = Samples.of(SurrogateSettings(patience=1), 1000, 50, 3)
    held_out = set(samples.held_out.tolist())
    assert len(held_out) == 12
    assert held_out <= set(range(950, 1000))
    assert set(samples.draw().tolist()) == set(range(1000)) - held_out
    # Judging alone leaves batch-norm statistics as they are: an unreachable patience is one more
    # reason to train on, and no other difference.
    models = [surrogate(epochs=3, patience=p, exact_statistics=False) for p in (100, 1000)]
    for model in models:
        model.train(grown(), 0)
    name = "ancillary.layers.2.body.1.num_batches_tracked"
    assert models[0].state()["network"][name] == 3 * 6
    assert_same_state(models[0].state(), models[1].state())


@pytest.mark.parametrize(
    ("errors", "patience", "stops"),
    [
        ([3, 2, 1, 2, 2], 2, 5),
        ([3, 2, 1.999, 1.998, 1], 2, 4),  # less by too little
        ([3, 4, 2, 3, 1, 2, 2], 2, 7),
        ([1, 1, 1], None, None),
    ],
)
def test_a_plateau_is_so_many_errors_without_a_new_least_one(errors, patience, stops):
    plateau = Plateau(patience)
    reached = [plateau.reached(error) for error in errors]
    assert reached.index(True) + 1 == stops if stops else not any(reached)
