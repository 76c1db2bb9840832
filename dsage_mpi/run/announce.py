"""What a run says of itself when it starts."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING

from dsage_mpi.config.warnings import config_warnings
from dsage_mpi.core.slurm import job_layout
from dsage_mpi.run.job_plan import plan
from dsage_mpi.run.memory import shortage

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
