"""Overlapped iterations: when other ranks get which batch to simulate."""

from __future__ import annotations

import pytest

from tests.outer.loops import digest_of, make, run
from tests.outer.toy import config


class Noting:
    """A farm that notes what begins and ends."""

    def __init__(self, farm, events):
        self.farm, self.events = farm, events

    def begin(self, tasks, cost=None, on_results=None):
        self.events.append("begin")
        running, events = self.farm.begin(tasks, cost, on_results), self.events

        class Running:
            def poll(self):
                running.poll()

            def finish(self, on_progress=None):
                outcome = running.finish(on_progress)
                events.append("finish")
                return outcome

        return Running()


def overlapped(budget, may_begin_next):
    """A finished run, and what happened in which order."""
    events = []
    settings = config(algorithm={"max_evaluations": budget}, outer_loop={"mode": "overlapped"})
    loop = make(settings, seen_as=lambda farm: Noting(farm, events))
    loop.may_begin_next = may_begin_next

    def iteration(loop, step):
        events.append("iteration")

    loop.listeners = (iteration,)
    run(loop)
    return loop, events


@pytest.fixture(scope="module")
def begun_at_once():
    return overlapped(60, lambda: True)


def test_ranks_have_the_next_batch_before_the_last_one_is_learned(begun_at_once):
    loop, events = begun_at_once
    assert len(loop.record) == 60
    iterations = events.count("iteration")
    assert iterations >= 4
    # Of the first iteration nothing was proposed from, so that nothing follows it at once.
    first, middle = ["begin", "finish", "iteration"], ["finish", "begin", "iteration"]
    last = ["finish", "iteration"]
    assert events == [*first, "begin", *middle * (iterations - 2), *last]


def test_they_wait_where_they_are_wanted_for_something_else(begun_at_once):
    waiting, events = overlapped(60, lambda: False)
    assert events == ["begin", "finish", "iteration"] * events.count("iteration")
    assert digest_of(waiting) == digest_of(begun_at_once[0])
