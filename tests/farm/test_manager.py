from __future__ import annotations

import numpy as np
import pytest

from dsage_mpi.farm import FarmSettings, open_farm, serve
from tests.farm.scenarios.common import BAD
from tests.farm.toy import RESULT, TASK, Kind, ToySimulator, expected, make_tasks

PROGRAM = ("-m", "tests.farm.scenarios")


@pytest.mark.parametrize("ranks", [1, 2, 3, 5])
def test_neither_ranks_nor_dispatch_nor_timing_change_a_byte(mpirun, tmp_path, ranks):
    path = tmp_path / "order.npz"
    done = mpirun(ranks, *PROGRAM, "order", path)
    assert done.returncode == 0, done.stderr
    answers = np.load(path)
    assert len(answers.files) == 2 * 3 * 3 * 4 * 2 * 3
    reasons = {}
    for name in answers.files:
        _, _, _, count, _, what = name.split("-")
        tasks = make_tasks(int(count), {k: v for k, v in BAD.items() if k < int(count)})
        if what == "results":
            assert answers[name].tobytes() == expected(tasks).tobytes(), name
        elif what == "failed":
            assert answers[name].tolist() == (tasks["kind"] != Kind.FINE).tolist(), name
        else:
            assert answers[name].tolist() == reasons.setdefault(count, answers[name].tolist())
    assert [text.split(":")[0] for text in reasons["23"]] == ["1", "4", "9", "10"]


def test_megabytes_per_task(mpirun):
    done = mpirun(3, *PROGRAM, "large")
    assert done.stdout == "large: right\n" * 3, done.stderr


def test_a_rank_without_simulator_stops_all_with_a_message(mpirun):
    done = mpirun(3, *PROGRAM, "broken", timeout=60)
    assert done.returncode == 5, done.stderr
    assert "refused: rank 2 on " in done.stdout
    assert "FileNotFoundError: no weights on this node" in done.stdout
    assert "MPI_ABORT" not in done.stderr


def test_ranks_that_lose_their_simulators_change_no_byte(mpirun):
    done = mpirun(4, *PROGRAM, "lost", timeout=100)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "lost: right\n" * 6, done.stderr
    warnings = [line for line in done.stderr.splitlines() if line.startswith("dsage_mpi.farm: ")]
    for rank in (1, 2):
        mine = [line for line in warnings if line.startswith(f"dsage_mpi.farm: rank {rank} on ")]
        assert len(mine) == 6, "once in each farm"
        assert "the engine is gone; install it" in mine[0]
    assert len(warnings) == 12


def test_a_loss_that_comes_late_is_heeded_by_the_next_evaluation(mpirun):
    done = mpirun(3, *PROGRAM, "lost_late", timeout=60)
    assert done.stdout == "late: right\n" * 2, done.stderr


def test_a_farm_without_any_working_rank_stops_with_a_message(mpirun):
    done = mpirun(3, *PROGRAM, "all_lost", timeout=60)
    assert done.returncode == 6, done.stderr
    assert done.stdout.startswith("before: 0\nlost: rank ")
    assert "(and 1 more ranks) cannot simulate any more: the engine is gone; in" in done.stdout
    assert "MPI_ABORT" not in done.stderr


def test_a_suspended_rank_is_gone_on_without_and_welcome_again(mpirun, tmp_path):
    done = mpirun(3, *PROGRAM, "suspended", tmp_path / "pid", timeout=100)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "suspended: right\n", done.stderr
    said = [line for line in done.stderr.splitlines() if line.startswith("dsage_mpi.farm: ")]
    missed, back = said
    assert "no heartbeat from rank 1 on " in missed
    assert "rank 1 on " in back
    assert "is back" in back


def test_a_slow_simulator_is_not_taken_for_a_dead_rank(mpirun):
    done = mpirun(3, *PROGRAM, "slow", timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "slow: 2\n"
    assert "no heartbeat" not in done.stderr


def test_waiting_leaves_the_cores_to_others(mpirun):
    done = mpirun(3, *PROGRAM, "idle")
    used = dict(line.split() for line in done.stdout.splitlines())
    assert done.returncode == 0, done.stderr
    # A few per cent on a quiet machine; a blocking receive would use 1.
    assert float(used["worker"]) < 0.3
    assert float(used["root"]) < 0.3


def test_an_abandoned_evaluation_disturbs_nothing(mpirun):
    done = mpirun(3, *PROGRAM, "interrupted", timeout=60)
    assert done.stdout.split("\n")[:3] == ["left", "again: right", "closed in good order"], (
        done.stderr
    )
    assert done.returncode == 0, done.stderr


def test_answers_may_arrive_while_the_farm_closes(mpirun):
    done = mpirun(3, *PROGRAM, "hurried", timeout=60)
    assert done.stdout == "closed in good order\n", done.stderr


def test_a_stuck_worker_cannot_hold_up_the_end(mpirun):
    done = mpirun(2, *PROGRAM, "stuck", timeout=60)
    assert done.returncode != 0
    assert "rank 1 on" in done.stderr
    assert "farm.close_seconds" in done.stderr


def test_ctrl_c_waits_for_no_worker(mpirun):
    done = mpirun(2, *PROGRAM, "ctrl_c", timeout=60)
    assert done.returncode == 130
    assert "[rank 0] interrupted" in done.stderr


def test_leaving_without_close_lets_the_workers_go(mpirun):
    assert mpirun(3, *PROGRAM, "forgotten", timeout=60).returncode == 3


def test_many_long_failure_texts_travel_in_messages_that_mpi_can_send(mpirun):
    done = mpirun(3, *PROGRAM, "wordy", timeout=60)
    assert done.stdout == "wordy: right\n", done.stderr


def test_accounts_of_rank_0_and_of_the_workers_agree(mpirun):
    done = mpirun(3, *PROGRAM, "stats")
    assert done.stdout == "stats: right\n", done.stderr


def test_all_ranks_can_be_called_to_do_something_together(mpirun):
    done = mpirun(3, *PROGRAM, "calls", timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "[0, 2, 4]\n[0, 3, 6]\n"


@pytest.mark.mpi(min_size=2)
@pytest.mark.parametrize("dispatch", ["dynamic", "static"])
@pytest.mark.parametrize("count", [0, 1, 40])
def test_under_mpirun(world, dispatch, count):
    settings = FarmSettings(dispatch=dispatch)

    def make():
        return ToySimulator(lambda task: 0.002 * ((int(task["seed"]) + world.rank) % 2))

    if not world.is_root:
        serve(world, make, TASK, RESULT, settings)
        return
    tasks = make_tasks(count, {7: Kind.RAISE, 30: Kind.INTERRUPT} if count > 30 else None)
    with open_farm(world, make, TASK, RESULT, settings) as farm:
        assert farm.workers == world.size - 1
        outcome = farm.evaluate(tasks)
    assert outcome.results.tobytes() == expected(tasks).tobytes()
    assert (outcome.ranks > 0).all()
    assert list(outcome.reasons) == np.flatnonzero(tasks["kind"]).tolist()
