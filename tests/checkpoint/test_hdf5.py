import errno
import os
import resource
import signal
import stat
import subprocess
import sys
import time

import h5py
import numpy as np
import pytest

from dsage_mpi.checkpoint.hdf5 import read_attributes, read_tree, write_tree
from dsage_mpi.core.state import CheckpointError

NESTED = np.dtype(
    [("rollout", [("status", "<i4"), ("by_type", "<i4", (3,)), ("x", "<f4")], (5,)), ("b", "i1")]
)
RESULT = np.dtype([("grid", np.int32, (4, 4)), ("ok", np.bool_), ("length", np.float32, (3,))])


def example():
    rows = np.zeros(5, RESULT)
    rows["grid"] = np.arange(80).reshape(5, 4, 4)
    rows["ok"][::2] = True
    return {
        "numbers": {"i": 3, "f": 0.1, "yes": True, "big": 2**62},
        "text": "wall — ü\nsecond line",
        "nothing": "",
        "odd": "nul \0 and half a pair \udc80",
        "arrays": {
            "rows": rows,
            "nested": np.frombuffer(bytes(range(202)), NESTED),
            "empty": np.empty((0, 7), np.float32),
            "scalar": np.array(2.5),
            "nan": np.array([np.nan, -0.0, np.inf]),
            "bool": np.array([True, False]),
            "u64": np.array([2**64 - 1], np.uint64),
        },
        "texts": {"some": ["wall", "", "ü\udc80"], "none": []},
        "empty_group": {},
    }


def assert_same(a, b):
    assert type(a) is type(b) or isinstance(a, np.ndarray)
    if isinstance(a, dict):
        assert a.keys() == b.keys()
        for key in a:
            assert_same(a[key], b[key])
    elif isinstance(a, np.ndarray):
        assert a.dtype == b.dtype
        assert a.shape == b.shape
        assert a.tobytes() == b.tobytes()
    else:
        assert a == b


def test_round_trip_is_exact(tmp_path):
    write_tree(tmp_path / "c.h5", example())
    assert_same(read_tree(tmp_path / "c.h5"), example())
    assert [p.name for p in tmp_path.iterdir()] == ["c.h5"]


def test_tables_change_nothing_but_the_layout(tmp_path):
    write_tree(tmp_path / "c.h5", example(), tables=("arrays", "texts", "numbers"))
    assert_same(read_tree(tmp_path / "c.h5"), example())


def test_root_attributes(tmp_path):
    attributes = {"seed": 2**62, "program": "dsage_mpi", "share": 0.25, "fine": True}
    write_tree(tmp_path / "c.h5", {}, attributes)
    assert read_attributes(tmp_path / "c.h5").items() >= attributes.items()


def test_equal_states_give_equal_bytes(tmp_path):
    for name in ("a.h5", "b.h5"):
        write_tree(tmp_path / name, example(), {"seed": 1}, ("arrays",))
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()


def test_refuses_what_only_a_pickle_could_hold(tmp_path):
    with pytest.raises(TypeError, match="/thing"):
        write_tree(tmp_path / "c.h5", {"thing": object()})
    with pytest.raises(TypeError):
        write_tree(tmp_path / "c.h5", {"thing": np.array([object()])})
    with pytest.raises(TypeError, match="/list"):
        write_tree(tmp_path / "c.h5", {"list": ["fine", 3]})
    assert list(tmp_path.iterdir()) == []


def test_foreign_newer_and_missing_files_are_refused(tmp_path):
    with pytest.raises(CheckpointError, match="no checkpoint"):
        read_tree(tmp_path / "missing.h5")
    with h5py.File(tmp_path / "foreign.h5", "w") as file:
        file["x"] = 1
    with pytest.raises(CheckpointError, match="no dsage_mpi checkpoint"):
        read_tree(tmp_path / "foreign.h5")
    write_tree(tmp_path / "newer.h5", {})
    newer = (tmp_path / "newer.h5").read_bytes().replace(b"schema 3\n", b"schema 9\n", 1)
    (tmp_path / "newer.h5").write_bytes(newer)
    with pytest.raises(CheckpointError, match="update dsage_mpi"):
        read_tree(tmp_path / "newer.h5")


def test_unwritable_folder_is_a_clear_error(tmp_path):
    with pytest.raises(CheckpointError, match="cannot write checkpoint"):
        write_tree(tmp_path / "no_such_folder" / "c.h5", {"a": 1})


def refusing(call, number):
    """``call``, but folders (or all files, for posix_fallocate) are not supported."""

    def refuse(descriptor, *rest):
        if rest or stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(number, os.strerror(number))
        return call(descriptor)

    return refuse


@pytest.mark.parametrize("number", [errno.EINVAL, errno.EOPNOTSUPP])
def test_file_system_without_sync_of_folders_or_reservation(tmp_path, monkeypatch, number):
    write_tree(tmp_path / "usual.h5", example(), tables=("arrays",))
    monkeypatch.setattr("os.fsync", refusing(os.fsync, number))
    monkeypatch.setattr("os.posix_fallocate", refusing(None, number))
    size = write_tree(tmp_path / "c.h5", example(), tables=("arrays",))
    assert (tmp_path / "c.h5").stat().st_size == size
    assert (tmp_path / "c.h5").read_bytes() == (tmp_path / "usual.h5").read_bytes()


def test_full_disk_shows_before_hdf5_sees_it(tmp_path, monkeypatch):
    """HDF5 1.10 may crash on it."""
    monkeypatch.setattr("os.posix_fallocate", refusing(None, errno.EOPNOTSUPP))
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limit[1]))
    try:
        with pytest.raises(CheckpointError, match="File too large"):
            write_tree(tmp_path / "c.h5", {"a": np.arange(100_000)})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    assert list(tmp_path.iterdir()) == []


KILLED_WRITER = """
import sys, numpy as np
from pathlib import Path
from dsage_mpi.checkpoint.hdf5 import write_tree
path = Path(sys.argv[1])
k = 0
while True:
    write_tree(path, {"k": k, "a": np.full(200_000, k)})
    k += 1
    print(k, flush=True)
"""


def test_killed_writer_leaves_a_whole_checkpoint(tmp_path):
    path = tmp_path / "c.h5"
    for delay in (0.0, 0.003, 0.007, 0.011):
        process = subprocess.Popen(
            [sys.executable, "-c", KILLED_WRITER, str(path)], stdout=subprocess.PIPE
        )
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(delay)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
        tree = read_tree(path)
        assert (tree["a"] == tree["k"]).all()
