"""The table ``[archive]``: what archives of every kind have, and which class checks it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, Field, model_validator

from dsage_mpi.archives.registry import ARCHIVES
from dsage_mpi.core.registry import ComponentError
from dsage_mpi.core.settings import Settings, problems_error

#: Bounds that are there to catch slips of the finger: more than anybody can run or store.
FARTHEST, MOST_CELLS = 10**9, 10**8
#: A narrower range of a measure is finer than pyribs can tell its cells apart (it adds 1e-6).
NARROWEST = 1e-3
#: Cells grow with the power of this number: more measures than six leave most grids empty.
MOST_MEASURES = 6
#: The kind of archives that an input has which names none.
DEFAULT = "grid"


def _in_order(bounds: tuple[float, float]) -> tuple[float, float]:
    if not bounds[0] < bounds[1]:
        raise ValueError("reversed or empty: expected [low, high] with low < high")
    if bounds[1] - bounds[0] < NARROWEST:
        raise ValueError(f"too narrow: expected high - low of {NARROWEST} or more")
    return bounds


def _different(names: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(names)) != len(names):
        raise ValueError("expected different measures")
    return names


Bound = Annotated[float, Field(ge=-FARTHEST, le=FARTHEST)]
Bounds = Annotated[tuple[Bound, Bound], AfterValidator(_in_order)]
KindName = Annotated[str, AfterValidator(ARCHIVES.checked), ARCHIVES]


class ArchiveSettings(Settings):
    """Base of the settings of every kind of archive: the keys of ``[archive]``.

    A kind adds its own keys, and says how many cells they make.
    """

    #: The key that decides how many cells there are, for messages about memory.
    SIZE: ClassVar[str] = "kind"

    kind: KindName = Field(
        DEFAULT,
        description="How measure space is divided: a grid, or a centroidal Voronoi tessellation, "
        "whose number of cells does not grow with the number of measures.",
    )
    measures: Annotated[tuple[str, ...], AfterValidator(_different)] = Field(
        min_length=1,
        max_length=MOST_MEASURES,
        description="Names of the measures, one to six; of two, x then y.",
    )
    ranges: tuple[Bounds, ...] = Field(
        min_length=1, max_length=MOST_MEASURES, description="[low, high] of each measure."
    )

    @property
    @abstractmethod
    def cell_count(self) -> int:
        """Number of cells."""

    def smallest(self) -> ArchiveSettings:
        """The same but for as few cells as can be: to look at what does not depend on them."""
        return self

    def one_per_measure(self) -> tuple[str, ...]:
        """Keys that have one entry per measure."""
        return ("ranges",)

    @model_validator(mode="before")
    @classmethod
    def _leave_dims_to_grids(cls, data: Any) -> Any:
        """Lets an input that extends one with a grid choose another kind."""
        if isinstance(data, dict) and "dims" not in cls.model_fields:
            return {key: value for key, value in data.items() if key != "dims"}
        return data

    @model_validator(mode="after")
    def _as_many_of_each(self) -> ArchiveSettings:
        """Checks that there is one entry per measure."""
        problems = [
            (key, f"has {len(value)} entries: expected {len(self.measures)}, one per measure")
            for key in self.one_per_measure()
            if len(value := getattr(self, key)) != len(self.measures)
        ]
        if problems:
            raise problems_error(problems)
        return self


def archive_settings(table: Any) -> type[ArchiveSettings]:
    """The class that checks a raw ``[archive]``: that of the kind that it names.

    Raises:
        ComponentError: There is no such kind, or it has no settings.
    """
    kind = table.get("kind", DEFAULT) if isinstance(table, Mapping) else DEFAULT
    if not isinstance(kind, str):
        raise ComponentError(ARCHIVES.expected())
    found = getattr(ARCHIVES.load(kind), "Settings", None)
    if not (isinstance(found, type) and issubclass(found, ArchiveSettings)):
        raise ComponentError(f"{ARCHIVES.path(kind)} has no class Settings of ArchiveSettings")
    return found
