"""The configuration: one frozen pydantic model per TOML table.

Settings of components live with their components (``farm/settings.py``, ``surrogate/settings.py``,
``domains/<name>/settings.py``); this module puts them together and checks what no single table
can know. The published values are in Bhatt et al. 2022 (NeurIPS), appendix, and in
``inputs/paper``.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SerializeAsAny, model_validator

from dsage_mpi.domains import DOMAINS, domain_settings
from dsage_mpi.farm.settings import FarmSettings
from dsage_mpi.surrogate.settings import SurrogateSettings

Method = Literal["dsage", "map_elites", "cma_me", "domain_randomization"]

#: Emitter kind that a direct method (no surrogate) implies.
DIRECT_EMITTERS: dict[str, str] = {
    "map_elites": "map_elites",
    "cma_me": "cma_me",
    "domain_randomization": "random",
}
#: Solution kinds that each emitter can work on.
EMITTER_DOMAINS: dict[str, tuple[str, ...]] = {
    "map_elites": ("discrete",),
    "cma_me": ("continuous",),
    "random": ("discrete", "continuous"),
}


class Settings(BaseModel):
    """Base of every table: immutable, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class AlgorithmSettings(Settings):
    """What is run, and for how many real evaluations."""

    method: Method = Field("dsage", description="Which algorithm proposes solutions.")
    max_evaluations: int = Field(100_000, ge=1, description="Budget of real evaluations.")
    initial_solutions: int = Field(
        100, ge=1, description="Random solutions evaluated in outer iteration 1 (dsage only)."
    )


class ArchiveSettings(Settings):
    """The grid that tiles measure space (ground truth and surrogate alike)."""

    measures: tuple[str, ...] = Field(
        min_length=2, max_length=2, description="Names of the two measures, x then y."
    )
    dims: tuple[Annotated[int, Field(ge=1)], ...] = Field(
        min_length=2, max_length=2, description="Cells along each measure."
    )
    ranges: tuple[tuple[float, float], ...] = Field(
        min_length=2, max_length=2, description="[low, high] of each measure."
    )

    @model_validator(mode="after")
    def _ranges_in_order(self) -> ArchiveSettings:
        for axis, (low, high) in enumerate(self.ranges):
            if not low < high:
                raise ValueError(
                    f"ranges[{axis}] = [{low}, {high}] is reversed or empty: expected low < high"
                )
        if len(set(self.measures)) != len(self.measures):
            raise ValueError(f"measures {list(self.measures)} must be two different names")
        return self


class EmitterSettings(Settings):
    """Emitters: of the inner loop for dsage, evaluated for real by the direct methods."""

    kind: Literal["map_elites", "cma_me", "random"] = Field(
        "map_elites", description="map_elites (discrete), cma_me (continuous) or random."
    )
    count: int = Field(5, ge=1, description="Number of emitters.")
    batch_size: int = Field(30, ge=1, description="Solutions per emitter and iteration.")
    initial_population: int = Field(
        100, ge=0, description="map_elites: random solutions that each emitter emits first."
    )
    mutations: int = Field(
        10, ge=1, description="map_elites: positions overwritten with uniform random values."
    )
    sigma0: float = Field(0.2, gt=0, description="cma_me: initial step size.")


class InnerLoopSettings(Settings):
    """Exploiting the surrogate (dsage only)."""

    iterations: int = Field(10_000, ge=1, description="Inner iterations per outer iteration.")


class SelectionSettings(Settings):
    """Which elites of the surrogate archive are evaluated for real (dsage only)."""

    kind: Literal["downsample", "all", "random", "empty_cells_first"] = Field(
        "downsample", description="One per coarse cell, every elite, or a fixed number."
    )
    coarse_dims: tuple[Annotated[int, Field(ge=1)], ...] | None = Field(
        None, description="downsample: cells of the coarse grid; must divide archive.dims."
    )
    count: int | None = Field(
        None, ge=1, description="random, empty_cells_first: how many elites are picked."
    )

    @model_validator(mode="after")
    def _needs(self) -> SelectionSettings:
        if self.kind == "downsample" and self.coarse_dims is None:
            raise ValueError('kind = "downsample" needs coarse_dims, e.g. coarse_dims = [32, 27]')
        if self.kind in ("random", "empty_cells_first") and self.count is None:
            raise ValueError(f'kind = "{self.kind}" needs count, e.g. count = 432')
        return self


