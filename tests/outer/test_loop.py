import contextlib
import json
from pathlib import Path

import numpy as np
import pytest

from dsage_mpi.checkpoint.hdf5 import read_tree, write_tree
from dsage_mpi.config.load import load_config
from dsage_mpi.core.state import CheckpointError
from dsage_mpi.domains import build_domain
from dsage_mpi.farm import open_farm
from dsage_mpi.farm.launch import World
from dsage_mpi.farm.settings import FarmSettings
from dsage_mpi.outer.loop import OuterLoop
from dsage_mpi.outer.phases import Phases
from dsage_mpi.report.digest import digest
from tests.outer.toy import SIDE, GridDomain, config

INPUTS = Path(__file__).parents[2] / "inputs"
METHODS = ["dsage", "map_elites", "domain_randomization"]


class Silent:
    def phase(self, name, total=None):
        pass

    def advance(self, count=1, note=""):
        pass


def make(settings, domain=None):
    domain = domain or GridDomain()
    farm = open_farm(
        World(),
        lambda: domain.make_simulator(domain.simulator_payload()),
        domain.task_dtype,
        domain.result_dtype,
        FarmSettings(),
    )
    return OuterLoop(settings, domain, farm, Phases(Silent()))


def run(loop, stop_after=None):
    steps = []

    def after(step):
        steps.append(step)
        if len(steps) == stop_after:
            raise StopIteration

    with contextlib.suppress(StopIteration):
        loop.run(after)
    return steps


def digest_of(loop):
    state = loop.state()
    return digest(state["archive"], state["record"])


@pytest.mark.parametrize("method", METHODS)
def test_budget_is_spent_exactly(method):
    loop = make(config(method))
    run(loop)
    assert len(loop.record) == 90
    assert loop.evaluations_left == 0
    assert not loop.archive.empty


def test_budget_smaller_than_the_initial_solutions():
    loop = make(config(algorithm={"max_evaluations": 7}))
    assert len(run(loop)) == 1
    assert len(loop.record) == 7


@pytest.mark.parametrize("method", METHODS)
def test_same_seed_same_run_and_other_seed_other_run(method):
    first, second = make(config(method)), make(config(method))
    other = make(config(method).model_copy(update={"seed": 6}))
    for loop in (first, second, other):
        run(loop)
    assert digest_of(first) == digest_of(second) != digest_of(other)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("stop_after", [1, 2, 3])
def test_restarted_run_equals_uninterrupted_run(method, stop_after, tmp_path):
    whole = make(config(method))
    run(whole)

    stopped = make(config(method))
    run(stopped, stop_after)
    write_tree(tmp_path / "c.h5", stopped.state())
    resumed = make(config(method))
    resumed.load_state(read_tree(tmp_path / "c.h5"))
    run(resumed)

    a, b = whole.state(), resumed.state()
    assert digest(a) == digest(b)
    for name in a["archive"]:
        np.testing.assert_array_equal(a["archive"][name], b["archive"][name])


def test_held_out_errors_come_before_training_on_the_batch():
    steps = run(make(config()))
    assert steps[0].errors == {}
    assert all("objective_mae" in step.errors for step in steps[1:])
    assert steps[1].proposal.cost is not None


def levels_of(loop):
    return loop.record["level"].reshape(len(loop.record), -1)


@pytest.mark.parametrize("candidates", ["new", "improving", "all"])
def test_no_level_is_simulated_twice(candidates):
    """Of a domain of few levels, in which parents are often found again."""
    loop = make(config(selection={"candidates": candidates}), FewLevels())
    run(loop)
    assert len(loop.record) == 90
    later = levels_of(loop)[20:]  # the first are random
    assert len(np.unique(later, axis=0)) == len(later)
    first = {row.tobytes() for row in levels_of(loop)[:20]}
    assert not any(row.tobytes() in first for row in later)


def test_a_level_that_failed_is_not_simulated_again():
    domain = FewLevels(fails=lambda task: task["level"].sum() % 3 == 0)
    loop = make(config(selection={"candidates": "all"}), domain)
    run(loop)
    failed = levels_of(loop)[loop.record["failed"]][:, :8]
    later = np.unique(failed, axis=0)
    assert len(failed) > 10
    assert len(later) >= len(failed) - 5  # but for random ones


class FewLevels(GridDomain):
    """Only the first eight positions of a solution make a difference: 256 levels."""

    def levels(self, solutions):
        solutions = np.array(solutions)
        solutions[:, 8:] = 0
        return solutions.reshape(-1, SIDE, SIDE)

    bare_levels = levels


class Marked(FewLevels):
    """What is simulated has a mark that predictions are not shown, as published for mazes."""

    tile_count = 3

    def levels(self, solutions):
        levels = super().bare_levels(solutions)
        levels[:, -1, -1] = 2
        return levels

    def tasks(self, solutions, seeds):
        tasks = super().tasks(solutions, seeds)
        tasks["level"] = self.bare_levels(solutions)
        return tasks

    def interpret(self, tasks, results):
        evaluations = super().interpret(tasks, results)
        evaluations.levels[:, -1, -1] = 2
        return evaluations


