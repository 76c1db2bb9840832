"""The archive as plain arrays: exported to ``archive.npz`` and ``archive.csv``, read by figures."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dsage_mpi.archives import Archives
from dsage_mpi.core.atomic_files import atomic_write
from dsage_mpi.core.csv_files import write_csv
from dsage_mpi.rundir.run_directory import RunDirectory


class ExportError(Exception):
    """An exported archive cannot be read."""


@dataclass(frozen=True)
class ArchiveTable:
    """The elites of an archive, one row each, in the order of their cells.

    Attributes:
        dims: (k,) int64, cells per measure of a grid; (1,), the number of cells, of others.
        centroids: (cells, k) float64, centre of each cell; (0, k) of a grid.
        lower_bounds: (k,) float64, smallest value of each measure's range.
        upper_bounds: (k,) float64, largest value of each measure's range.
        measure_names: k names.
        metadata_names: m names.
        index: (n,) int64, cell of each elite, row-major over ``dims``; ascending.
        solution: (n, solution_dim).
        objective: (n,) float64.
        measures: (n, k) float64.
        level: (n, H, W) int8 tile codes or (n, d) float64 vectors; H = W = 0 if there are none.
        metadata: (n, m) float64.
        evaluation: (n,) int64, number of the evaluation that found the elite; -1 if not kept.
    """

    dims: NDArray[np.int64]
    centroids: NDArray[np.float64]
    lower_bounds: NDArray[np.float64]
    upper_bounds: NDArray[np.float64]
    measure_names: tuple[str, ...]
    metadata_names: tuple[str, ...]
    index: NDArray[np.int64]
    solution: NDArray[Any]
    objective: NDArray[np.float64]
    measures: NDArray[np.float64]
    level: NDArray[Any]
    metadata: NDArray[np.float64]
    evaluation: NDArray[np.int64]

    @staticmethod
    def of(
        archive: Any,
        measure_names: Sequence[str] = (),
        metadata_names: Sequence[str] = (),
        archives: Archives | None = None,
    ) -> ArchiveTable:
        """Copies the elites out of an archive.

        Args:
            archive: A pyribs archive; its fields ``level``, ``metadata`` and
                ``evaluation`` are used if they are there. An ``ArchiveTable`` is returned as is.
            measure_names: Names of the measures; ``measure_0``, ... if there are none.
            metadata_names: Names of the metadata columns; ``metadata_0``, ... if none.
            archives: What the archive was made by; as pyribs' grids and CVTs have it if None.
        """
        if isinstance(archive, ArchiveTable):
            return archive
        cells = archive if archives is None else archives
        data = archive.data()
        order = np.argsort(data["index"], kind="stable")
        count = len(order)
        metadata = np.asarray(data.get("metadata", np.empty((count, 0))), dtype=np.float64)
        metadata = metadata.reshape(count, metadata.shape[1] if metadata.ndim > 1 else 1)
        return ArchiveTable(
            dims=np.array(getattr(cells, "dims", (int(archive.cells),)), np.int64),
            centroids=_centroids(cells, int(archive.measure_dim)),
            lower_bounds=np.asarray(archive.lower_bounds, dtype=np.float64),
            upper_bounds=np.asarray(archive.upper_bounds, dtype=np.float64),
            measure_names=_names(measure_names, "measure", int(archive.measure_dim)),
            metadata_names=_names(metadata_names, "metadata", metadata.shape[1]),
            index=np.asarray(data["index"], dtype=np.int64)[order],
            solution=np.asarray(data["solution"])[order],
            objective=np.asarray(data["objective"], dtype=np.float64)[order],
            measures=np.asarray(data["measures"], dtype=np.float64)[order],
            level=np.asarray(data.get("level", np.empty((count, 0, 0), np.int8)))[order],
            metadata=metadata[order],
            evaluation=np.asarray(data.get("evaluation", np.full(count, -1)), np.int64)[order],
        )

    def __len__(self) -> int:
        return len(self.index)

    @property
    def cells(self) -> int:
        """Number of cells, occupied or not."""
        return int(np.prod(self.dims))

    @property
    def coverage(self) -> float:
        """Occupied cells / cells."""
        return len(self) / self.cells

    @property
    def qd_score(self) -> float:
        """Sum of the elites' objectives."""
        return float(self.objective.sum())

    def column(self, name: str) -> NDArray[np.float64]:
        """One number per elite: ``objective``, ``evaluation``, a measure or a metadata column.

        Raises:
            KeyError: There is no such column; the message lists those there are.
        """
        if name in self.measure_names:
            return self.measures[:, self.measure_names.index(name)]
        if name in self.metadata_names:
            return self.metadata[:, self.metadata_names.index(name)]
        if name in ("objective", "evaluation"):
            return np.asarray(getattr(self, name), dtype=np.float64)
        known = ("objective", "evaluation", *self.measure_names, *self.metadata_names)
        raise KeyError(f"no column {name!r}; expected one of {', '.join(known)}")

    def save_npz(self, path: Path) -> None:
        """Writes every field as an array of that name (names as text arrays, no pickles)."""
        arrays: dict[str, Any] = {
            field.name: np.asarray(getattr(self, field.name)) for field in fields(self)
        }
        for name in ("measure_names", "metadata_names"):
            arrays[name] = np.array(getattr(self, name), dtype=np.str_)
        with atomic_write(path) as file:
            np.savez_compressed(file, **arrays)

    def save_csv(self, path: Path) -> None:
        """Writes one line per elite: cell, evaluation, objective, measures, metadata."""
        extra = [i for i, n in enumerate(self.metadata_names) if n not in self.measure_names]
        metadata = [self.metadata_names[i] for i in extra]
        rows = []
        for row in range(len(self)):
            numbers = [self.objective[row], *self.measures[row], *self.metadata[row, extra]]
            rows.append([self.index[row], self.evaluation[row], *map(_short, numbers)])
        write_csv(path, ["cell", "evaluation", "objective", *self.measure_names, *metadata], rows)

    @staticmethod
    def load_npz(path: Path) -> ArchiveTable:
        """Reads what :meth:`save_npz` wrote.

        Raises:
            ExportError: The file is missing, damaged or lacks an array.
        """
        arrays: dict[str, Any] = {}
        try:
            with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
                if "centroids" not in file and "measures" in file:  # of an earlier version
                    arrays["centroids"] = np.empty((0, file["measures"].shape[1]))
                arrays |= {
                    f.name: file[f.name] for f in fields(ArchiveTable) if f.name not in arrays
                }
        except KeyError as error:
            raise ExportError(f"{path} is no exported archive: {error}") from error
        except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
            raise ExportError(f"cannot read the exported archive {path}: {error}") from error
        for name in ("measure_names", "metadata_names"):
            arrays[name] = tuple(arrays[name].tolist())
        return ArchiveTable(**arrays)


