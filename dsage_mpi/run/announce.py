"""What a run says of itself when it starts."""

from __future__ import annotations

import contextlib
import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING

from dsage_mpi.config.warnings import config_warnings
from dsage_mpi.core.slurm import job_layout
from dsage_mpi.run.job_plan import plan
from dsage_mpi.run.memory import shortage
from dsage_mpi.surrogate.device import slow_precisions

if TYPE_CHECKING:
    from dsage_mpi.config.schema import Config
    from dsage_mpi.run.parts import Parts
    from dsage_mpi.run.request import RunRequest

_log = logging.getLogger("dsage_mpi.outer")


def announce(parts: Parts, request: RunRequest) -> None:
    """Logs what runs, from where, and what looks wrong about it."""
    config, done = parts.config, len(parts.loop.record)
    _log.info(
        "%s: %s on %s, %d evaluations, seed %d, %d rank(s); results in %s",
        "continuing" if request.checkpoint else "starting",
        config.algorithm.method,
        config.domain_name,
        config.algorithm.max_evaluations,
        config.seed,
        parts.resources.ranks,
        parts.directory.path,
    )
    if request.checkpoint:
        _log.info("continuing after %d evaluations from %s", done, request.checkpoint)
    if journaled := parts.journaled_farm.journal.beyond(done):
        _log.info("%d more evaluations are known from the journal", journaled)
    for line in (*config_warnings(config), *filter(None, [shortage(config, parts.loop.domain)])):
        _log.warning("%s", line)
    for key in slow_precisions(config.surrogate, _cpuinfo()) if config.uses_surrogate else ():
        _log.warning(
            'surrogate.%s = "bfloat16": this CPU has no unit for it, so that it takes about ten '
            'times as long as "float32"; a new run with that is faster',
            key,
        )
    if not request.checkpoint:
        _announce_job(config, parts.resources.ranks)
    for change in request.changes:
        _log.info("changed at this restart: %s", change)


def _announce_job(config: Config, ranks: int) -> None:
    """How long it will take in this batch job, and whether that is long enough."""
    job = job_layout(os.environ, ranks)
    if job is None:
        return
    text, warnings = plan(config, job)
    _log.info("estimated for this job (orders of magnitude): %s", text)
    for line in warnings:
        _log.warning("%s", line)


def _cpuinfo() -> str:
    with contextlib.suppress(OSError):
        return Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    return ""
