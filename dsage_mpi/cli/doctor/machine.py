"""Cores, GPU, Slurm, Java and ffmpeg of this machine."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator

from dsage_mpi.cli.doctor.finding import Finding, last_line, note, ok, output_of
from dsage_mpi.core.slurm import is_over


def check() -> Iterator[Finding]:
    """What there is to compute with."""
    yield _cores()
    yield _gpu()
    yield _slurm()
    yield _java()
    yield _ffmpeg()


def _cores() -> Finding:
    usable, present = len(os.sched_getaffinity(0)), os.cpu_count() or 1
    if usable < present:
        text = f"this process may use {usable} of {present}"
        return note(
            "cores", text, "if that is not meant: mpirun --bind-to none, srun --cpus-per-task"
        )
    return ok("cores", f"{present}")


def _gpu() -> Finding:
    try:
        import torch
    except ImportError as error:
        return note("GPU", f"not looked for: torch does not load ({last_line(str(error))})")
    if torch.cuda.is_available():
        names = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
        return ok("GPU", f"{', '.join(names)} (CUDA {torch.version.cuda}); rank 0 uses the first")
    if torch.version.cuda is None:
        remedy = "for an NVIDIA GPU: make setup TORCH_INDEX_URL=... (docs/install.md)"
        return note("GPU", "none; this torch is built for CPUs only", remedy)
    return note("GPU", "torch is built for CUDA but finds no GPU", "check nvidia-smi")


def _slurm() -> Finding:
    job = os.environ.get("SLURM_JOB_ID")
    if job and is_over(os.environ):
        text = f"SLURM_JOB_ID={job} is of a job that is over; not inside a job now"
        return note("Slurm", text, "start from a shell without the SLURM_ variables of that job")
    if job:
        return ok("Slurm", f"inside job {job}")
    if shutil.which("srun"):
        return ok("Slurm", "srun is on PATH; not inside a job now")
    return note("Slurm", "not on this machine (only needed for batch jobs)")


def _java() -> Finding:
    java, javac = shutil.which("java"), shutil.which("javac")
    if java is None:
        text = "not found (only needed for the Mario domain, not for mazes)"
        return note("Java", text, "apt-get install openjdk-17-jdk-headless")
    _, out, err = output_of([java, "-version"], 20)
    found = re.search(r'version "([^"]+)"', out + err)
    version = found[1] if found else "unknown version"
    if javac is None:
        text = f"{version}, without a compiler (only needed to build the Mario domain)"
        return note("Java", text, "apt-get install openjdk-17-jdk-headless")
    return ok("Java", f"{version}, with javac")


def _ffmpeg() -> Finding:
    from dsage_mpi.report.movie import MovieError, find_ffmpeg

    try:
        program = find_ffmpeg()
    except MovieError as error:
        return note("MP4 films", str(error))
    code, out, err = output_of([program, "-version"], 20)
    if code:
        return note("MP4 films", f"{program} does not run: {last_line(err or out)}")
    return ok("MP4 films", " ".join(out.splitlines()[0].split()[:3]))
