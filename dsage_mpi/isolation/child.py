"""The child process: builds a simulator and runs one task after the other.

    python -m dsage_mpi.isolation.child PARENT

Started by ``process.py``, never by hand. It talks to its parent (process number PARENT) by frames
on what were its standard input and output; whatever the simulator prints goes to standard error.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import signal
import sys
import traceback
from typing import TYPE_CHECKING, BinaryIO, NoReturn

import numpy as np

from dsage_mpi.core.domain import DomainError, SimulatorLostError, TasksFailedError
from dsage_mpi.isolation.factory import unpacked_factory
from dsage_mpi.isolation.frames import Frame, Kind, pack, pack_arrays, read_frame, unpack_arrays
from dsage_mpi.isolation.memory import MemoryLimit

if TYPE_CHECKING:
    from dsage_mpi.isolation.simulator import Contained

_PR_SET_PDEATHSIG = 1


def main(parent: int) -> NoReturn:
    """Answers frames until the parent closes the pipe."""
    _die_with(parent)
    # A terminal sends Ctrl-C to everybody, Slurm its warnings; the parent decides what becomes of
    # them. Dying of one would pass for a failure of the task.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1):
        signal.signal(number, signal.SIG_IGN)
    source, sink = _take_pipes()
    with contextlib.suppress(BrokenPipeError):  # the parent has no more use for the answers
        _serve(source, sink)
    sys.stdout.flush()
    sys.stderr.flush()
    # At once: what a simulator registered to be done at exit may crash or hang.
    os._exit(0)


def _serve(source: BinaryIO, sink: int) -> None:
    first = read_frame(source)
    if first is None:
        return
    try:
        factory = unpacked_factory(first.payload)
        memory = MemoryLimit(factory.memory_bytes)
        simulator: Contained = factory.build()
    except BaseException as error:
        _send(sink, Kind.FAILED, _bytes(_start_failure(error)))
        return
    sizes = {"task": simulator.task_dtype.itemsize, "result": simulator.result_dtype.itemsize}
    _send(sink, Kind.READY, json.dumps(sizes).encode())
    while (frame := read_frame(source)) is not None:
        try:
            kind, payload = _answer(simulator, frame)
        except BaseException as error:  # SystemExit too
            # The end: whatever the failure has left behind must not reach another task.
            _send(sink, Kind.FAILED, _bytes(describe(error)))
            return
        _send(sink, kind, payload)
        if kind is Kind.LOST or memory.is_near():
            return  # a fresh process does what is left


def _answer(simulator: Contained, frame: Frame) -> tuple[Kind, bytes]:
    if frame.kind is Kind.CALL:
        arrays = unpack_arrays(frame.payload)
        method = getattr(simulator, str(arrays.pop("method")))
        return Kind.ANSWER, pack_arrays(method(**arrays))
    # A copy is aligned and writable.
    task = np.frombuffer(frame.payload, simulator.task_dtype).copy()
    try:
        result = simulator(task)
    except TasksFailedError as error:
        return Kind.TASK_FAILED, _bytes(error.reasons.get(0, ""))
    except SimulatorLostError as error:
        return Kind.LOST, _bytes(str(error))
    dtype = simulator.result_dtype
    if not isinstance(result, np.ndarray) or result.dtype != dtype or result.shape != (1,):
        found = getattr(result, "shape", ""), getattr(result, "dtype", type(result).__name__)
        raise TypeError(
            f"the simulator returned {found[1]} {found[0]}, expected shape (1,) and dtype {dtype}"
        )
    return Kind.RESULT, result.tobytes()


def _send(sink: int, kind: Kind, payload: bytes) -> None:
    left = memoryview(pack(kind, payload))
    while left:
        left = left[os.write(sink, left) :]


def _take_pipes() -> tuple[BinaryIO, int]:
    """Keeps the pipes for frames and gives the simulator harmless standard streams."""
    source, sink = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return os.fdopen(source, "rb", buffering=2**16), sink


def _die_with(parent: int) -> None:
    """Has the kernel kill this process when its parent dies, however that happens (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before that
        os._exit(1)


def _bytes(text: str) -> bytes:
    """``text``, which may quote anything: half a character of Java's, say, is no UTF-8."""
    return text.encode(errors="backslashreplace")


def _start_failure(error: BaseException) -> str:
    """A domain's own message as it is; anything else with its traceback."""
    return str(error) if isinstance(error, DomainError) else describe(error)


def describe(error: BaseException) -> str:
    """Traceback text without this module's own frames."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
        trace = trace.tb_next
    return "".join(traceback.format_exception(type(error), error, trace))


if __name__ == "__main__":
    main(int(sys.argv[1]))
