"""Batch scripts for a run: what a job asks for, and the text that goes to the batch system.

The texts are the files in ``job_templates/``. ``@{name}`` in them stands for a value, and a line
that begins with ``@condition|`` is there only under that condition.
"""

from __future__ import annotations

import math
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dsage_mpi.core.slurm import Layout

_TEMPLATES = Path(__file__).parent / "job_templates"
#: Seconds that a run is told less of than the time slot has, for its start and its last checkpoint.
_SPARE_SECONDS = 180


@dataclass(frozen=True)
class BatchSystem:
    """A batch system.

    Attributes:
        title: What it is called.
        command: What scripts are submitted with; it tells which system a machine has.
        submit: The whole command, before the script.
        templates: Files whose texts, one behind the other, are its template.
        two_kinds: Whether its template can ask for two kinds of nodes at once.
        threads_told: Whether its jobs tell the program themselves what "auto" threads are.
    """

    title: str
    command: str
    submit: str
    templates: tuple[str, ...]
    two_kinds: bool = True
    threads_told: bool = False


#: Name -> batch system, in the order in which they are looked for.
BATCH_SYSTEMS = {
    "slurm": BatchSystem("Slurm", "sbatch", "sbatch", ("slurm.sh",), threads_told=True),
    "pbs": BatchSystem("PBS", "qsub", "qsub", ("pbs.sh", "resubmit.sh")),
    "lsf": BatchSystem("LSF", "bsub", "bsub <", ("lsf.sh", "resubmit.sh"), two_kinds=False),
}


@dataclass(frozen=True)
class JobShape:
    """What a job asks for.

    Attributes:
        nodes: Nodes without a GPU; 0 for everything on the node that has one.
        cores_per_node: Cores of each, a rank on every one.
        gpu: Whether rank 0 is on a node with a GPU.
        surrogate_cores: Cores that the surrogate trains on where it does so on cores.
        seconds: Length of a time slot.
        restarts: Time slots after the first, at most.
        core_gigabytes: Memory for each core.
        root_gigabytes: Memory for rank 0 on a node of its own.
    """

    nodes: int
    cores_per_node: int
    gpu: bool
    surrogate_cores: int
    seconds: int
    restarts: int
    core_gigabytes: float
    root_gigabytes: int

    @property
    def two_kinds(self) -> bool:
        """Whether rank 0 has a node of its own."""
        return self.gpu and self.nodes > 0

    @property
    def tasks(self) -> int:
        """Ranks on nodes of one kind: all, or all but rank 0."""
        return max(1, self.nodes) * self.cores_per_node

    @property
    def layout(self) -> Layout:
        """The same for an estimate."""
        return Layout(
            ranks=self.tasks + self.two_kinds,
            cores=self.surrogate_cores if self.two_kinds else self.cores_per_node,
            threads=self.surrogate_cores,
            seconds=float(self.seconds),
            slots=1 + self.restarts,
            gpu=self.gpu,
        )


@dataclass(frozen=True)
class JobProgram:
    """What a job starts, and where.

    Attributes:
        name: Name of the job and of its run directories.
        arguments: Of the program.
        command: The command line that makes the script, for its first lines.
        script: The script's own path.
        python: The folder of the Python that has dsage_mpi.
        common: ``jobs/common.sh``.
        modules: Environment modules to load.
        site: "account", "partition", "gpu_partition" -> value, of those that are to be named.
        sets_threads: Whether the program has to be told the surrogate's threads.
    """

    name: str
    arguments: tuple[str, ...]
    command: tuple[str, ...]
    script: Path
    python: Path
    common: Path
    modules: tuple[str, ...]
    site: Mapping[str, str]
    sets_threads: bool


def job_script(system: BatchSystem, shape: JobShape, program: JobProgram) -> str:
    """The text of a batch script."""
    text = "".join((_TEMPLATES / name).read_text(encoding="utf-8") for name in system.templates)
    conditions = {
        "gpu": shape.gpu,
        "het": shape.two_kinds,
        "plain": not shape.two_kinds,
        **{name: name in program.site for name in ("account", "partition", "gpu_partition")},
    }
    values = _sizes(shape) | _words(system, shape, program)
    lines = []
    for line in text.splitlines():
        condition, rest = re.fullmatch(r"(?:@(\w+)\|)?(.*)", line).groups()  # type: ignore[union-attr]
        if condition is None or conditions[condition]:
            filled = re.sub(r"@\{(\w+)\}", lambda found: values[found[1]], rest)
            lines.append(" ".join(filled.splitlines()) if rest.startswith("#") else filled)
    return "\n".join([*lines, ""])


def _sizes(shape: JobShape) -> dict[str, str]:
    """Values of the template that are numbers."""
    minutes, seconds = divmod(shape.seconds, 60)
    core_memory = math.ceil(1024 * shape.core_gigabytes)
    numbers = {
        "nodes": max(1, shape.nodes),
        "cores": shape.cores_per_node,
        "tasks": shape.tasks,
        "ranks": shape.layout.ranks,
        "surrogate_cores": shape.surrogate_cores,
        "core_memory": core_memory,
        "node_memory": core_memory * shape.cores_per_node,
        "root_memory": shape.root_gigabytes,
        # sbatch takes no --mem beside the --mem-per-cpu of another component.
        "root_core_memory": math.ceil(1024 * shape.root_gigabytes / shape.surrogate_cores),
        "restarts": shape.restarts,
        "limit": max(60, shape.seconds - _SPARE_SECONDS),
        "all_hours": minutes // 60,
    }
    clock = {"hours": minutes // 60, "minutes": minutes % 60, "seconds": seconds}
    return {name: str(number) for name, number in numbers.items()} | {
        name: f"{number:02}" for name, number in clock.items()
    }


def _words(system: BatchSystem, shape: JobShape, program: JobProgram) -> dict[str, str]:
    """Values of the template that are texts, as the shell wants them."""
    threads = program.sets_threads and not system.threads_told
    return {
        "name": program.name,
        "arguments": shlex.join(program.arguments),
        "command": shlex.join(program.command),
        "script": shlex.quote(program.script.name),
        "script_path": shlex.quote(str(program.script)),
        "folder": shlex.quote(str(Path.cwd())),
        "bin": shlex.quote(str(program.python)),
        "common": shlex.quote(str(program.common)),
        "modules": shlex.join(program.modules),
        "threads": f"--set surrogate.threads={shape.surrogate_cores}" if threads else "",
        "gpus": ":ngpus=1" if shape.gpu else "",
        **program.site,
    }
