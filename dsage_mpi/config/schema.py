"""The configuration: one frozen pydantic model per TOML table.

Settings of components live with their components (``farm/settings.py``, ``surrogate/settings.py``,
``domains/<name>/settings.py``); this module puts them together and checks what no single table
can know. The published values are in Bhatt et al. 2022 (NeurIPS), appendix, and in
``inputs/paper``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    Field,
    SerializeAsAny,
    ValidationInfo,
    field_validator,
    model_validator,
)

from dsage_mpi.archives.settings import ArchiveSettings, archive_settings
from dsage_mpi.config.balance import BalanceSettings
from dsage_mpi.config.components import (
    IMPLIED_EMITTERS,
    METHODS,
    emitter_solutions,
    method_facts,
)
from dsage_mpi.config.consistency import (
    CROSS_TABLES,
    cross_problems,
)
from dsage_mpi.config.tables import (
    AlgorithmSettings,
    CheckpointSettings,
    EmitterSettings,
    InnerLoopSettings,
    OuterLoopSettings,
    ReportSettings,
    RunSettings,
    SelectionSettings,
)
from dsage_mpi.config.toml_writer import toml_value
from dsage_mpi.core.registry import ComponentError
from dsage_mpi.core.settings import Settings, problems_error
from dsage_mpi.domains import (
    DOMAINS,
    domain_settings,
    finds_domain,
    gives_occupancy,
    level_kind_of,
)
from dsage_mpi.farm.settings import FarmSettings
from dsage_mpi.surrogate.registry import IMPLIED_NETWORKS, predicts_occupancy
from dsage_mpi.surrogate.settings import SurrogateSettings


def _parse_domain(value: Any, info: ValidationInfo) -> Any:
    """Validates [domain] with the settings class of the domain that it names."""
    if isinstance(value, BaseModel):
        return value
    if not isinstance(value, dict):
        names = ", ".join(DOMAINS)
        raise ValueError(f"expected a table with a name: one of {names}")
    # A context means that the caller is ``validate.py``, which is strict about types.
    strict = None if info.context is None else True
    if "name" not in value:
        raise problems_error([("name", f"is missing: {DOMAINS.expected()}")])
    name = value["name"]
    if not isinstance(name, str):
        raise problems_error([("name", f'= "{name}": {DOMAINS.expected()}')])
    try:
        known = domain_settings(name)
    except ComponentError as error:
        raise problems_error([("name", f'= "{name}": {error}')]) from None
    return known.SETTINGS.model_validate(value, strict=strict)


def _parse_archive(value: Any, info: ValidationInfo) -> Any:
    """Validates [archive] with the settings class of the kind that it names."""
    if not isinstance(value, dict):
        return value
    try:
        known = archive_settings(value)
    except ComponentError as error:
        shown = toml_value(value["kind"])
        raise problems_error([("kind", f"= {shown}: {error}")]) from None
    return known.model_validate(value, strict=None if info.context is None else True)


class Config(Settings):
    """A whole run."""

    title: str = Field("", description="One line saying what the run is for.")
    seed: int = Field(0, ge=0, lt=2**63, description="Run seed: names every random stream.")
    algorithm: AlgorithmSettings = Field(default_factory=AlgorithmSettings)
    domain: Annotated[SerializeAsAny[BaseModel], BeforeValidator(_parse_domain)] = Field(
        description="The environment family and its agent."
    )
    archive: Annotated[SerializeAsAny[ArchiveSettings], BeforeValidator(_parse_archive)] = Field(
        description="How measure space is divided into cells."
    )
    emitters: EmitterSettings = Field(default_factory=EmitterSettings)
    outer_loop: OuterLoopSettings = Field(default_factory=OuterLoopSettings)
    inner_loop: InnerLoopSettings = Field(default_factory=InnerLoopSettings)
    selection: SelectionSettings | None = Field(
        None, description="Required by dsage; ignored by the direct methods."
    )
    surrogate: SurrogateSettings = Field(default_factory=SurrogateSettings)
    balance: BalanceSettings = Field(default_factory=BalanceSettings)
    farm: FarmSettings = Field(default_factory=FarmSettings)
    checkpoint: CheckpointSettings = Field(default_factory=CheckpointSettings)
    run: RunSettings = Field(default_factory=RunSettings)
    report: ReportSettings = Field(default_factory=ReportSettings)

    @property
    def domain_name(self) -> str:
        """Name of the domain, e.g. "maze"."""
        return str(self.domain.name)  # type: ignore[attr-defined]

    @property
    def uses_surrogate(self) -> bool:
        """Whether a surrogate is trained at all."""
        return method_facts(self.algorithm.method).uses_surrogate

    @property
    def overlaps(self) -> bool:
        """Whether the next solutions are proposed while the present ones are simulated."""
        return self.uses_surrogate and self.outer_loop.mode == "overlapped"

    @property
    def balances(self) -> bool:
        """Whether costs say how long the surrogate is trained or searched."""
        chosen = (self.inner_loop.iterations, self.surrogate.max_steps)
        return self.uses_surrogate and "balanced" in chosen

    @property
    def method_columns(self) -> Mapping[str, str]:
        """Columns of metrics.csv that the method alone fills -> what they are."""
        return method_facts(self.algorithm.method).columns

    @model_validator(mode="before")
    @classmethod
    def _imply_emitter_kind(cls, data: Any) -> Any:
        """Fills in ``emitters.kind`` where method and domain leave one choice."""
        if not isinstance(data, dict) or not isinstance(data.get("emitters", {}), dict):
            return data
        emitters = data.get("emitters", {})
        kind = implied_emitter(data)
        return data if kind is None else {**data, "emitters": {"kind": kind, **emitters}}

    @model_validator(mode="before")
    @classmethod
    def _imply_network(cls, data: Any) -> Any:
        """Fills in ``surrogate.kind`` and ``ancillary`` where the domain leaves one choice."""
        surrogate = data.get("surrogate", {}) if isinstance(data, dict) else None
        if isinstance(surrogate, SurrogateSettings):
            surrogate = surrogate.model_dump(exclude_unset=True)
        if not isinstance(surrogate, dict):
            return data
        implied = implied_network({**data, "surrogate": surrogate})
        return {**data, "surrogate": {**implied, **surrogate}} if implied else data

    @model_validator(mode="before")
    @classmethod
    def _rename_measures(cls, data: Any) -> Any:
        """Replaces other names of measures (the published ones, say) by their own."""
        return with_own_measure_names(data) if isinstance(data, dict) else data

    @field_validator("*", mode="after")
    @classmethod
    def _report_valid_table(cls, value: Any, info: ValidationInfo) -> Any:
        """Lets the caller (see ``validate.py``) have the tables that are valid on their own."""
        if isinstance(info.context, dict) and info.field_name is not None:
            info.context[info.field_name] = value
        return value

    @model_validator(mode="after")
    def _fits_together(self) -> Config:
        if problems := list(cross_problems({name: getattr(self, name) for name in CROSS_TABLES})):
            raise problems_error(problems)
        return self


def implied_emitter(data: Mapping[str, Any]) -> str | None:
    """Emitter kind that raw data imply: what fits the method and the domain's solutions."""
    algorithm, domain = data.get("algorithm"), data.get("domain")
    method = algorithm.get("method") if isinstance(algorithm, dict) else None
    name = domain.get("name") if isinstance(domain, dict) else None
    solutions = None
    if finds_domain(name):
        solutions = domain_settings(name).SOLUTION_KIND
    kinds = method_facts(method).emitters if METHODS.finds(method) else None
    if kinds:
        return next((kind for kind in kinds if solutions in emitter_solutions(kind)), kinds[0])
    return None if solutions is None else IMPLIED_EMITTERS[solutions]