def export_archive(
    run_dir: RunDirectory,
    archive: Any,
    measure_names: Sequence[str] = (),
    metadata_names: Sequence[str] = (),
) -> ArchiveTable:
    """Writes ``archive.npz`` and ``archive.csv``, each of them atomically.

    Args:
        run_dir: Where to.
        archive: a pyribs archive or an ``ArchiveTable``.
        measure_names: Names of the measures.
        metadata_names: Names of the metadata columns.

    Returns:
        What was written.
    """
    table = ArchiveTable.of(archive, measure_names, metadata_names)
    table.save_npz(run_dir.archive_npz)
    table.save_csv(run_dir.archive_csv)
    return table


def _centroids(cells: Any, measures: int) -> NDArray[np.float64]:
    """(cells, k) centres of a pyribs archive or of ``Archives``; (0, k) of a grid."""
    found = getattr(cells, "centroids", None)
    return np.empty((0, measures)) if found is None else np.array(found, np.float64)


def _names(names: Sequence[str], stem: str, count: int) -> tuple[str, ...]:
    if not names:
        return tuple(f"{stem}_{i}" for i in range(count))
    if len(names) != count:
        raise ValueError(f"{len(names)} {stem} names for {count} {stem} columns: {list(names)}")
    return tuple(names)


def _short(value: float) -> str:
    """Shortest text that reads back as the same float64, whole numbers without point."""
    number = float(value)
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)
