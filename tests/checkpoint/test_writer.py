import logging
from types import SimpleNamespace

import h5py
import numpy as np
import pytest

from dsage_mpi.checkpoint import writer
from dsage_mpi.checkpoint.hdf5 import read_tree
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
    ("choice", "idle", "least", "hosts", "called"),
    [
        ("parallel", True, 8001, 1, True),
        ("parallel", False, 0, 2, False),  # ranks that simulate would come late
        ("auto", True, 8000, 2, True),
        ("auto", True, 8001, 2, False),
        ("auto", True, 8000, 1, False),  # who share their disks
        ("auto", False, 8000, 2, False),
        ("serial", True, 0, 2, False),
    ],
)
def test_who_writes(tmp_path, monkeypatch, choice, idle, least, hosts, called):
    monkeypatch.setattr(writer, "PARALLEL_BYTES", least)
    team = Team(idle)
    made = CheckpointWriter(choice, team, 4, ("record",), hosts=hosts)
    assert made.write(tmp_path / "c.h5", STATE).ranks == 1
    assert team.calls == ([CALL] if called else [])
    assert read_tree(tmp_path / "c.h5")["record"]["rows"].tolist() == list(range(1000))
    made.write(tmp_path / "c.h5", STATE)
    assert len(team.calls) == called, "what failed once must not be tried again and again"


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
