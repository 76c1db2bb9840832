"""A study as a Slurm job array, one task for each run (``jobs/dsage_study.slurm``)."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from dsage_mpi.core.atomic_files import atomic_write
from dsage_mpi.study.plan import PlannedRun, Study

SCRIPT = Path("jobs/dsage_study.slurm")
#: Run directory, input and seed of every run, one line each, numbered from 0 as the tasks are.
LIST = "runs.tsv"


class SubmitError(Exception):
    """The array cannot be submitted; the message says why and what to do."""


@dataclass(frozen=True)
class Array:
    """What ``sbatch`` gets.

    Attributes:
        command: The command line.
        options: What the job gets, those in the script first.
        runs: Text of the list of runs.
        list: Where that goes.
        script: The script's text.
    """

    command: tuple[str, ...]
    options: tuple[str, ...]
    runs: str
    list: Path
    script: str

    def variable(self, name: str) -> str:
        """The number that the script gives a variable; empty if it gives none."""
        found = re.search(rf"^{name}=(\d+)", self.script, re.MULTILINE)
        return found[1] if found else ""

    def __str__(self) -> str:
        runs = [f"#   {number}: {line}" for number, line in enumerate(self.runs.splitlines())]
        return "\n".join(
            [self.script, f"# {self.list}:", *runs, f"# submitted by: {shlex.join(self.command)}"]
        )


def plan_array(
    study: Study, unfinished: Collection[PlannedRun], ranks: int | None, options: Sequence[str]
) -> Array:
    """Says what is to be submitted; submits nothing.

    Args:
        study: The study.
        unfinished: Its runs that are not done.
        ranks: Ranks of each run; None leaves them to the script.
        options: Further options for ``sbatch``.

    Raises:
        SubmitError: There is no job script here.
    """
    try:
        script = SCRIPT.read_text(encoding="utf-8")
    except OSError as error:
        raise SubmitError(
            f"cannot read {SCRIPT} in {Path.cwd()} ({error.strerror}): submit from the project's "
            "folder, or from one that `dsage_mpi init FOLDER` has made"
        ) from error
    left = {run.path for run in unfinished}
    numbers = [number for number, run in enumerate(study.runs) if run.path in left]
    lines = [f"{run.path}\t{run.input}\t{run.seed}\n" for run in study.runs]
    words = ["sbatch", f"--array={_ranges(numbers)}", f"--job-name={study.directory.name}"]
    if ranks is not None:
        words.append(f"--ntasks={ranks}")
    command = (*words, *options, str(SCRIPT), str(study.directory))
    in_script = re.findall(r"^#SBATCH (--[a-z-]+=\S+)", script, re.MULTILINE)
    every = (*in_script, *command[1:-2])
    return Array(command, every, "".join(lines), study.directory / LIST, script)


def submit(array: Array) -> str:
    """Writes the list and submits; returns what ``sbatch`` says.

    Raises:
        SubmitError: It refuses, or is not there.
    """
    try:
        with atomic_write(array.list, "w") as file:
            file.write(array.runs)
        done = subprocess.run(
            array.command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False
        )
    except OSError as error:
        raise SubmitError(
            f"cannot submit: {error}. On a machine without Slurm, sweep without --submit"
        ) from error
    if done.returncode:
        raise SubmitError(f"sbatch refused ({shlex.join(array.command)}): {done.stderr.strip()}")
    return done.stdout.strip()


def _ranges(numbers: Sequence[int]) -> str:
    """``0-3,7`` of ascending numbers."""
    parts: list[list[int]] = []
    for number in numbers:
        if parts and parts[-1][-1] == number - 1:
            parts[-1] = [parts[-1][0], number]
        else:
            parts.append([number])
    return ",".join("-".join(map(str, part)) for part in parts)
