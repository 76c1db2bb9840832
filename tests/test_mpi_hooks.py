"""A test that fails on one rank must end all ranks (tests/conftest.py)."""

from __future__ import annotations

import pytest

FAILS_ON_ONE_RANK = """
import pytest

@pytest.mark.mpi(min_size=3)
def test_lonely(world):
    assert world.rank != 1, "only here"
    world.barrier()
"""
BREAKS_ON_ONE_RANK = """
from dsage_mpi.farm import open_world

world = open_world()
if world.rank == 2:
    raise RuntimeError("only here")

def test_together():
    world.barrier()
"""


@pytest.mark.parametrize(
    ("source", "rank"), [(FAILS_ON_ONE_RANK, 1), (BREAKS_ON_ONE_RANK, 2)], ids=["test", "import"]
)
def test_a_failure_on_one_rank_ends_the_session_on_all(mpirun, tmp_path, source, rank):
    (tmp_path / "test_it.py").write_text(source)
    options = ("--with-mpi", "-p", "tests.conftest", "-p", "no:cacheprovider", "--rootdir")
    done = mpirun(3, "-m", "pytest", *options, tmp_path, tmp_path, timeout=90)
    assert done.returncode != 0
    assert f"[rank {rank}] FAILED" in done.stderr
    assert "only here" in done.stderr + done.stdout
