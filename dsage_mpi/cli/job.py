"""``job``: writes the batch script of a run, and says what it assumes and what the run costs."""

from __future__ import annotations

import argparse
import math
import re
import shlex
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from dsage_mpi.cli.console import Parser, add_overrides, describe, exit_codes_help, some_path
from dsage_mpi.cli.init import source_folder
from dsage_mpi.core import exit_codes
from dsage_mpi.core.durations import parse_duration, seconds_text
from dsage_mpi.core.terminal import complain

if TYPE_CHECKING:
    from dsage_mpi.config.schema import Config
    from dsage_mpi.run.job_script import BatchSystem, JobProgram, JobShape

#: Cores of a node where nobody says how many there are.
_CORES = 32
#: Memory of rank 0 on a node of its own: libraries and networks, and at least so much altogether.
_LIBRARIES_GIGABYTES, _ROOT_GIGABYTES = 6, 8
_SITE_OPTIONS = ("account", "partition", "gpu_partition")

EPILOG = f"""examples:
  python -m dsage_mpi job inputs/maze.toml --nodes 4 --gpu-node 1 --time 12h
  python -m dsage_mpi job inputs/mario.toml --nodes 2 --cores-per-node 48 --partition compute
  python -m dsage_mpi job inputs/maze.toml --system pbs --module gcc --module openmpi
  python -m dsage_mpi job inputs/maze.toml --seed 7 --set surrogate.epochs=50 --output seed7.slurm

The script goes on by itself, over as many time slots as the run takes (docs/hpc.md). Change it as
you like; it is not overwritten. Studies are submitted by `sweep STUDY.toml --submit`.

{
    exit_codes_help(
        "the script is written",
        "it cannot be written",
        "bad input or usage, or there is such a file; nothing was written",
    )
}
"""


def configure(parser: Parser) -> None:
    """Adds description and arguments of ``job``."""
    describe(
        parser,
        "Writes the batch script of a run, for Slurm, PBS or LSF, and says what it assumes and "
        "what the run costs. It submits nothing and overwrites nothing.",
        EPILOG,
    )
    parser.add_argument("input", metavar="INPUT.toml", type=Path, help="what to run")
    _add_layout(parser.add_argument)
    _add_the_rest(parser.add_argument)


def _add_layout(add: Callable[..., object]) -> None:
    """Options about nodes and cores."""
    add(
        "--system",
        choices=("slurm", "pbs", "lsf"),
        help="batch system (default: the one whose command is here, else slurm)",
    )
    add("--nodes", metavar="N", type=_count, help="nodes that simulate (default 1)")
    add(
        "--gpu-node",
        metavar="0|1",
        type=int,
        choices=(0, 1),
        default=0,
        help="1: rank 0 on one more node, with a GPU; with --nodes 0 all ranks are on that node",
    )
    add(
        "--cores-per-node",
        metavar="N",
        type=_count,
        help=f"ranks on each node (default: what sinfo says, else {_CORES})",
    )
    add(
        "--surrogate-cores",
        metavar="N",
        type=_count,
        default=8,
        help="cores of rank 0's node that the surrogate may use (default 8)",
    )
    add(
        "--memory-per-core",
        metavar="GB",
        type=_gigabytes,
        default=2.0,
        help="memory for each core (default 2)",
    )


def _add_the_rest(add: Callable[..., object]) -> None:
    """Options about time, account and what is run."""
    add("--time", metavar="TIME", type=_time, default=4 * 3600, help="of a slot (default 4h)")
    add("--restarts", metavar="N", type=_count, default=50, help="more slots at most (default 50)")
    add("--account", metavar="NAME", type=_word, help="account or project that pays")
    add("--partition", metavar="NAME", type=_word, help="partition or queue")
    add("--gpu-partition", metavar="NAME", type=_word, help="partition of the GPU node (Slurm)")
    add("--module", metavar="NAME", action="append", default=[], help="to load; repeatable")
    add("--seed", type=int, metavar="N", help="run seed, instead of the input's")
    add_overrides(add)
    add("--output", metavar="FILE", type=some_path, help="default: INPUT.slurm, .pbs or .lsf here")


