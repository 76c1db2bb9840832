"""The surrogate's archive of the newest iteration: what it says is true, also after a restart."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from dsage_mpi.api.results import open_run
from dsage_mpi.outer.methods.base import Proposal
from dsage_mpi.outer.searched import Searched
from dsage_mpi.run.recorders.surrogate_archive import SurrogateArchiveRecorder
from dsage_mpi.rundir.surrogate_archive import (
    NAME,
    read_surrogate_archive,
    write_surrogate_archive,
)
from tests import runs, support


@pytest.mark.parametrize("method", ["dsage", "overlapped"])
def test_the_chosen_are_those_that_were_simulated(
    whole_run: Callable[[str], Path], method: str
) -> None:
    """Walls are read off the level, so that predicted and simulated ones are the same."""
    run = open_run(whole_run(method))
    found = read_surrogate_archive(whole_run(method))
    assert found is not None
    record = run._stored.tree["record"]
    there = (found.place >= 0) & (found.place < len(record["failed"]))
    assert there.sum() > 1
    np.testing.assert_array_equal(
        found.measures[there, 0], record["measures"][found.place[there], 0]
    )
    np.testing.assert_array_equal(found.cell, run.archive.index_of(found.measures))
    iterations = set(record["iteration"][found.place[there]].tolist())
    assert iterations == {found.iteration}
    assert found.iteration == record["iteration"][-1]
    chosen = np.sort(found.place[found.place >= 0])
    np.testing.assert_array_equal(chosen, chosen[0] + np.arange(len(chosen)))


def test_a_restart_leaves_the_same_file(whole_run: Callable[[str], Path], tmp_path: Path) -> None:
    whole = whole_run("dsage")
    early = sorted((whole / "checkpoints").glob("checkpoint-*.h5"))[2]
    again = tmp_path / "again"
    runs.finished(
        support.python("-m", "dsage_mpi", "--restart", early, "--run-dir", again, timeout=120)
    )
    assert (again / NAME).read_bytes() == (whole / NAME).read_bytes()
    assert runs.digest(again) == runs.digest(whole)


def test_methods_without_a_surrogate_leave_none(whole_run: Callable[[str], Path]) -> None:
    assert not (whole_run("map_elites") / NAME).exists()


def searched(iteration: int) -> Searched:
    return Searched(
        iteration, np.arange(3), np.ones(3), np.zeros((3, 2)), np.array([1, -1, 0], np.int64)
    )


def recorder(folder: Path, iteration: int = 0) -> SurrogateArchiveRecorder:
    loop = SimpleNamespace(iteration=iteration, config=SimpleNamespace(overlaps=False))
    parts = SimpleNamespace(directory=SimpleNamespace(path=folder), loop=loop)
    return SurrogateArchiveRecorder(parts)  # type: ignore[arg-type]


def test_a_run_that_goes_back_has_none_of_what_is_to_come(tmp_path: Path) -> None:
    write_surrogate_archive(tmp_path, searched(4), first=10)
    found = read_surrogate_archive(tmp_path)
    assert found is not None
    assert found.place.tolist() == [11, -1, 10]
    recorder(tmp_path, iteration=4).load_state({})
    assert (tmp_path / NAME).exists()
    recorder(tmp_path, iteration=3).load_state({})
    assert not (tmp_path / NAME).exists()


def test_a_disk_that_refuses_costs_one_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    made = recorder(tmp_path / "gone")
    proposal = Proposal(np.zeros((2, 1)), searched=searched(0))
    with caplog.at_level(logging.WARNING):
        made.after_proposal(proposal, 0)
        made.after_proposal(proposal, 2)
    assert caplog.text.count("which reports show") == 1


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04nonsense", None])
def test_a_damaged_file_is_none(
    whole_run: Callable[[str], Path], tmp_path: Path, damage: bytes | None
) -> None:
    if damage is None:
        shutil.copy(whole_run("dsage") / "archive.npz", tmp_path / NAME)
    else:
        (tmp_path / NAME).write_bytes(damage)
    assert read_surrogate_archive(tmp_path) is None
