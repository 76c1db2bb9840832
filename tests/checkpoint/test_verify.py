import subprocess
import sys

import numpy as np
import pytest

from dsage_mpi.checkpoint.hdf5 import write_tree
from dsage_mpi.checkpoint.seal import seal
from dsage_mpi.checkpoint.verify import problems


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "c.h5"
    state = {"record": {"a": np.arange(3000), "b": np.full(2000, 7.25)}, "n": 3}
    write_tree(path, state, tables=("record",))
    return path


def test_a_whole_file_has_no_problems(path):
    assert problems(path) == []


def flip(path):
    data = bytearray(path.read_bytes())
    place = data.find(np.full(20, 7.25).tobytes()) + 8 * 100
    data[place] ^= 1
    path.write_bytes(data)


def test_a_dataset_that_was_damaged_before_the_seal_is_named(path):
    flip(path)
    seal(path)
    whole, part = problems(path)
    assert "/record/b" in whole
    assert part == f"{path}: /record/b does not match its checksum"


def test_damage_beside_the_data(path):
    path.write_bytes(path.read_bytes() + b"x")
    seal(path)
    assert problems(path) == []
    path.write_bytes(path.read_bytes()[:3000])
    seal(path)
    assert [line for line in problems(path) if "HDF5 cannot open it" in line]


@pytest.mark.parametrize("foreign", [False, True])
def test_hdf5_does_not_see_what_is_not_sealed(path, foreign, monkeypatch):
    if foreign:
        path.write_bytes(b"title = 'no checkpoint'\n")
    else:
        flip(path)
    monkeypatch.setattr("dsage_mpi.checkpoint.verify.subprocess", None)
    monkeypatch.setattr("dsage_mpi.checkpoint.opening.h5py", None)
    (line,) = problems(path)
    what = "is no dsage_mpi checkpoint" if foreign else "its bytes do not match its checksum"
    assert what in line


def test_the_damaged_dataset_is_named_at_ones_own_risk(path):
    flip(path)
    command = [sys.executable, "-m", "dsage_mpi.checkpoint.verify", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.stdout == "/record/b does not match its checksum\n"


def test_rubbish_in_hdf5s_structures_does_not_end_this_program(path):
    """Zeros over everything between the head and the data."""
    data = bytearray(path.read_bytes())
    data[700:5000] = bytes(4300)
    path.write_bytes(data)
    seal(path)
    lines = problems(path)
    assert len(lines) >= 2
    assert all(str(path) in line for line in lines)
