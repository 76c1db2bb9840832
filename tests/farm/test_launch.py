from __future__ import annotations

import os
import sys

import pytest

from dsage_mpi.farm.launch import Launch, World, detect_launch, mismatch, open_world
from tests import support

JOIN = (
    "from dsage_mpi.farm import open_world; w = open_world(); print(f'joined {w.size}\\n', end='')"
)


@pytest.mark.parametrize(
    ("environ", "size", "rank"),
    [
        ({"OMPI_COMM_WORLD_SIZE": "4", "OMPI_COMM_WORLD_RANK": "3"}, 4, 3),
        ({"PMI_SIZE": "8", "PMI_RANK": "0", "MPI_LOCALNRANKS": "4"}, 8, 0),
        ({"SLURM_PROCID": "2", "SLURM_STEP_NUM_TASKS": "6", "PMIX_RANK": "2"}, 6, 2),
        ({"SLURM_PROCID": "1", "SLURM_STEP_NUM_TASKS": "6"}, 6, 1),
        ({"SLURM_PROCID": "0", "SLURM_STEP_NUM_TASKS": "1", "PMIX_RANK": "0"}, 1, 0),
        ({"PMIX_RANK": "5"}, None, 5),
        ({"MPI_LOCALNRANKS": "2"}, None, None),
        # mpirun inside a Slurm step counts, not the step
        ({"OMPI_COMM_WORLD_SIZE": "9", "SLURM_PROCID": "0", "SLURM_STEP_NUM_TASKS": "1"}, 9, None),
    ],
)
def test_launchers_are_recognised(environ, size, rank):
    launch = detect_launch(environ)
    assert launch is not None
    assert (launch.size, launch.rank) == (size, rank)


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"SLURM_PROCID": "0", "SLURM_NTASKS": "32", "SLURM_JOB_ID": "1"},  # in a batch script
        {"SLURM_PROCID": "0", "SLURM_STEP_NUM_TASKS": "1"},  # interactive shell of salloc
        {"OMPI_MCA_btl": "self", "PMIX_MCA_gds": "hash"},  # settings, no launch
    ],
)
def test_no_launcher(environ):
    assert detect_launch(environ) is None


def test_mismatch_messages():
    assert mismatch(Launch("srun", 4, 0), 4) is None
    assert mismatch(Launch("srun", None, 0), 1) is None
    assert "srun announced 4 ranks, but MPI sees 1" in (mismatch(Launch("srun", 4, 0), 1) or "")
    assert "srun --mpi=pmix" in (mismatch(Launch("srun", 4, 0), 1) or "")
    assert "doctor" in (mismatch(Launch("Open MPI's mpirun", 4, 0), 1) or "")


def test_a_heterogeneous_job_may_be_larger_than_its_component():
    launch = detect_launch(
        {"SLURM_PROCID": "0", "SLURM_STEP_NUM_TASKS": "1", "SLURM_HET_SIZE": "2"}
    )
    assert launch is not None
    assert mismatch(launch, 33) is None
    assert mismatch(Launch("srun", 4, 0, at_least=True), 1) is not None


def test_a_world_of_one(monkeypatch):
    for name in list(os.environ):
        if name.startswith(("OMPI", "PMI", "SLURM", "MPI", "FLUX")):
            monkeypatch.delenv(name)
    world = open_world()
    assert world == World(rank=0, size=1, comm=None)
    assert world.is_root
    assert world.bcast({"a": 1}) == {"a": 1}
    world.barrier()


def test_without_a_launcher_nothing_of_mpi_is_loaded():
    code = (
        "import sys, dsage_mpi.farm as f, dsage_mpi.farm.manager, numpy as np\n"
        "w = f.open_world()\n"
        "d = np.dtype('f8')\n"
        "with f.open_farm(w, lambda: (lambda t: 2 * t), d, d, f.FarmSettings()) as farm:\n"
        "    print(farm.evaluate(np.arange(3.0)).results)\n"
        "names = ('mpi4py', 'mpi4py.MPI', 'torch', 'ribs', 'h5py')\n"
        "heavy = [m for m in names if m in sys.modules]\n"
        "print('heavy', heavy)\n"
    )
    done = support.python("-c", code)
    assert done.stdout == "[0. 2. 4.]\nheavy []\n", done.stderr


def test_a_launcher_of_another_mpi_is_refused(mpirun):
    # What a process started by MPICH's mpirun sees whose mpi4py loads Open MPI.
    pytest.importorskip("mpi4py")
    done = support.python("-c", JOIN, env={"FLUX_JOB_SIZE": "4", "FLUX_TASK_RANK": "0"})
    assert done.returncode == 1
    assert "Flux announced 4 ranks, but MPI sees 1" in done.stderr
    assert "Traceback" not in done.stderr
    other = support.python("-c", JOIN, env={"FLUX_JOB_SIZE": "4", "FLUX_TASK_RANK": "1"})
    assert (other.returncode, other.stdout, other.stderr) == (1, "", "")


@pytest.mark.parametrize("ranks", [1, 3])
def test_mpirun_is_joined(mpirun, ranks):
    done = mpirun(ranks, "-c", JOIN)
    assert done.stdout == f"joined {ranks}\n" * ranks, done.stderr
    assert done.returncode == 0


def test_an_uncaught_exception_ends_all_ranks_and_names_the_rank(mpirun):
    code = (
        "from dsage_mpi.farm import open_world\n"
        "w = open_world()\n"
        "if w.rank == 1: raise ValueError('lost')\n"
        "w.barrier()\n"
    )
    done = mpirun(3, "-c", code, timeout=60)
    assert done.returncode != 0
    assert "[rank 1] Traceback" in done.stderr
    assert "[rank 1] ValueError: lost" in done.stderr


def test_system_exit_is_no_crash(mpirun):
    code = "import sys; from dsage_mpi.farm import open_world; open_world(); sys.exit(2)"
    done = mpirun(2, "-c", code, timeout=60)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "MPI_ABORT" not in done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_the_launch_helper_ends_a_job_that_hangs(mpirun):
    with pytest.raises(AssertionError, match=r"(?s)no end after 3 s.*alive"):
        mpirun(2, "-c", "import time; print('alive', flush=True); time.sleep(99)", timeout=3)


@pytest.mark.mpi(min_size=2)
def test_bcast_and_barrier(world):
    payload = {"text": "ü" * 100_000, "rank": 0} if world.is_root else None
    assert world.bcast(payload) == {"text": "ü" * 100_000, "rank": 0}
    world.barrier()
    assert world.bcast(world.rank) == 0
