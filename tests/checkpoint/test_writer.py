import logging
from types import SimpleNamespace

import h5py
import numpy as np
import pytest

from dsage_mpi.checkpoint import writer
from dsage_mpi.checkpoint.hdf5 import fill_alone, read_tree
from dsage_mpi.checkpoint.writer import CALL, CheckpointWriter
from dsage_mpi.core.state import CheckpointError

STATE = {"record": {"rows": np.arange(1000)}, "text": "x"}


class Team:
    """Notes that it is called, and cannot help."""

    workers = 3

    def __init__(self, idle=True):
        self.idle = idle
        self.calls = []

    def call_all(self, name, argument=None):
        self.calls.append(name)
        raise OSError("no MPI in this test")


@pytest.fixture
def parallel_hdf5(monkeypatch):
    monkeypatch.setattr(h5py, "get_config", lambda: SimpleNamespace(mpi=True))


@pytest.mark.usefixtures("parallel_hdf5")
@pytest.mark.parametrize(
    ("choice", "idle", "least", "called"),
    [
        ("parallel", True, 0, True),
        ("parallel", False, 0, False),  # ranks that simulate would come late
        ("auto", True, 8001, False),
        ("auto", False, 8000, False),
        ("serial", True, 0, False),
    ],
)
def test_who_writes(tmp_path, monkeypatch, choice, idle, least, called):
    monkeypatch.setattr(writer, "PARALLEL_BYTES", least)
    team = Team(idle)
    made = CheckpointWriter(choice, team, 4, ("record",))
    assert made.write(tmp_path / "c.h5", STATE).ranks == 1
    assert team.calls == ([CALL] if called else [])
    assert read_tree(tmp_path / "c.h5")["record"]["rows"].tolist() == list(range(1000))
    made.write(tmp_path / "c.h5", STATE)
    assert len(team.calls) == called, "what failed once must not be tried again and again"


@pytest.mark.usefixtures("parallel_hdf5")
@pytest.mark.parametrize(("slow", "ranks"), [("alone", "144444"), ("together", "144111")])
def test_auto_tries_both_ways_and_keeps_the_faster(tmp_path, monkeypatch, slow, ranks):
    """On a clock of its own: one way takes twice as long."""
    now = 0.0

    def filling(way):
        def fill(file, tables):
            nonlocal now
            now += 2.0 if way == slow else 1.0
            return fill_alone(file, tables)

        return fill

    monkeypatch.setattr(writer, "PARALLEL_BYTES", 8000)
    monkeypatch.setattr(writer, "fill_alone", filling("alone"))
    monkeypatch.setattr(writer.time, "perf_counter", lambda: now)
    made = CheckpointWriter("auto", Team(), 4, ("record",))
    monkeypatch.setattr(made._leader, "fill", filling("together"))
    written = [made.write(tmp_path / "c.h5", STATE).ranks for _ in ranks]
    assert "".join(map(str, written)) == ranks


@pytest.mark.parametrize(
    ("choice", "size", "level"),
    [("auto", 4, logging.INFO), ("parallel", 4, logging.WARNING), ("auto", 1, None)],
)
def test_a_serial_hdf5_is_said_once(tmp_path, monkeypatch, caplog, choice, size, level):
    monkeypatch.setattr(h5py, "get_config", lambda: SimpleNamespace(mpi=False))
    caplog.set_level(logging.DEBUG)
    made = CheckpointWriter(choice, Team(), size, ("record",))
    for _ in range(2):
        assert made.write(tmp_path / "c.h5", STATE).ranks == 1
    said = [record for record in caplog.records if "rank 0 alone" in record.getMessage()]
    assert [record.levelno for record in said] == ([] if level is None else [level])


@pytest.mark.usefixtures("parallel_hdf5")
def test_what_rank_0_cannot_write_either_is_an_error(tmp_path):
    made = CheckpointWriter("parallel", Team(), 4, ("record",))
    with pytest.raises(CheckpointError, match="cannot write checkpoint"):
        made.write(tmp_path / "nowhere" / "c.h5", STATE)
