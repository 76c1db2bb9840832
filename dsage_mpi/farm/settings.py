"""Settings of the farm (the TOML table ``[farm]``); no setting changes any result."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from dsage_mpi.core.settings import Settings


class FarmSettings(Settings):
    """How tasks travel to the ranks that simulate."""

    dispatch: Literal["dynamic", "static"] = Field(
        default="dynamic",
        description="dynamic: whoever is free gets the next chunk; static: one equal, contiguous "
        "share per worker, as MPI_Scatterv deals them.",
    )
    chunk: Annotated[int, Field(ge=1, le=10**9)] | Literal["auto"] = Field(
        default="auto",
        description="Most tasks in one message (the simulator gets them as one batch). auto: a "
        "share of what is left, getting smaller towards the end. Static dispatch ignores it.",
    )
    chunk_seconds: float = Field(
        default=1.0,
        gt=0,
        description="How long an automatic chunk, or a piece of a static share, should keep a "
        "worker busy at most, judged by the measured task times, in seconds.",
    )
    prefetch: int = Field(
        default=1,
        ge=0,
        le=16,
        description="Chunks that wait at a worker while it simulates another one.",
    )
    retries: int = Field(
        default=0,
        ge=0,
        le=10,
        description="How often a task that failed is tried again, alone, before its failure is "
        "recorded.",
    )
    isolation: Literal["none", "process"] = Field(
        default="none",
        description="process: every rank runs its simulator in a child process, so that one that "
        "crashes, hangs or leaks memory costs one evaluation and not the run. Costs about 0.1 ms "
        "per evaluation. The mario and command domains have processes of their own anyway.",
    )
    deadline_seconds: float = Field(
        default=60.0,
        gt=0,
        le=10**6,
        description="With isolation: a simulator that has used so much CPU time on one task, or "
        "waited so long, in seconds, hangs: its process is ended, the task tried once more.",
    )
    memory_mb: int | None = Field(
        default=None,
        ge=64,
        description="With isolation: memory that a simulator's process may have, in MiB, without "
        "mapped code and files. One that has used up most of it is replaced between two tasks.",
    )
    silent_seconds: float = Field(
        default=120.0,
        gt=0,
        description="A rank that holds tasks and sends no heartbeat for so long, in seconds, "
        "counts as lost: the others get its tasks. When it is back it gets new ones.",
    )
    poll_max_ms: float = Field(
        default=1.0,
        gt=0,
        le=100,
        description="Longest sleep of rank 0 between two looks for results, in milliseconds.",
    )
    idle_poll_max_ms: float = Field(
        default=3.0,
        gt=0,
        le=1000,
        description="Longest sleep of an idle worker between two looks for tasks, in milliseconds.",
    )
    compute: Literal["root", "ranks"] = Field(
        default="root",
        description="root: rank 0 alone trains the surrogate and predicts; ranks: those without "
        "tasks share in predictions, and in the trainings of surrogate.members if "
        "surrogate.threads = 1, each with torch loaded, on CPUs and on equal processors alone.",
    )
    close_seconds: float = Field(
        default=60.0,
        gt=0,
        description="How long rank 0 waits at the end for workers that still simulate tasks that "
        "nobody needs any more, in seconds; then the whole MPI job is aborted.",
    )
