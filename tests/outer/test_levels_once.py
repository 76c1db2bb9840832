"""Which levels are simulated: none twice, and what happens when there are no more."""

import numpy as np
import pytest

from tests.outer.loops import levels_of, make, run
from tests.outer.toy import SIDE, GridDomain, config


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
