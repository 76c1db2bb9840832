"""The tables of a configuration that belong to no component with a settings module of its own."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from dsage_mpi.archives.settings import MOST_MEASURES
from dsage_mpi.config.components import EMITTERS, METHODS, SELECTION_RULES
from dsage_mpi.core.component_settings import ComponentSettings
from dsage_mpi.core.durations import parse_duration
from dsage_mpi.core.settings import Settings, problems_error

#: A bound that is there to catch slips of the finger: more than anybody can run or store.
MANY = 10**9

MethodName = Annotated[str, AfterValidator(METHODS.checked), METHODS]
EmitterKind = Annotated[str, AfterValidator(EMITTERS.checked), EMITTERS]
RuleName = Annotated[str, AfterValidator(SELECTION_RULES.checked), SELECTION_RULES]


Cells = Annotated[int, Field(ge=1, le=10**6)]


class AlgorithmSettings(ComponentSettings):
    """What is run, and for how many real evaluations."""

    REGISTRY = METHODS
    CHOICE = "method"

    method: MethodName = Field("dsage", description="Which algorithm proposes solutions.")
    max_evaluations: int = Field(100_000, ge=1, le=MANY, description="Budget of real evaluations.")
    initial_solutions: int = Field(
        100,
        ge=1,
        le=MANY,
        description="Random solutions evaluated in outer iteration 1 (dsage only).",
    )
    settings: dict[str, Any] | None = Field(
        None, description="Of a method of your own: its keys (docs/extending.md)."
    )


class EmitterSettings(ComponentSettings):
    """Emitters: of the inner loop for dsage, evaluated for real by the direct methods."""

    REGISTRY = EMITTERS

    kind: EmitterKind = Field(
        "map_elites",
        description="map_elites (discrete), cma_me or iso_line (continuous), mutation (any, "
        "mixed parameters too), or random; "
        "unset: what the method or the domain's solutions imply.",
    )
    count: int = Field(5, ge=1, le=10**6, description="Number of emitters.")
    batch_size: int = Field(30, ge=1, le=10**6, description="Solutions per emitter and iteration.")
    initial_population: int = Field(
        100,
        ge=0,
        le=MANY,
        description="map_elites, iso_line, mutation: random solutions that each emitter emits "
        "first, unless it starts from elites.",
    )
    mutations: int = Field(
        10,
        ge=1,
        le=10**6,
        description="map_elites: positions overwritten with uniform random values.",
    )
    sigma0: float = Field(0.2, ge=1e-9, le=10**6, description="cma_me: initial step size.")
    iso_sigma: float = Field(
        0.1, ge=0, le=10**6, description="iso_line: deviation of the step in every direction."
    )
    line_sigma: float = Field(
        0.2,
        ge=0,
        le=10**6,
        description="iso_line: deviation of the step towards or from another elite, as a share of "
        "the distance to it; 0 leaves a Gaussian mutation.",
    )
    settings: dict[str, Any] | None = Field(
        None, description="Of a kind that has keys of its own (docs/extending.md)."
    )


class OuterLoopSettings(Settings):
    """What rank 0 does while other ranks simulate (dsage only)."""

    mode: Literal["sequential", "overlapped"] = Field(
        "sequential",
        description="sequential: it waits for their results, and they wait while it trains and "
        "searches, as published. overlapped: it trains and searches for the next batch meanwhile, "
        "with what was known before the present one; no rank waits, and all learning comes one "
        "batch later.",
    )


class InnerLoopSettings(Settings):
    """Exploiting the surrogate (dsage only)."""

    start: Literal["archive", "empty"] = Field(
        "archive",
        description="What the surrogate archive begins with: the real elites, with their simulated "
        "values, or nothing, as published.",
    )
    iterations: Annotated[int, Field(ge=1, le=MANY)] | Literal["balanced"] = Field(
        10_000,
        description="Inner iterations per outer iteration; balanced: as many as [balance] says.",
    )
    archive: Literal["native", "tensors", "pyribs"] = Field(
        "native",
        description="What the surrogate archive is made of: compiled code of ours; tensors on "
        "surrogate.device, for a GPU, where parents, mutation and levels are then, too (grids, "
        "map_elites and iso_line, levels that the domain can make there); or pyribs alone, which "
        "both are checked against. The result is the same (tensors: but for the last bit of an "
        "ensemble's spread).",
    )


class SelectionSettings(ComponentSettings):
    """Which elites of the surrogate archive are evaluated for real (dsage only)."""

    REGISTRY = SELECTION_RULES

    kind: RuleName = Field(
        "downsample",
        description="One per coarse cell, every elite, or a fixed number: at random, those of "
        "empty cells first, or one after the other what is expected to raise the QD-score most, "
        "given how far the last predictions were off.",
    )
    coarse_dims: tuple[Cells, ...] | None = Field(
        None,
        min_length=1,
        max_length=MOST_MEASURES,
        description="downsample: cells of the coarse grid; must divide archive.dims.",
    )
    coarse_cells: int | None = Field(
        None,
        ge=1,
        le=MANY,
        description="downsample, in archives that are no grids: number of coarse cells, each of "
        "which joins the cells that are nearest to its centre.",
    )
    count: int | None = Field(
        None,
        ge=1,
        le=MANY,
        description="All other kinds than downsample and all: how many elites are picked.",
    )
    share: float = Field(
        0.0,
        ge=0,
        le=1,
        description="More than count are picked once that is less than this share of the "
        "evaluations so far: the more is known, the less a few more teach a surrogate.",
    )
    candidates: Literal["new", "improving", "all"] = Field(
        "new",
        description="Which elites may be picked: those predicted to fill an empty cell of the "
        "ground-truth archive; these and those predicted to be better than their cell's elite; or "
        "all, as published.",
    )
    resimulate: bool = Field(
        False,
        description="Whether a level that has been simulated already may be picked again, as "
        'published (for inner_loop.start = "empty" alone: others begin with such levels).',
    )
    at_least: int = Field(
        10,
        ge=1,
        le=MANY,
        description="Where there are fewer candidates, so many are evaluated all the same (but no "
        "more than count): the next best are taken too, and then offspring of real elites. 1: the "
        "rule alone decides, as published.",
    )
    offspring: int = Field(
        0,
        ge=0,
        le=MANY,
        description="So many offspring of real elites, which no surrogate was asked about, are "
        "evaluated in every outer iteration beside what is picked.",
    )
    settings: dict[str, Any] | None = Field(
        None, description="Of a kind of your own: its keys (docs/extending.md)."
    )

    def count_after(self, evaluations: int) -> int | None:
        """How many elites are picked after so many evaluations; None where the rule decides."""
        return self.count and max(self.count, int(self.share * evaluations))

    @model_validator(mode="after")
    def _needs(self) -> SelectionSettings:
        if self.kind in ("random", "empty_cells_first", "expected_gain") and self.count is None:
            example = f'kind = "{self.kind}" needs it, e.g. count = 432'
            raise problems_error([("count", f"is missing: {example}")])
        return self


class CheckpointSettings(Settings):
    """When checkpoints are written; none of this changes a result."""

    every: int = Field(1, ge=1, le=MANY, description="Outer iterations between checkpoints.")
    min_seconds: float = Field(
        20.0,
        ge=0,
        description="Least time between checkpoints, and at least 20 times what the last one took; "
        "0: whatever it takes. The last one is always written.",
    )
    keep: int = Field(3, ge=1, le=MANY, description="Newest checkpoints that are kept.")
    keep_every: int = Field(
        0,
        ge=0,
        le=MANY,
        description="Beside them, those after every so many outer iterations are kept for good; "
        "0: none.",
    )
    writer: Literal["auto", "parallel", "serial"] = Field(
        "auto",
        description="parallel: all ranks write together (needs an h5py with MPI); serial: rank 0 "
        "alone; auto: rank 0 alone, but from 512 MB on all ranks if they are on several hosts. "
        "The files are the same.",
    )


def _duration_or_none(text: str | None) -> str | None:
    if text is None or text == "none":
        return None
    parse_duration(text)
    return text


class RunSettings(Settings):
    """How long the program may run; changes no result."""

    time_limit: Annotated[str | None, AfterValidator(_duration_or_none)] = Field(
        None,
        description="Stop in time, resumable, when the program has run so long: 3h, 90m, 1h30m or "
        '04:00:00. The end of a Slurm job is heeded without it; "none" takes it back.',
    )

    @property
    def limit_seconds(self) -> int | None:
        """The limit in seconds, None without one."""
        return None if self.time_limit is None else parse_duration(self.time_limit)


class ReportSettings(Settings):
    """What is drawn and printed."""

    figures: bool = Field(True, description="Draw the archive, levels and curves at the end.")
    levels: int = Field(16, ge=1, le=400, description="Levels shown in the gallery.")