class CheckpointSettings(Settings):
    """When checkpoints are written; none of this changes a result."""

    every: int = Field(1, ge=1, description="Outer iterations between checkpoints.")
    min_seconds: float = Field(
        20.0, ge=0, description="Least time between checkpoints; the last one is always written."
    )
    keep: int = Field(3, ge=1, description="Newest checkpoints that are kept.")


class ReportSettings(Settings):
    """What is drawn and printed."""

    figures: bool = Field(True, description="Draw the archive, levels and curves at the end.")
    levels: int = Field(16, ge=1, le=400, description="Levels shown in the gallery.")


def _parse_domain(value: Any) -> Any:
    """Validates [domain] with the settings class of the domain that it names."""
    if isinstance(value, BaseModel):
        return value
    if not isinstance(value, dict) or "name" not in value:
        raise ValueError(f"[domain] needs a name: one of {', '.join(sorted(DOMAINS))}")
    if value["name"] not in DOMAINS:
        raise ValueError(
            f"domain.name = {value['name']!r} does not exist: "
            f"expected one of {', '.join(sorted(DOMAINS))}"
        )
    return domain_settings(value["name"]).SETTINGS.model_validate(value)


class Config(Settings):
    """A whole run."""

    title: str = Field("", description="One line saying what the run is for.")
    seed: int = Field(0, ge=0, lt=2**63, description="Run seed: names every random stream.")
    algorithm: AlgorithmSettings = AlgorithmSettings()  # type: ignore[call-arg]
    domain: Annotated[SerializeAsAny[BaseModel], BeforeValidator(_parse_domain)]
    archive: ArchiveSettings
    emitters: EmitterSettings = EmitterSettings()  # type: ignore[call-arg]
    inner_loop: InnerLoopSettings = InnerLoopSettings()  # type: ignore[call-arg]
    selection: SelectionSettings | None = Field(
        None, description="Required by dsage; ignored by the direct methods."
    )
    surrogate: SurrogateSettings = SurrogateSettings()
    farm: FarmSettings = FarmSettings()
    checkpoint: CheckpointSettings = CheckpointSettings()  # type: ignore[call-arg]
    report: ReportSettings = ReportSettings()  # type: ignore[call-arg]

    @property
    def domain_name(self) -> str:
        """Name of the domain, e.g. "maze"."""
        return str(self.domain.name)  # type: ignore[attr-defined]

    @property
    def uses_surrogate(self) -> bool:
        """Whether a surrogate is trained at all."""
        return self.algorithm.method == "dsage"

    @model_validator(mode="after")
    def _fits_together(self) -> Config:
        problems = [*self._measure_problems(), *self._selection_problems()]
        problems += self._emitter_problems()
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def _measure_problems(self) -> list[str]:
        known = domain_settings(self.domain_name).MEASURES
        return [
            f"archive.measures: {name!r} is no measure of {self.domain_name!r}: "
            f"expected one of {', '.join(known)}"
            for name in self.archive.measures
            if name not in known
        ]

    def _selection_problems(self) -> list[str]:
        if not self.uses_surrogate:
            return []
        if self.selection is None:
            return ['[selection] is missing: method "dsage" needs it, e.g. kind = "all"']
        coarse = self.selection.coarse_dims
        if self.selection.kind != "downsample" or coarse is None:
            return []
        if len(coarse) != len(self.archive.dims):
            return [f"selection.coarse_dims {list(coarse)} needs {len(self.archive.dims)} entries"]
        return [
            f"selection.coarse_dims[{axis}] = {c} does not divide archive.dims[{axis}] = {d}"
            for axis, (c, d) in enumerate(zip(coarse, self.archive.dims, strict=True))
            if d % c
        ]

    def _emitter_problems(self) -> list[str]:
        method, kind = self.algorithm.method, self.emitters.kind
        expected = DIRECT_EMITTERS.get(method, kind)
        if kind != expected:
            return [
                f'emitters.kind = "{kind}" does not fit algorithm.method = "{method}": '
                f'expected "{expected}"'
            ]
        solution_kind = domain_settings(self.domain_name).SOLUTION_KIND
        if solution_kind not in EMITTER_DOMAINS[kind]:
            return [
                f'emitters.kind = "{kind}" cannot work on the {solution_kind} solutions '
                f"of domain {self.domain_name!r}"
            ]
        return []
