"""The journal: what it keeps, and what it makes of damage."""

from __future__ import annotations

import errno
import logging
import os
import signal
import subprocess
import sys

import numpy as np
import pytest

from dsage_mpi.config.load import load_config
from dsage_mpi.rundir.journal import Journal, journal_key
from dsage_mpi.rundir.journal_entries import read_entries
from tests.support import REPOSITORY, clean_environment

MARIO_TINY = REPOSITORY / "inputs" / "mario_tiny.toml"
TASK = np.dtype([("level", np.int8, (5,)), ("seed", np.uint64)])
RESULT = np.dtype([("score", np.float64), ("steps", np.int32)])


def tasks(*seeds):
    made = np.zeros(len(seeds), TASK)
    made["seed"] = seeds
    return made


def results(*scores):
    made = np.zeros(len(scores), RESULT)
    made["score"] = scores
    return made


@pytest.fixture
def path(tmp_path):
    return tmp_path / "journal"


@pytest.fixture
def written(path):
    """Evaluations 10, 12 and 11 of tasks 110, 112, 111; 12 has failed."""
    journal = Journal(path, "key")
    journal.add(np.array([10, 12]), tasks(110, 112), results(1.0, 0.0), {1: "it broke: ñ\n\0"})
    journal.add(np.array([11]), tasks(111), results(np.pi), {})
    journal.close()
    return path


def test_what_was_added_is_known_after_reopening(written):
    known = Journal(written, "key").recall(10, tasks(110, 111, 112, 113), RESULT)
    assert known.positions.tolist() == [0, 1, 2]
    assert known.results["score"].tolist() == [1.0, np.pi, 0.0]
    assert known.reasons == {2: "it broke: ñ\n\0"}


def test_entries_count_for_their_number_and_their_task_alone(written):
    journal = Journal(written, "key")
    assert journal.recall(10, tasks(111, 110, 112), RESULT).positions.tolist() == [2]
    assert journal.recall(9, tasks(110, 111, 112), RESULT).positions.tolist() == []
    assert journal.recall(10, tasks(110), np.dtype(np.float32)).positions.tolist() == []


def test_counts_what_a_checkpoint_lacks(written):
    journal = Journal(written, "key")
    assert [journal.beyond(n) for n in (0, 11, 12, 13)] == [3, 2, 1, 0]


def test_other_key_starts_afresh(written, caplog):
    assert len(Journal(written, "other settings")) == 0
    assert "not the journal of this configuration" in caplog.text
    assert len(Journal(written, "other settings")) == 0


def test_going_on_keeps_earlier_entries(written):
    journal = Journal(written, "key")
    journal.add(np.array([13]), tasks(113), results(4.0), {})
    journal.close()
    assert sorted(read_entries(written)) == [10, 11, 12, 13]


def test_starts_afresh_when_a_checkpoint_has_everything(written):
    journal = Journal(written, "key")
    journal.checkpointed(12)  # 12 is not in it
    assert sorted(read_entries(written)) == [10, 11, 12]
    journal.checkpointed(13)
    assert read_entries(written) == {}
    assert len(journal) == 0
    journal.add(np.array([13]), tasks(113), results(4.0), {})
    journal.close()
    assert sorted(read_entries(written)) == [13]


def test_cut_anywhere_it_keeps_the_whole_entries(written):
    whole = written.read_bytes()
    counts = []
    for size in range(len(whole) + 1):
        written.write_bytes(whole[:size])
        journal = Journal(written, "key")
        counts.append(len(journal))
        journal.add(np.array([20]), tasks(120), results(2.0), {})
        journal.close()
        assert sorted(read_entries(written))[-1] == 20
        assert len(read_entries(written)) == counts[-1] + 1
    assert counts[-1] == 3
    assert counts == sorted(counts)


def test_every_flipped_bit_costs_entries_and_nothing_else(written, caplog):
    caplog.set_level(logging.CRITICAL)
    whole = written.read_bytes()
    good = read_entries(written)
    rng = np.random.default_rng(0)
    for position in rng.choice(len(whole), 60, replace=False):
        damaged = bytearray(whole)
        damaged[position] ^= 1 << rng.integers(8)
        written.write_bytes(damaged)
        journal = Journal(written, "key")
        found = journal.recall(10, tasks(110, 111, 112), RESULT)
        journal.close()
        assert len(found.positions) < 3
        for place, result in zip(found.positions, found.results, strict=True):
            assert result.tobytes() == good[10 + int(place)].result


def test_disk_that_refuses_costs_a_warning(path, monkeypatch, caplog):
    journal = Journal(path, "key")

    def full(*args):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.write", full)
        journal.add(np.array([1]), tasks(1), results(1.0), {})
        journal.add(np.array([2]), tasks(2), results(1.0), {})
    assert caplog.text.count("No space left on device") == 1
    # With the next checkpoint it tries again.
    journal.checkpointed(3)
    journal.add(np.array([3]), tasks(3), results(1.0), {})
    journal.close()
    assert sorted(read_entries(path)) == [3]


KILLED = """
import os, signal, sys
import numpy as np
from pathlib import Path
from dsage_mpi.rundir.journal import Journal
from tests.rundir.test_journal import tasks, results
journal = Journal(Path(sys.argv[1]), "key")
for number in range(5):
    journal.add(np.array([number]), tasks(number), results(1.0), {})
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_killed_process_loses_nothing(path):
    command = [sys.executable, "-c", KILLED, str(path)]
    done = subprocess.run(command, env=clean_environment(), timeout=60)
    assert done.returncode == -signal.SIGKILL
    assert sorted(read_entries(path)) == list(range(5))
    assert os.path.getsize(path) > 0


def test_disk_that_has_room_again_is_used(path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr("os.open", refuse_to_open)
        journal = Journal(path, "key")
    journal.checkpointed(0)
    journal.add(np.array([3]), tasks(103), results(3.0), {})
    journal.close()
    assert list(read_entries(path)) == [3]


def refuse_to_open(*args, **options):
    raise OSError(errno.ENOSPC, "No space left on device")


def test_entries_are_pushed_to_the_disk_in_pauses_too(path, monkeypatch):
    journal = Journal(path, "key")
    synced = []
    monkeypatch.setattr("os.fsync", synced.append)
    journal.add(np.array([1]), tasks(101), results(1.0), {})
    journal.add(np.array([2]), tasks(102), results(2.0), {})
    journal.sync_when_due()
    assert len(synced) == 1
    monkeypatch.setattr("dsage_mpi.rundir.journal.time.monotonic", lambda: float("inf"))
    journal.sync_when_due()
    journal.sync_when_due()
    assert len(synced) == 2
    journal.close()


def test_key_leaves_out_what_a_restart_may_change():
    keys = {
        override: journal_key(load_config(MARIO_TINY, overrides=[override]))
        for override in (
            "seed=0",
            "domain.simulator.deadline_seconds=17",
            "farm.chunk=3",
            "domain.simulator.budget=201",
        )
    }
    assert len(set(keys.values())) == 2
    assert keys["domain.simulator.budget=201"] not in list(keys.values())[:3]