def implied_network(data: Mapping[str, Any]) -> dict[str, Any]:
    """Keys of ``[surrogate]`` that raw data imply: what fits the domain's levels."""
    domain, surrogate = data.get("domain"), data.get("surrogate", {})
    if isinstance(domain, BaseModel):
        table: Any = domain
    elif isinstance(domain, dict) and finds_domain(domain.get("name")):
        table = domain
    else:
        return {}
    implied: dict[str, Any] = {}
    if level_kind_of(table) == "vectors":
        implied["kind"] = IMPLIED_NETWORKS["vectors"]
    kind = surrogate.get("kind", implied.get("kind", IMPLIED_NETWORKS["images"]))
    if not gives_occupancy(table) or not predicts_occupancy(kind):
        implied["ancillary"] = False
    return implied


def with_own_measure_names(data: dict[str, Any]) -> dict[str, Any]:
    """Raw data in which ``archive.measures`` uses the domain's own names where it has aliases."""
    domain, archive = data.get("domain"), data.get("archive")
    name = domain.get("name") if isinstance(domain, dict) else None
    if not finds_domain(name) or not isinstance(archive, dict):
        return data
    aliases: Mapping[Any, str] = getattr(domain_settings(name), "MEASURE_ALIASES", {})
    measures = archive.get("measures")
    if not aliases or not isinstance(measures, list | tuple):
        return data
    renamed = tuple(aliases.get(m, m) if isinstance(m, str) else m for m in measures)
    return {**data, "archive": {**archive, "measures": renamed}}
