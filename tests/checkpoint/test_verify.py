import numpy as np
import pytest

from dsage_mpi.checkpoint.hdf5 import write_tree
from dsage_mpi.checkpoint.verify import problems


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "c.h5"
    state = {"record": {"a": np.arange(3000), "b": np.full(2000, 7.25)}, "n": 3}
    write_tree(path, state, tables=("record",))
    return path


def test_a_whole_file_has_no_problems(path):
    assert problems(path) == []


def test_the_damaged_dataset_is_named(path):
    data = bytearray(path.read_bytes())
    place = data.find(np.full(20, 7.25).tobytes()) + 8 * 100
    data[place] ^= 1
    path.write_bytes(data)
    whole, part = problems(path)
    assert "its bytes do not match its checksum" in whole
    assert part == f"{path}: /record/b does not match its checksum"


def test_damage_beside_the_data(path):
    path.write_bytes(path.read_bytes() + b"x")
    whole, part = problems(path)
    assert "were written" in whole
    assert "the damage is beside them" in part


def test_what_hdf5_cannot_open(path):
    path.write_bytes(path.read_bytes()[:3000])
    assert [line for line in problems(path) if "HDF5 cannot open it" in line]


def test_rubbish_in_hdf5s_structures_does_not_end_this_program(path):
    """Zeros over everything between the head and the data."""
    data = bytearray(path.read_bytes())
    data[700:5000] = bytes(4300)
    path.write_bytes(data)
    lines = problems(path)
    assert len(lines) >= 2
    assert all(str(path) in line for line in lines)
