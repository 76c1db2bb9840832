"""Joining the MPI job: who launched this process, and are all the others there?

Without a launcher nothing here loads MPI, so that a laptop without any MPI library can run.
"""

from __future__ import annotations

import os
import pickle
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, NoReturn

import numpy as np

from dsage_mpi.farm.backoff import wait_until

#: Longest sleep while ranks wait for each other at start-up and at the end.
_POLL_SECONDS = 2e-3
#: Other ranks die this much later than rank 0, so that its message is out before they are killed.
_QUIET_EXIT_SECONDS = 2.0


class LaunchError(SystemExit):
    """This process cannot join its MPI job; uncaught, it prints its message and exits with 1."""


@dataclass(frozen=True)
class Launch:
    """What the environment says about the MPI launcher.

    Attributes:
        launcher: Its name, for messages.
        size: Number of ranks it announced, None if it does not say.
        rank: This process' rank as announced, None if it does not say.
        at_least: The job may be larger than ``size`` (one component of a heterogeneous job).
    """

    launcher: str
    size: int | None
    rank: int | None
    at_least: bool = False


_OPEN_MPI = "Open MPI's mpirun"
#: (launcher, variable of the size, variable of the rank), the innermost launcher first.
_LAUNCHERS = (
    (_OPEN_MPI, "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK"),
    ("MVAPICH's mpirun_rsh", "MV2_COMM_WORLD_SIZE", "MV2_COMM_WORLD_RANK"),
    ("a PMI launcher (MPICH's or Intel's mpirun, srun --mpi=pmi2)", "PMI_SIZE", "PMI_RANK"),
    ("Flux", "FLUX_JOB_SIZE", "FLUX_TASK_RANK"),
)
#: Set by launchers that announce no size of their own.
_LAUNCHED = ("PMIX_RANK", "PMI_RANK", "MPI_LOCALNRANKS", "PALS_RANKID", "ALPS_APP_PE")


def detect_launch(environ: Mapping[str, str]) -> Launch | None:
    """Reads the launcher's announcement from the environment; None if there is no launcher."""
    for launcher, size, rank in _LAUNCHERS:
        if size in environ:
            return Launch(launcher, _integer(environ, size), _integer(environ, rank))
    launched = any(name in environ for name in _LAUNCHED)
    # SLURM_PROCID alone also exists in a batch script; only srun sets the step's task count.
    if "SLURM_PROCID" in environ and "SLURM_STEP_NUM_TASKS" in environ:
        size_of_step = _integer(environ, "SLURM_STEP_NUM_TASKS")
        het = "SLURM_HET_SIZE" in environ
        if launched or het or size_of_step != 1:
            return Launch("srun", size_of_step, _integer(environ, "SLURM_PROCID"), at_least=het)
        return None  # one task without MPI: an interactive shell on a node
    return Launch("an MPI launcher", None, _integer(environ, "PMIX_RANK")) if launched else None


def _integer(environ: Mapping[str, str], name: str) -> int | None:
    try:
        return int(environ[name])
    except (KeyError, ValueError):
        return None


@dataclass(frozen=True)
class World:
    """All ranks of this job, seen from one of them.

    Attributes:
        rank: This process, 0 to ``size - 1``.
        size: Number of processes.
        comm: The mpi4py communicator of all of them; None without an MPI launcher.
    """

    rank: int = 0
    size: int = 1
    comm: Any = None

    @property
    def is_root(self) -> bool:
        """Whether this is rank 0."""
        return self.rank == 0

    def bcast(self, value: Any = None, on_wait: Callable[[], None] = lambda: None) -> Any:
        """Rank 0's ``value`` on every rank (any picklable object); all ranks must call it.

        For start-up, not for speed: ranks wait asleep.

        Args:
            value: What rank 0 sends.
            on_wait: As in ``duplicate``.
        """
        if self.comm is None or self.size == 1:
            return value
        text = np.frombuffer(pickle.dumps(value), np.uint8).copy() if self.is_root else None
        length = np.array([0 if text is None else text.size], np.int64)
        self._wait(self.comm.Ibcast(length, root=0), on_wait)
        data = np.empty(int(length[0]), np.uint8) if text is None else text
        self._wait(self.comm.Ibcast(data, root=0), on_wait)
        return value if self.is_root else pickle.loads(data.tobytes())

    def barrier(self) -> None:
        """Waits, asleep, until every rank has come here."""
        if self.comm is not None and self.size > 1:
            self._wait(self.comm.Ibarrier())

    def duplicate(self, on_wait: Callable[[], None] = lambda: None) -> Any:
        """A communicator of the same ranks for private messages; all ranks must call it.

        Args:
            on_wait: Called again and again until they all have; what it raises is raised here,
                and then nothing is left but to abort.
        """
        comm, request = self.comm.Idup()
        self._wait(request, on_wait)
        return comm

    def abort(self, code: int = 1) -> NoReturn:
        """Ends all ranks at once."""
        sys.stdout.flush()
        sys.stderr.flush()
        if self.comm is not None:
            self.comm.Abort(code)
        os._exit(code)

    @staticmethod
    def _wait(request: Any, on_wait: Callable[[], None] = lambda: None) -> None:
        wait_until(request.Test, _POLL_SECONDS, on_wait=on_wait)


