"""Devices, threads and determinism: everything the surrogate does to torch's process-wide state."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

from dsage_mpi.core.slurm import threads_of_job
from dsage_mpi.surrogate.errors import SurrogateError
from dsage_mpi.surrogate.settings import SurrogateSettings

if TYPE_CHECKING:
    import torch

#: How torch's messages about a GPU begin, where they have no exception type of their own.
_GPU_ERRORS = ("CUDA error", "cuDNN error")

#: What /proc/cpuinfo calls units that multiply bfloat16 numbers (x86, ARM).
_BFLOAT16_UNITS = {"avx512_bf16", "amx_bf16", "bf16"}


def choose_device(device: Literal["auto", "cpu", "cuda"]) -> torch.device:
    """The torch device of the setting ``surrogate.device``.

    Raises:
        SurrogateError: "cuda" was asked for and there is none.
    """
    import torch

    usable = device != "cpu" and torch.cuda.is_available()
    if device == "cuda" and not usable:
        build = torch.version.cuda
        reason = (
            "this torch was built for the CPU alone"
            if build is None
            else f"torch (built for CUDA {build}) sees no usable GPU on this host"
        )
        raise SurrogateError(
            f'surrogate.device = "cuda": {reason}. Use device = "auto" or "cpu", install a CUDA '
            "build of torch, or start rank 0 where a GPU is allotted to it."
        )
    return torch.device("cuda" if usable else "cpu")


def gpu_name(device: str) -> str | None:
    """What the GPU that ``device`` names is called; None for the CPU."""
    if device != "cuda":
        return None
    import torch

    return torch.cuda.get_device_name(0)


def resolve_threads(settings: SurrogateSettings) -> int:
    """Number of CPU threads that ``surrogate.threads`` means here.

    Call it once on rank 0 when a run starts and keep the number in the effective configuration:
    a restart must use the same, because sums over threads round differently for another count.

    First it lets this process use all CPUs that it is allowed: ``mpirun`` pins each rank to one
    core, but while rank 0 trains, the other ranks wait for it without using theirs. "auto" is the
    number of these; in a Slurm job, whose CPUs grow with its ranks, it is the CPUs of one task, or
    what the job script says: a result must not depend on the number of ranks.
    """
    allowed = widen_affinity()
    if settings.threads != "auto":
        return settings.threads
    return threads_of_job(os.environ) or allowed


def widen_affinity() -> int:
    """Lets all threads of this process run on every CPU that the host grants; returns how many.

    What a container or batch system forbids (cpuset) stays forbidden: the kernel takes the
    intersection.
    """
    if not hasattr(os, "sched_setaffinity"):  # not Linux: ranks are not pinned there
        return os.cpu_count() or 1
    everything = range(os.cpu_count() or 1)
    for thread in _thread_ids():
        try:
            os.sched_setaffinity(thread, everything)
        except OSError:  # the thread has just ended, or a sandbox forbids it: stay as we are
            continue
    return len(os.sched_getaffinity(0))


def _thread_ids() -> list[int]:
    try:
        return [int(name) for name in os.listdir("/proc/self/task")]
    except OSError:
        return [0]


def configure_determinism(deterministic: bool, device: torch.device) -> None:
    """Sets torch up so that the same run gives the same bits.

    The number of threads matters too: see ``torch_threads``.

    Args:
        deterministic: False lets a GPU use TF32 and the fastest kernel that it finds by trying.
        device: Where the surrogate runs; on the CPU nothing but the thread count needs fixing.
    """
    import torch

    if device.type != "cuda":
        return
    if deterministic:  # read by cuBLAS when it starts, so before anything runs on the GPU
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.use_deterministic_algorithms(deterministic)
    # Nothing here reads memory that it has not written; filling it first would only cost time.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    torch.backends.cudnn.deterministic = deterministic
    torch.backends.cudnn.benchmark = not deterministic
    torch.backends.cudnn.allow_tf32 = not deterministic
    torch.backends.cuda.matmul.allow_tf32 = not deterministic


@contextmanager
def any_kernel() -> Iterator[None]:
    """Runs a block whose operations write to no place twice, so that every kernel does the same.

    Where determinism is asked for, a GPU would otherwise sort the places first.
    """
    import torch

    asked = torch.are_deterministic_algorithms_enabled()
    if not asked:
        yield
        return
    torch.use_deterministic_algorithms(False)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(asked)


@contextmanager
def torch_threads(count: int) -> Iterator[None]:
    """Runs a block with ``count`` torch threads, whatever other parts of this process have set."""
    import torch

    before = torch.get_num_threads()
    if before == count:
        yield
        return
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def explained_device_errors(doing: str, advice: str) -> Iterator[None]:
    """Turns exhausted memory and a failing GPU inside the block into a ``SurrogateError``.

    Args:
        doing: What the block does, for the message.
        advice: What to do where memory is exhausted.
    """
    import torch

    try:
        yield
    except (torch.cuda.OutOfMemoryError, MemoryError) as error:
        raise SurrogateError(f"Out of memory {doing}. {advice} ({_first_line(error)})") from error
    except RuntimeError as error:  # torch's CPU allocator has no exception type of its own
        text = str(error)
        if "allocate memory" in text or "not enough memory" in text:
            raise SurrogateError(f"Out of memory {doing}. {advice} ({text})") from error
        if isinstance(error, torch.AcceleratorError) or text.startswith(_GPU_ERRORS):
            raise SurrogateError(
                f"The GPU failed while {doing} ({_first_line(error)}). See nvidia-smi whether it "
                "is in use by others or broken; what was saved is intact: --restart on another "
                "node, or with --set surrogate.device=cpu."
            ) from error
        raise


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


def slow_precisions(settings: SurrogateSettings, cpuinfo: str) -> list[str]:
    """Keys of ``[surrogate]`` that ask for bfloat16 on a CPU that has no unit for it.

    Torch then makes a float32 of every number and back: predictions were measured to take ten
    times as long as in float32.

    Args:
        settings: With ``device`` resolved.
        cpuinfo: What /proc/cpuinfo says; without its lines of flags nothing is known.
    """
    lines = [line for line in cpuinfo.splitlines() if line.startswith(("flags", "Features"))]
    words = {word for line in lines for word in line.split()}
    if settings.device == "cuda" or not lines or words & _BFLOAT16_UNITS:
        return []
    keys = ("train_precision", "predict_precision")
    return [key for key in keys if getattr(settings, key) == "bfloat16"]
