"""A simulator that misbehaves as its task says; imported by the child process alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from enum import IntEnum
from pathlib import Path
from typing import Any

import numpy as np

from dsage_mpi.core.domain import DomainError

TASK = np.dtype([("number", "<i8"), ("deed", "<i4"), ("once", "<i4")])
RESULT = np.dtype([("number", "<i8"), ("pid", "<i8"), ("words", "<f8", (4,))])


class Deed(IntEnum):
    """What a task makes the simulator do."""

    FINE = 0
    KILL = 1
    SEGV = 2
    EXIT = 3
    HARD_EXIT = 4
    HANG = 5
    SLEEP = 6
    RAISE = 7
    GARBAGE = 8
    NO_ARRAY = 9
    MEMORY = 10
    PRINT = 11
    BABBLE = 12  # prints without end
    INTERRUPT = 13
    LAST_WORDS = 14
    BREAK_PIPE = 15  # writes into the pipe that is not the simulator's
    CLOSE_PIPES = 16
    WORK = 17  # for a second of CPU time


def make_tasks(count: int, deeds: dict[int, Deed] | None = None, once: bool = False) -> Any:
    """(count,) tasks; ``once``: the deed is done in the first process alone that is asked."""
    tasks = np.zeros(count, TASK)
    tasks["number"] = np.arange(count) + 100
    for index, deed in (deeds or {}).items():
        tasks["deed"][index] = deed
        tasks["once"][index] = once
    return tasks


class Toy:
    task_dtype = TASK
    result_dtype = RESULT

    def __init__(self, options: dict[str, Any]) -> None:
        self._marks = Path(options["marks"]) if "marks" in options else None

    def __call__(self, tasks: Any) -> Any:
        (task,) = tasks
        deed = Deed(int(task["deed"]))
        if task["once"]:
            assert self._marks is not None
            mark = self._marks / str(task["number"])
            deed = Deed.FINE if mark.exists() else deed
            mark.touch()
        odd = self._do(deed)
        if odd is not None:
            return odd if deed is Deed.GARBAGE else None
        result = np.zeros(1, RESULT)
        result["number"], result["pid"] = task["number"], os.getpid()
        result["words"] = task["number"] / 3
        return result

    def environment(self, **arrays: Any) -> dict[str, Any]:
        """Names in the environment, and modules that are loaded."""
        return {
            "names": np.array(sorted(os.environ)),
            "modules": np.array(sorted(sys.modules)),
            "twice": 2 * arrays["number"],
        }

    def grandchild(self) -> dict[str, Any]:
        """Starts a process that does not end by itself."""
        return {"pid": np.array(subprocess.Popen(["sleep", "600"]).pid)}

    def fail(self) -> dict[str, Any]:
        raise LookupError("not here")

    def _do(self, deed: Deed) -> Any:
        if deed is Deed.KILL:
            os.kill(os.getpid(), signal.SIGKILL)
        elif deed is Deed.SEGV:
            os.kill(os.getpid(), signal.SIGSEGV)
        elif deed is Deed.EXIT:
            sys.exit(3)
        elif deed is Deed.HARD_EXIT:
            os._exit(9)
        elif deed is Deed.HANG:
            while True:
                pass
        elif deed is Deed.SLEEP:
            time.sleep(600)
        elif deed is Deed.RAISE:
            raise ZeroDivisionError("the level divides by zero")
        elif deed is Deed.GARBAGE:
            return np.zeros(2)
        elif deed is Deed.NO_ARRAY:
            return "nothing"
        elif deed is Deed.MEMORY:
            bytearray(2**62)
        elif deed is Deed.PRINT:
            print("x" * 10_000)
            os.write(1, b"from C: " + b"y" * 300_000)
        elif deed is Deed.BABBLE:
            while True:
                print("and so on " * 100)
        elif deed is Deed.INTERRUPT:
            os.killpg(os.getpid(), signal.SIGINT)
        elif deed is Deed.LAST_WORDS:
            print(f"pid={os.getpid()} at 0x{id(self):x}: no more", file=sys.stderr)
            os._exit(9)
        elif deed is Deed.BREAK_PIPE:
            for descriptor in range(3, 32):
                try:
                    os.write(descriptor, b"\x00\xff\x17 what is this? " * 4)
                except OSError:
                    continue
        elif deed is Deed.WORK:
            end = time.process_time() + 1.0
            while time.process_time() < end:
                pass
        elif deed is Deed.CLOSE_PIPES:
            os.closerange(3, 64)
            time.sleep(600)
        return None


def refuse(options: dict[str, Any]) -> Toy:
    """A factory that says what it lacks."""
    raise DomainError("no engine here; run `make engine`")


def refuse_silently(options: dict[str, Any]) -> Toy:
    """A factory that does not say what it lacks."""
    raise DomainError("")


def crash(options: dict[str, Any]) -> Toy:
    """A factory that dies."""
    print("what a pity", file=sys.stderr)
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def crash_at_first(options: dict[str, Any]) -> Toy:
    """A factory that dies in the first process that calls it."""
    mark = Path(options["marks"]) / "started"
    if not mark.exists():
        mark.touch()
        os._exit(1)
    return Toy(options)


def hang(options: dict[str, Any]) -> Toy:
    """A factory that never returns."""
    time.sleep(600)
    raise AssertionError


class Other(Toy):
    """Expects other tasks than those that it gets."""

    task_dtype = np.dtype("<i8")