def open_world() -> World:
    """Joins the MPI job that this process was launched in; a world of its own if in none.

    From here on an uncaught exception on any rank ends the whole job with a traceback that names
    the rank (the others would wait for it for ever); ``SystemExit`` does not.

    Raises:
        LaunchError: The launcher and the MPI library do not fit together.
    """
    launch = detect_launch(os.environ)
    if launch is None:
        return World()
    comm = _initialise(launch)
    problem = mismatch(launch, comm.Get_size())
    if problem is not None:
        _refuse(problem, launch)
    world = World(comm.Get_rank(), comm.Get_size(), comm)
    if world.size > 1:
        install_excepthook(world)
    return world


def _initialise(launch: Launch) -> Any:
    """COMM_WORLD, after a look at the library: another launcher's MPI may die in MPI_Init."""
    try:
        import mpi4py

        if "mpi4py.MPI" not in sys.modules:
            mpi4py.rc.initialize, mpi4py.rc.finalize = False, True
        from mpi4py import MPI
    except (ImportError, RuntimeError) as error:
        _refuse(
            f"started by {launch.launcher}, but mpi4py cannot load an MPI library here: {error}\n"
            "Install the MPI that the launcher belongs to (`python -m dsage_mpi doctor` says what "
            "is missing), or start without a launcher to run on one process.",
            launch,
        )
    if not MPI.Is_initialized():
        vendor = MPI.get_vendor()[0]
        if launch.launcher == _OPEN_MPI and vendor != "Open MPI":
            _refuse(
                f"started by {launch.launcher}, but mpi4py loads {vendor}. Remedy: use the mpirun "
                "that belongs to it; `python -m dsage_mpi doctor` shows both.",
                launch,
            )
        with warnings.catch_warnings():
            # mpi4py only suspects what ``mismatch`` says for certain.
            warnings.filterwarnings("ignore", message="suspicious MPI", category=RuntimeWarning)
            MPI.Init_thread(MPI.THREAD_MULTIPLE)
    return MPI.COMM_WORLD


def mismatch(launch: Launch, size: int) -> str | None:
    """What is wrong with a COMM_WORLD of ``size`` ranks under this launcher; None if nothing."""
    if launch.size is None or size == launch.size or (launch.at_least and size > launch.size):
        return None
    remedy = (
        "try `srun --mpi=pmix` (Open MPI) or `srun --mpi=pmi2` (MPICH); `srun --mpi=list` shows "
        "what this Slurm offers"
        if launch.launcher == "srun"
        else "use the mpirun that belongs to the MPI library that mpi4py loads; "
        "`python -m dsage_mpi doctor` shows both"
    )
    return (
        f"{launch.launcher} announced {launch.size} ranks, but MPI sees {size}: the launcher does "
        f"not belong to the MPI library in use, so this would be {launch.size} separate jobs "
        f"instead of one. Remedy: {remedy}."
    )


def _refuse(problem: str, launch: Launch) -> NoReturn:
    if launch.rank in (None, 0):
        raise LaunchError(f"dsage_mpi: {problem}")
    time.sleep(_QUIET_EXIT_SECONDS)
    raise LaunchError(1)


def install_excepthook(world: World) -> None:
    """Makes an uncaught exception of this rank end all ranks, after a traceback with the rank."""

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            text, code = "interrupted\n", 130
        else:
            text, code = "".join(traceback.format_exception(kind, error, trace)), 1
        prefix = f"[rank {world.rank}] "
        sys.stderr.write("".join(prefix + line for line in text.splitlines(keepends=True)))
        world.abort(code)

    sys.excepthook = hook