def test_real_elites_are_known_where_predictions_are_shown_other_levels():
    settings = config(
        selection={"kind": "all", "candidates": "all"}, surrogate={"inputs": "published"}
    )
    loop = make(settings, Marked())
    run(loop)
    later = levels_of(loop)[20:]
    first = {row.tobytes() for row in levels_of(loop)[:20]}
    assert len(np.unique(later, axis=0)) == len(later)
    assert not any(row.tobytes() in first for row in later)


def test_where_candidates_are_few_offspring_of_real_elites_are_simulated():
    """An inner loop of one batch finds next to nothing new."""
    settings = config(
        inner_loop={"iterations": 1},
        emitters={"count": 1, "batch_size": 2},
        selection={"kind": "all", "at_least": 12},
    )
    steps = run(make(settings))
    notes = [step.proposal.notes for step in steps[1:]]
    assert [len(step.batch) for step in steps[1:]] == [12] * 5 + [10]
    assert all(note["candidates"] + note["filled"] >= 12 for note in notes)
    assert all(note["filled"] >= 10 for note in notes)


def test_a_run_ends_when_everything_has_been_simulated():
    class Two(FewLevels):
        def levels(self, solutions):
            solutions = np.array(solutions)
            solutions[:, 1:] = 0
            return solutions.reshape(-1, SIDE, SIDE)

        bare_levels = levels

    loop = make(config(), Two())
    run(loop)
    assert len(np.unique(levels_of(loop), axis=0)) == 2
    assert len(loop.record) == 20


@pytest.mark.parametrize("kind", ["downsample", "expected_gain"])
@pytest.mark.parametrize("start", ["archive", "empty"])
def test_restarts_with_every_start_and_rule(kind, start, tmp_path):
    settings = config(
        inner_loop={"start": start}, selection={"kind": kind, "count": 15, "candidates": "all"}
    )
    whole = make(settings)
    run(whole)
    stopped = make(settings)
    run(stopped, 3)
    write_tree(tmp_path / "c.h5", stopped.state())
    resumed = make(settings)
    resumed.load_state(read_tree(tmp_path / "c.h5"))
    run(resumed)
    assert digest(whole.state()) == digest(resumed.state())


@pytest.mark.parametrize("method", METHODS)
def test_failed_evaluations_count_but_add_nothing(method):
    domain = GridDomain(fails=lambda task: task["seed"] % 3 == 0)
    loop = make(config(method), domain)
    run(loop)
    failed = loop.record["failed"]
    assert len(loop.record) == 90
    assert 10 < failed.sum() < 60
    assert sorted(loop.record.reasons) == list(np.flatnonzero(failed))
    assert "dislikes seed" in loop.record.reasons[int(np.flatnonzero(failed)[0])]
    assert not np.isin(np.flatnonzero(failed), loop.archive.data("evaluation")).any()
    assert np.isnan(loop.record["objective"][failed]).all()
    levels = loop.record["solution"].reshape(loop.record["level"].shape)
    np.testing.assert_array_equal(loop.record["level"], levels)  # of failed ones, too


@pytest.mark.parametrize("quantity", ["objective", "measures", "occupancy"])
@pytest.mark.parametrize("method", METHODS)
def test_results_that_are_not_finite_are_failed_evaluations(method, quantity):
    class Sick(GridDomain):
        def interpret(self, tasks, results):
            evaluations = super().interpret(tasks, results)
            getattr(evaluations, quantity)[tasks["seed"] % 3 == 0] = np.nan
            return evaluations

    loop = make(config(method), Sick())
    run(loop)
    failed = loop.record["failed"]
    assert len(loop.record) == 90
    assert 10 < failed.sum() < 60
    assert f"NaN or infinite {quantity}" in loop.record.reasons[int(np.flatnonzero(failed)[0])]


@pytest.mark.parametrize("method", METHODS)
def test_results_that_a_domain_calls_impossible_are_failed_evaluations(method):
    class Suspicious(GridDomain):
        def impossible(self, results):
            return {int(k): "score = 2" for k in np.flatnonzero(results["score"] > 0.8)}

    loop = make(config(method), Suspicious())
    run(loop)
    failed = loop.record["failed"]
    assert 10 < failed.sum() < 80
    np.testing.assert_array_equal(failed, loop.record["result"]["score"] > 0.8)
    reason = loop.record.reasons[int(np.flatnonzero(failed)[0])]
    assert reason == "the simulator's result is impossible: score = 2"
    assert loop.archive.data("objective").max() <= 0.8


def test_run_whose_every_evaluation_fails_still_ends():
    loop = make(config(), GridDomain(fails=lambda task: True))
    run(loop)
    assert len(loop.record) == 90
    assert loop.archive.empty