def _count(text: str) -> int:
    if re.fullmatch("[0-9]{1,6}", text):
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r}: expected a whole number")


def _gigabytes(text: str) -> float:
    if re.fullmatch(r"[0-9]{1,4}(\.[0-9]+)?", text) and float(text) > 0:
        return float(text)
    raise argparse.ArgumentTypeError(f"{text!r}: expected gigabytes, e.g. 2 or 0.5")


def _time(text: str) -> int:
    try:
        seconds = parse_duration(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    if seconds < 600:
        raise argparse.ArgumentTypeError(f"{text!r} is too short a time slot: expected 10m or more")
    return seconds


def _word(text: str) -> str:
    """A name that can stand in a script unquoted."""
    if re.fullmatch(r"[\w.+:-]+", text, re.ASCII):
        return text
    raise argparse.ArgumentTypeError(f"{text!r}: expected letters, digits and . _ + : -")


def main(arguments: argparse.Namespace) -> int:
    """Writes the script; returns the exit code."""
    from dsage_mpi.cli.dry_run import estimate_lines
    from dsage_mpi.config.load import ConfigError, load_config
    from dsage_mpi.run.job_script import BATCH_SYSTEMS, job_script

    name = arguments.system or next(
        (name for name, one in BATCH_SYSTEMS.items() if shutil.which(one.command)), "slurm"
    )
    system = BATCH_SYSTEMS[name]
    _check(arguments, system)
    try:
        config = load_config(arguments.input, overrides=arguments.overrides, seed=arguments.seed)
    except ConfigError as error:
        complain(error)
        return exit_codes.BAD_INPUT
    output = arguments.output or Path(f"{arguments.input.stem}.{name}")
    shape, cores_from = _shape(arguments, config)
    program = _program(arguments, config, output)
    try:
        with output.open("x", encoding="utf-8") as file:
            file.write(job_script(system, shape, program))
    except FileExistsError:
        complain(f"{output} exists, and nothing is overwritten: name another --output")
        return exit_codes.BAD_INPUT
    except OSError as error:
        complain(f"cannot write {output}: {error.strerror or error}; choose another --output")
        return exit_codes.FAILED
    print(f"{output} is written. To submit it, from {Path.cwd()}:")
    print(f"  {system.submit} {shlex.quote(str(output))}")
    print("\n".join(_assumptions(system, shape, program, cores_from)))
    notes = _notes(config, shape)
    print("\n".join([*estimate_lines(config, shape.layout, "in this job"), *notes]))
    return exit_codes.DONE


def _check(arguments: argparse.Namespace, system: BatchSystem) -> None:
    """Ends the program where options do not go together."""
    nodes = 1 if arguments.nodes is None else arguments.nodes
    if nodes == 0 and not arguments.gpu_node:
        arguments.error("--nodes 0: expected 1 or more, or --gpu-node 1 with it")
    if 0 in (arguments.cores_per_node, arguments.surrogate_cores):
        arguments.error("--cores-per-node and --surrogate-cores: expected 1 or more")
    if nodes and arguments.gpu_node and not system.two_kinds:
        arguments.error(
            f"--gpu-node 1: our template for {system.title} asks for one kind of nodes only; with "
            "--nodes 0 the whole run is on one node with a GPU"
        )


def _shape(arguments: argparse.Namespace, config: Config) -> tuple[JobShape, str]:
    """What the job asks for, and where the number of cores is from."""
    from dsage_mpi.core.slurm import cores_of_nodes
    from dsage_mpi.run.estimate import estimate
    from dsage_mpi.run.job_script import JobShape

    nodes = 1 if arguments.nodes is None else arguments.nodes
    cores, cores_from = arguments.cores_per_node, "as --cores-per-node says"
    if cores is None:
        one_kind = nodes == 0 and arguments.gpu_partition
        cores = cores_of_nodes(one_kind or arguments.partition)
        cores_from = "as sinfo says"
    if cores is None:
        cores, cores_from = _CORES, "assumed: --cores-per-node N"
    memory = 2 * estimate(config).memory_bytes / 1e9 + _LIBRARIES_GIGABYTES
    shape = JobShape(
        nodes=nodes,
        cores_per_node=cores,
        gpu=bool(arguments.gpu_node),
        surrogate_cores=arguments.surrogate_cores,
        seconds=arguments.time,
        restarts=arguments.restarts,
        core_gigabytes=arguments.memory_per_core,
        root_gigabytes=max(_ROOT_GIGABYTES, math.ceil(memory)),
    )
    return shape, cores_from


def _program(arguments: argparse.Namespace, config: Config, output: Path) -> JobProgram:
    from dsage_mpi.run.job_script import JobProgram

    words = [str(arguments.input)]
    if arguments.seed is not None:
        words += ["--seed", str(arguments.seed)]
    for override in arguments.overrides:
        words += ["--set", str(override)]
    return JobProgram(
        name=re.sub(r"[^\w.-]", "_", arguments.input.stem, flags=re.ASCII),
        arguments=tuple(words),
        command=("dsage_mpi", *sys.argv[1:]),
        script=output.absolute(),
        python=Path(sys.executable).parent,
        common=source_folder() / "jobs" / "common.sh",
        modules=tuple(arguments.module),
        site=_site(arguments),
        sets_threads=config.uses_surrogate and config.surrogate.threads == "auto",
    )


def _site(arguments: argparse.Namespace) -> Mapping[str, str]:
    """The site's names that are given; the GPU's partition is the only one without other nodes."""
    found = {name: getattr(arguments, name) for name in _SITE_OPTIONS if getattr(arguments, name)}
    if arguments.nodes == 0 and "gpu_partition" in found:
        found["partition"] = found.pop("gpu_partition")
    if not arguments.gpu_node:
        found.pop("gpu_partition", None)
    return found


def _assumptions(
    system: BatchSystem, shape: JobShape, program: JobProgram, cores_from: str
) -> list[str]:
    """What the script takes for granted, a line each."""
    from dsage_mpi.core.text_table import text_table

    nodes = f"{max(1, shape.nodes)} node(s) x {shape.cores_per_node} cores ({cores_from})"
    root = "rank 0 on a GPU node of its own" if shape.two_kinds else "rank 0 among them"
    where = "a GPU and " if shape.gpu else ""
    memory = f"{shape.core_gigabytes:g} GB per core (--memory-per-core)"
    if shape.two_kinds:
        memory += f", {shape.root_gigabytes} GB for rank 0"
    slots = f"slots of {seconds_text(shape.seconds)} (--time), {shape.restarts} more at most"
    modules = ", ".join(program.modules) or "none (--module)"
    site = ", ".join(program.site.values()) or "the site's defaults (--account, --partition)"
    rows = [
        ("batch system", f"{system.title} (--system)"),
        ("ranks", f"{shape.layout.ranks}: {nodes}, {root}"),
        ("surrogate", f"{where}{shape.surrogate_cores} cores (--surrogate-cores)"),
        ("memory", memory),
        ("time", f"{slots} (--restarts): the job goes on by itself until the run is done"),
        ("modules", modules),
        ("account, partition", site),
        ("Python", str(program.python / "python")),
    ]
    return ["Assumed", *(f"  {line}" for line in text_table(rows).splitlines())]


def _notes(config: Config, shape: JobShape) -> list[str]:
    """Where job and input do not fit each other."""
    method = config.algorithm.method
    if shape.gpu and not config.uses_surrogate:
        return [f"Note: {method} trains no surrogate: the GPU would be idle"]
    if shape.gpu and config.surrogate.device == "cpu":
        return ['Note: surrogate.device = "cpu": the GPU would be idle']
    if config.uses_surrogate and config.surrogate.device == "cuda" and not shape.gpu:
        return ['Note: surrogate.device = "cuda", and the job asks for no GPU: --gpu-node 1']
    return []
