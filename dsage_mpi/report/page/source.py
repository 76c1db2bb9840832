"""What a page about a run is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dsage_mpi.core.tile_sheets import TileSheet
from dsage_mpi.outer.searched import Searched
from dsage_mpi.report.history import CellOf


@dataclass(frozen=True)
class Measures:
    """The axes of an archive.

    Attributes:
        names: k names.
        units: k units, empty where there is none.
        ranges: (k, 2) float64, smallest and largest value.
        dims: Cells per measure; empty if the archive is no grid.
        cells: Number of cells.
        centres: (cells, 2) of an archive of two measures whose cells are what is nearest to a
            centre, in ranges; None of others.
    """

    names: tuple[str, ...]
    units: tuple[str, ...]
    ranges: NDArray[np.float64]
    dims: tuple[int, ...]
    cells: int
    centres: NDArray[np.float64] | None = None


@dataclass(frozen=True)
class Looks:
    """How levels are drawn.

    Attributes:
        render: Draws one level ((H, W) tile codes) as (h, w, 3) uint8.
        sheet: The domain's own sheet; None to find one in what it renders.
        codes: Codes of that sheet for levels ((n, H, W)).
    """

    render: Callable[[NDArray[np.int8]], NDArray[np.uint8]]
    sheet: TileSheet | None = None
    codes: Callable[[NDArray[np.int8]], NDArray[np.uint8]] = lambda levels: levels.astype(np.uint8)


@dataclass(frozen=True)
class PageRun:
    """One run, as far as it is.

    Attributes:
        name: What the page calls it.
        title: What was run.
        path: Run directory or checkpoint as the user would name it, for commands.
        state: ``running``, ``done``, ``stopped``, ...
        facts: Further (name, value) lines.
        measures: Axes of the archive.
        cell_of: Cells of measures.
        metadata_names: Columns of ``record["metadata"]``.
        record: The evaluation record, by column.
        rows: Rows of the metrics.
        looks: How to draw levels; None if they are vectors.
        parameters: What the solutions of evaluations ((m,) numbers) say, name -> value for each;
            None if they say nothing by name.
        occupancy: Mean visits ((m, H, W)) of evaluations ((m,) numbers); None if unknown.
        paths: Ways of the first rollouts of evaluations; None if the domain knows none.
        predict: Objective and measures ((m, 1 + k)) that the surrogate predicts for levels
            ((m, H, W)); None if there is no surrogate.
        checked: Predictions, what simulating them gave, and the low and high ends of the 90 %
            interval that was expected before (NaN where none was), (c, 1 + k) each.
        searched: The surrogate's archive that the newest solutions were chosen from, with numbers
            of evaluations as places; None if it is not known.
        coarse: Cells per measure of a downsampled archive; empty if none is used.
        failures: (number, text) of failed evaluations.
        config: TOML of the effective configuration.
        versions: JSON of what ran it.
        filmed: Whether ``render`` can film it.
    """

    name: str
    title: str
    path: str
    state: str
    facts: Sequence[tuple[str, str]]
    measures: Measures
    cell_of: CellOf
    metadata_names: tuple[str, ...]
    record: Mapping[str, Any]
    rows: Sequence[Mapping[str, Any]]
    looks: Looks | None
    parameters: Callable[[NDArray[np.int64]], list[Mapping[str, Any]]] | None = None
    occupancy: Callable[[NDArray[np.int64]], NDArray[np.float32]] | None = None
    paths: Callable[[NDArray[np.int64]], list[Sequence[NDArray[np.int16]]]] | None = None
    predict: Callable[[NDArray[np.int8]], NDArray[np.float64]] | None = None
    checked: tuple[NDArray[np.float64], ...] | None = None
    searched: Searched | None = None
    coarse: tuple[int, ...] = ()
    failures: Sequence[tuple[int, str]] = field(default_factory=list)
    config: str = ""
    versions: str = ""
    filmed: bool = False

    @property
    def live(self) -> bool:
        """Whether a program works on the run."""
        return self.state in ("starting", "running")