def test_edited_checkpoint_is_refused():
    loop = make(config("map_elites"))
    run(loop)
    state = loop.state()
    state["archive"]["objective"] = state["archive"]["objective"] + 1
    with pytest.raises(CheckpointError, match="objective"):
        make(config("map_elites")).load_state(state)


class OtherProcessor(GridDomain):
    """Rounds a little differently, and so makes another level of one solution."""

    def interpret(self, tasks, results):
        again = super().interpret(tasks, results)
        again.objective[:] = np.nextafter(again.objective, 1)
        again.levels[:1, 0, 0] ^= 1
        return again


@pytest.mark.parametrize("method", METHODS)
def test_a_run_goes_on_where_numbers_are_rounded_differently(method):
    loop = make(config(method))
    run(loop, stop_after=3)
    state = loop.state()
    again = make(config(method), OtherProcessor())
    again.load_state(state)
    assert digest_of(again) == digest_of(loop)
    if method == "dsage":
        for name, column in loop.method._data.arrays().items():
            np.testing.assert_array_equal(again.method._data.arrays()[name], column)


@pytest.mark.parametrize("quantity", ["objective", "measures", "levels", "metadata"])
def test_results_that_are_read_in_another_way_are_refused(quantity):
    class OtherVersion(GridDomain):
        def interpret(self, tasks, results):
            again = super().interpret(tasks, results)
            getattr(again, quantity)[:] += 1
            return again

    loop = make(config("map_elites"))
    run(loop)
    with pytest.raises(CheckpointError, match=f"do not give the recorded {quantity}: .* version"):
        make(config("map_elites"), OtherVersion()).load_state(loop.state())


@pytest.mark.parametrize(
    "selection",
    [{"kind": "all"}, {"kind": "random", "count": 9}, {"kind": "empty_cells_first", "count": 9}],
)
def test_ablations_run_through_the_same_loop(selection):
    loop = make(config(selection=selection, surrogate={"ancillary": False}))
    run(loop)
    assert len(loop.record) == 90


@pytest.mark.parametrize("known_measures", [True, False])
def test_what_a_level_tells_by_itself_is_not_guessed(known_measures):
    """The toy's first measure is known: cells of the surrogate archive then have it right."""

    class HalfKnown(GridDomain):
        def known_measures(self, levels):
            known = super().known_measures(levels)
            known[:, 0] = levels[:, : SIDE // 2].sum(axis=(1, 2))
            return known

    loop = make(config(surrogate={"known_measures": known_measures}), HalfKnown())
    seen = []
    select = loop.method._select

    def spy(predicted, *arguments):
        seen.append(predicted.data(["solution", "measures"]))
        return select(predicted, *arguments)

    loop.method._select = spy
    run(loop)
    right = [
        (elites["measures"][:, 0] == elites["solution"].reshape(-1, SIDE, SIDE)[:, :4].sum((1, 2)))
        for elites in seen
    ]
    assert np.concatenate(right).all() == known_measures


class OneLevel(GridDomain):
    """All solutions give the same level."""

    def levels(self, solutions):
        return np.zeros((len(solutions), SIDE, SIDE), np.int8)

    bare_levels = levels


def test_a_run_that_has_simulated_every_level_ends_early_and_says_so(caplog):
    settings = config(emitters={"initial_population": 2}, inner_loop={"iterations": 1})
    loop = make(settings, OneLevel())
    assert len(run(loop)) == 1  # the random ones at the start
    assert len(loop.record) == 20
    (message,) = [r.getMessage() for r in caplog.records if "ends early" in r.getMessage()]
    assert "after 20 of 90 evaluations" in message
    assert "emitters.mutations" in message
    assert "proposal" not in loop.state()  # a restart looks again


def test_as_published_levels_may_be_simulated_again():
    loop = make(
        config(
            selection={"kind": "all", "candidates": "all", "at_least": 1, "resimulate": True},
            inner_loop={"start": "empty"},
        ),
        OneLevel(),
    )
    run(loop)
    assert len(loop.record) == 90


@pytest.mark.parametrize("count", [1, 3])
def test_any_number_of_measures(count, tmp_path):
    """A real domain; the restarted run equals the uninterrupted one."""
    measures = ["agent_path_length", "num_blocks", "optimal_path_length"][:count]
    overrides = [
        f"archive.measures={json.dumps(measures)}",
        f"archive.dims={[18, 16, 8][:count]}",
        f"archive.ranges={[[0, 648], [0, 256], [0, 100]][:count]}",
        f"selection.coarse_dims={[9, 4, 2][:count]}",
        "surrogate.threads=1",
    ]
    settings = load_config(INPUTS / "maze_tiny.toml", overrides=overrides)

    def loop():
        return make(settings, build_domain(settings.domain, settings.archive.measures))

    whole, stopped, resumed = loop(), loop(), loop()
    run(whole)
    run(stopped, 2)
    write_tree(tmp_path / "c.h5", stopped.state())
    resumed.load_state(read_tree(tmp_path / "c.h5"))
    run(resumed)
    assert whole.archive.measure_dim == count
    assert digest(whole.state()) == digest(resumed.state())
