from __future__ import annotations

import csv
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ribs.archives import GridArchive

from dsage_mpi.report.export import ArchiveTable, ExportError, export_archive
from dsage_mpi.rundir.run_directory import RunDirectory

from .conftest import MEASURES, METADATA, make_archive


def test_exports_every_elite(tmp_path: Path, archive: Any) -> None:
    run_dir = RunDirectory(tmp_path)
    table = export_archive(run_dir, archive, MEASURES, METADATA)
    data = archive.data()
    order = np.argsort(data["index"])
    with np.load(run_dir.archive_npz, allow_pickle=False) as file:
        for name in ("solution", "level", "objective", "measures", "metadata", "evaluation"):
            np.testing.assert_array_equal(file[name], data[name][order])
            assert file[name].dtype == data[name].dtype
        assert file["index"].tolist() == sorted(data["index"])
        assert file["measure_names"].tolist() == list(MEASURES)
    with run_dir.archive_csv.open(newline="") as file:
        rows = list(csv.DictReader(file))
    # A metadata column that is a measure as well appears once.
    assert list(rows[0]) == ["cell", "evaluation", "objective", *MEASURES, "optimal_path_length"]
    assert [float(row["objective"]) for row in rows] == table.objective.tolist()
    assert sorted(os.listdir(tmp_path)) == ["archive.csv", "archive.npz"]


def test_row_order_does_not_depend_on_insertion_order(tmp_path: Path) -> None:
    files = []
    for step in (1, -1):
        data = make_archive(100).data()
        archive = make_archive(0)
        archive.add(**{k: v[::step] for k, v in data.items() if k not in ("index", "threshold")})
        run_dir = RunDirectory(tmp_path / str(step))
        run_dir.path.mkdir()
        export_archive(run_dir, archive, MEASURES, METADATA)
        files.append((run_dir.archive_npz.read_bytes(), run_dir.archive_csv.read_bytes()))
    assert files[0] == files[1]


@pytest.mark.parametrize("count", [0, 200])
def test_reads_back_what_it_wrote(tmp_path: Path, count: int) -> None:
    table = ArchiveTable.of(make_archive(count), MEASURES, METADATA)
    table.save_npz(tmp_path / "a.npz")
    loaded = ArchiveTable.load_npz(tmp_path / "a.npz")
    assert loaded.measure_names == MEASURES
    assert len(loaded) == len(table)
    for name in ("index", "solution", "level", "metadata", "lower_bounds", "dims"):
        np.testing.assert_array_equal(getattr(loaded, name), getattr(table, name))
        assert getattr(loaded, name).dtype == getattr(table, name).dtype


def test_statistics_equal_those_of_the_archive(archive: Any, table: ArchiveTable) -> None:
    assert len(table) == archive.stats.num_elites
    assert table.coverage == pytest.approx(archive.stats.coverage)
    assert table.qd_score == pytest.approx(archive.stats.qd_score)


def test_columns_by_name(table: ArchiveTable) -> None:
    np.testing.assert_array_equal(table.column("num_blocks"), table.measures[:, 0])
    np.testing.assert_array_equal(table.column("optimal_path_length"), table.metadata[:, 1])
    assert table.column("evaluation").dtype == np.float64
    with pytest.raises(KeyError, match=r"no column 'walls'.*num_blocks"):
        table.column("walls")


def test_plain_archive_without_extra_fields() -> None:
    archive = GridArchive(solution_dim=2, dims=[4, 4], ranges=[(0, 1), (0, 1)])
    archive.add([[1.0, 2.0]], [0.5], [[0.1, 0.9]])
    table = ArchiveTable.of(archive)
    assert table.level.shape == (1, 0, 0)
    assert table.metadata.shape == (1, 0)
    assert table.evaluation.tolist() == [-1]
    assert table.measure_names == ("measure_0", "measure_1")


def test_wrong_names_are_refused(archive: Any) -> None:
    with pytest.raises(ValueError, match="1 metadata names for 2 metadata columns"):
        ArchiveTable.of(archive, MEASURES, ("a",))


def test_a_failed_export_keeps_the_old_one(
    tmp_path: Path, table: ArchiveTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    table.save_npz(tmp_path / "archive.npz")
    before = (tmp_path / "archive.npz").read_bytes()

    def full(file: Any, **arrays: Any) -> None:
        file.write(b"PK half of it")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez_compressed", full)
    with pytest.raises(OSError, match="No space left"):
        table.save_npz(tmp_path / "archive.npz")
    assert (tmp_path / "archive.npz").read_bytes() == before
    assert os.listdir(tmp_path) == ["archive.npz"]


def test_damaged_files_give_a_clear_error(tmp_path: Path, table: ArchiveTable) -> None:
    path = tmp_path / "archive.npz"
    with pytest.raises(ExportError, match=r"archive\.npz"):
        ArchiveTable.load_npz(path)
    table.save_npz(path)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(ExportError, match="cannot read"):
        ArchiveTable.load_npz(path)
    np.savez(path, other=np.zeros(3))
    with pytest.raises(ExportError, match="no exported archive"):
        ArchiveTable.load_npz(path)
