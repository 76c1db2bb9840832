import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dsage_mpi.checkpoint.hdf5 import read_tree, write_tree
from dsage_mpi.config.load import load_config
from dsage_mpi.domains import build_domain
from dsage_mpi.outer.statistics import iteration_results
from dsage_mpi.report.digest import digest
from tests.outer.loops import METHODS, digest_of, make, run
from tests.outer.toy import SIDE, GridDomain, config

INPUTS = Path(__file__).parents[2] / "inputs"


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


def test_restarts_of_ensembles(tmp_path):
    settings = config(
        surrogate={"members": 2},
        selection={"kind": "expected_gain", "count": 15, "candidates": "all"},
    )
    whole, stopped, resumed = make(settings), make(settings), make(settings)
    steps = run(whole)
    run(stopped, 3)
    write_tree(tmp_path / "c.h5", stopped.state())
    resumed.load_state(read_tree(tmp_path / "c.h5"))
    run(resumed)
    assert digest(whole.state()) == digest(resumed.state())
    alone = config(selection={"kind": "expected_gain", "count": 15, "candidates": "all"})
    assert digest_of(whole) != digest_of(run_whole(alone))
    shares = iteration_results(whole, steps[-1])
    assert 0 <= shares["objective_inside_50"] <= shares["objective_inside_90"] <= 1


def run_whole(settings):
    loop = make(settings)
    run(loop)
    return loop


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


def test_how_many_landed_where_they_were_predicted():
    settings = {"archive": {"dims": [2, 2]}, "selection": {"kind": "all"}}
    loop = make(config(**settings))
    steps, told = [], []

    def after(step):
        steps.append(step)
        told.append(iteration_results(loop, step)["on_target"])

    loop.run(after)
    assert told[0] is None  # random solutions
    for step, share in zip(steps[1:], told[1:], strict=True):
        predicted = step.proposal.measures[: len(step.batch)]
        cells = [loop.archive.index_of(m) for m in (predicted, step.batch.evaluations.measures)]
        assert share == np.mean(cells[0] == cells[1])
    assert any(share > 0 for share in told[1:])


@pytest.mark.parametrize("method", METHODS)
def test_every_mutation_is_recorded_with_the_elite_that_it_descends_from(method):
    loop = make(config(method))
    elites = [set()]
    for _ in loop.steps():
        elites.append(elites[-1] | set(loop.archive.data("evaluation").tolist()))
    parents, iterations = loop.record["parent"], loop.record["iteration"]
    assert (parents[iterations == 0] == -1).all()
    if method == "domain_randomization":
        assert (parents == -1).all()
        return
    children = np.flatnonzero(parents >= 0)
    assert len(children) > len(parents) / 3
    for number in children.tolist():
        assert int(parents[number]) in elites[iterations[number]]
    if method == "map_elites":
        solutions = loop.record["solution"]
        changed = (solutions[children] != solutions[parents[children]]).sum(axis=1)
        assert changed.max() <= loop.config.emitters.mutations


def test_parents_that_cannot_be_count_as_none():
    loop = make(config("map_elites"))
    (step,) = run(loop, stop_after=1)
    count = len(loop.record)
    odd = np.array([0, count - 1, count, count + 1, 2**63, 2**64 - 7], np.uint64)
    rows = np.resize(odd, count)
    loop.record.append(replace(step.batch, first=count, parents=rows))
    told = loop.record["parent"][count : count + 6]
    np.testing.assert_array_equal(told, [0, count - 1, -1, -1, -1, -1])


def test_a_checkpoint_without_parents_goes_on(tmp_path):
    whole, stopped = make(config()), make(config())
    run(whole)
    run(stopped, stop_after=2)
    saved = stopped.state()
    del saved["record"]["parent"]
    write_tree(tmp_path / "c.h5", saved)
    resumed = make(config())
    resumed.load_state(read_tree(tmp_path / "c.h5"))
    known = len(resumed.record)
    run(resumed)
    assert digest_of(whole) == digest_of(resumed)
    assert (resumed.record["parent"][:known] == -1).all()
    np.testing.assert_array_equal(resumed.record["parent"][known:], whole.record["parent"][known:])


def test_predictions_of_a_proposal_outlive_a_restart(tmp_path):
    loop = make(config())
    run(loop, stop_after=1)
    loop.on_milestone = lambda: write_tree(tmp_path / "c.h5", loop.state())
    run(loop, stop_after=1)  # the newest milestone is that of the proposal
    saved = read_tree(tmp_path / "c.h5")
    resumed = make(config())
    resumed.load_state(saved)
    (step,) = run(resumed, stop_after=1)
    np.testing.assert_array_equal(step.proposal.measures, saved["proposal"]["measures"])
