"""How much a balanced surrogate does, where it can be counted by hand; and that it does it."""

from __future__ import annotations

import pytest

from dsage_mpi.outer.balance import Work, planned_work
from tests.outer.loops import digest_of, make, run
from tests.outer.toy import config

#: 20 levels per inner iteration, 10 per optimizer step.
COSTS = {"simulation_seconds": 1.0, "prediction_seconds": 0.01, "training_seconds": 0.02}


def balanced(balance=None, iterations="balanced", max_steps="balanced", **surrogate):
    return config(
        balance=COSTS | (balance or {}),
        inner_loop={"iterations": iterations},
        surrogate={"batch_size": 10, "epochs": 1000, "max_steps": max_steps} | surrogate,
    )


@pytest.mark.parametrize(
    ("settings", "work"),
    [
        # 8 evaluations cost 8 s: 4 s are 20 steps of 0.2 s, 4 s are 20 iterations of 0.2 s.
        (balanced(), Work(20, 20, 200)),
        (balanced({"ratio": 2.0}), Work(40, 40, 400)),
        (balanced({"training_share": 0.25}), Work(30, 10, 100)),
        # 50 evaluations are 5 steps per epoch: what training does not take, the inner loop has.
        (balanced(epochs=2), Work(30, 10, 100)),
        (balanced(iterations=10), Work(10, 30, 300)),  # 8 s - 2 s are 30 steps
        (balanced(max_steps=5), Work(35, 5, 50)),
        (balanced(max_steps=None, epochs=3), Work(25, 15, 150)),
        (balanced(iterations=1000), Work(1000, 1, 10)),  # nothing left: the least there is
        (balanced({"training_share": 1.0}), Work(1, 40, 400)),
        # An epoch over the newest 8 and as many older ones: 2 steps of 10 and 6.
        (balanced(replay=1), Work(20, 20, 160)),
        (balanced(recent_samples=10, epochs=4), Work(36, 4, 40)),
    ],
)
def test_work_is_what_simulating_the_last_batch_cost(settings, work):
    assert planned_work(settings, batch=8, known=50, newest=8) == work


def test_without_balance_the_settings_say_what_is_done():
    settings = config(surrogate={"batch_size": 10, "epochs": 3})
    assert planned_work(settings, 8, 50, 8) == Work(8, 15, 150)


def test_a_balanced_run_resumes_to_the_same_and_says_how_long_it_searched():
    # At most 10 inner iterations of 0.1 s for each evaluation.
    settings = balanced({"prediction_seconds": 0.005}, patience=1, replay=1.5, epochs=5)
    whole = make(settings)
    steps = run(whole)
    searched = [step.proposal.notes["inner_iterations"] for step in steps[1:]]
    assert len(searched) > 2
    for before, iterations in zip(steps, searched, strict=False):
        assert 5 * len(before.batch) < iterations < 10 * len(before.batch)
    stopped = make(settings)
    run(stopped, stop_after=2)
    resumed = make(settings)
    resumed.load_state(stopped.state())
    run(resumed)
    assert digest_of(resumed) == digest_of(whole)
