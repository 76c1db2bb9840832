"""All ranks write one file; what one of them cannot do hangs or spoils nothing."""

from __future__ import annotations

import h5py
import pytest

PROGRAM = ("-m", "tests.checkpoint.scenarios")
needs_parallel_hdf5 = pytest.mark.skipif(
    not h5py.get_config().mpi, reason="this h5py is built without MPI"
)
AGAIN = "trying again with rank 0 alone"


def lines(done):
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout.splitlines()


@needs_parallel_hdf5
@pytest.mark.parametrize("ranks", [1, 2, 3, 4])
def test_all_ranks_write_the_bytes_that_one_writes(mpirun, tmp_path, ranks):
    found = [line.split() for line in lines(mpirun(ranks, *PROGRAM, "writers_agree", tmp_path))]
    assert [row[2] for row in found] == ["same"] * 11
    # A table without rows is nothing to share out.
    assert [int(row[1]) for row in found] == [1] + [ranks] * 10


@needs_parallel_hdf5
def test_a_full_disk_that_only_one_rank_sees(mpirun, tmp_path):
    done = mpirun(
        3,
        *PROGRAM,
        "last_rank_cannot_write",
        tmp_path,
        # Else one rank of a node writes for all of them.
        env={"OMPI_MCA_fcoll": "individual"},
    )
    *warnings, first, second, files = lines(done)
    assert (first, second) in (("written by 1",) * 2, ("written by 3",) * 2)
    assert files == "['c.h5']"
    if first == "written by 1":
        assert "rank 2 on " in warnings[0]
        assert AGAIN in warnings[0]


@needs_parallel_hdf5
def test_a_disk_that_fills_up_while_all_write(mpirun, tmp_path):
    warning, *rest = lines(mpirun(3, *PROGRAM, "disk_fills_meanwhile", tmp_path))
    assert AGAIN in warning
    assert rest == ["written by 1", "written by 1", "['c.h5']"]


@needs_parallel_hdf5
def test_a_full_disk_leaves_the_old_checkpoint(mpirun, tmp_path):
    error, files, again, rows = lines(mpirun(3, *PROGRAM, "first_rank_cannot_write", tmp_path))
    assert error.startswith("CheckpointError cannot write checkpoint")
    assert "File too large" in error
    assert files == "['c.h5'] 100"
    assert (again, rows) == ("written by 3", "9000")


@needs_parallel_hdf5
def test_a_folder_that_one_rank_does_not_see(mpirun, tmp_path):
    warning, *rest = lines(mpirun(3, *PROGRAM, "unshared", tmp_path))
    assert "rank 2 on " in warning
    assert "file system that all nodes share" in warning
    assert rest == ["written by 1", "written by 1", "['c.h5']"]


@needs_parallel_hdf5
def test_a_rank_without_its_rows_takes_part_all_the_same(mpirun, tmp_path):
    warning, *rest = lines(mpirun(3, *PROGRAM, "last_rank_loses_its_rows", tmp_path))
    assert "rank 2 on " in warning
    assert "no room" in warning
    assert rest == ["written by 1", "written by 1", "['c.h5']"]
