"""Comparisons of real runs: every number recomputed from the run directories, the same bytes."""

from __future__ import annotations

import csv
import io
import shutil
import statistics

import numpy as np
import pytest
from PIL import Image

from dsage_mpi.__main__ import main
from dsage_mpi.report.figures.style import EMPTY
from dsage_mpi.study.compare import sections, write_comparison
from dsage_mpi.study.comparison import compare_runs, compare_study
from dsage_mpi.study.formats import latex
from dsage_mpi.study.plan import load_study
from tests.study.conftest import made, write_small


def last_row(run):
    with (run / "metrics.csv").open() as file:
        return list(csv.DictReader(file))[-1]


@pytest.fixture(scope="module")
def written(study, tmp_path_factory):
    folder = tmp_path_factory.mktemp("comparison")
    return folder, write_comparison(compare_study(study), folder)


def test_every_run_s_numbers_are_those_of_its_directory(study, written):
    folder, _ = written
    with (folder / "scores.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 6
    for row in rows:
        path = study.directory / row["row"] / f"seed-{row['seed']}"
        end, archive = last_row(path), np.load(path / "archive.npz")
        assert int(row["evaluations"]) == int(end["evaluations"]) == 40
        assert float(row["qd_score"]) == float(archive["objective"].sum()) == float(end["qd_score"])
        assert float(row["coverage"]) == pytest.approx(len(archive["index"]) / (32 * 27))
        assert float(row["best"]) == archive["objective"].max()


def test_the_table_is_mean_and_standard_error_of_them(study, written):
    text = (written[0] / "comparison.md").read_text()
    scores = [float(last_row(study.directory / "me" / f"seed-{k}")["qd_score"]) for k in (1, 2, 3)]
    error = statistics.stdev(scores) / np.sqrt(3)
    line = next(line for line in text.splitlines() if line.startswith("| MAP-Elites"))
    assert f"| {statistics.mean(scores):.2f} ± {error:.2f} |" in line
    assert line.endswith("| 10480.80 ± 150.13 | 0.25 |")
    assert "| dr | 3 |" in text
    assert "fewer than 5 seeds: MAP-Elites (3), dr (3)" in text


def test_the_target_is_the_reference_s_mean(study, written):
    folder, _ = written
    with (folder / "scores.csv").open() as file:
        rows = list(csv.DictReader(file))
    target = statistics.mean(float(row["qd_score"]) for row in rows if row["row"] == "me")
    assert f"mean final QD-score, {target:.6g}" in (folder / "comparison.md").read_text()
    for row in rows:
        reached = float(row["qd_score"]) >= target
        assert (row["evaluations_to_target"] != "") is reached
        if reached:
            assert 1 <= float(row["evaluations_to_target"]) <= 40
            assert float(row["cpu_s_to_target"]) <= float(row["cpu_s"])


def test_the_same_bytes_again(study, written, tmp_path):
    folder, files = written
    again = write_comparison(compare_study(study), tmp_path)
    assert [path.name for path in again] == [path.name for path in files]
    for path in again:
        assert path.read_bytes() == (folder / path.name).read_bytes(), path.name


def test_figures_have_something_in_them(written):
    for name in ("curves.png", "objectives.png", "archives.png"):
        image = Image.open(written[0] / name)
        assert min(image.size) > 400
        assert len(image.convert("RGB").getcolors(10**6)) > 20


def test_texts_are_escaped(written):
    folder, _ = written
    tex = (folder / "comparison.tex").read_text()
    assert r"Two methods \& 100 \%: means $\pm$ standard errors" in tex
    assert tex.count(r"\toprule") == tex.count(r"\bottomrule") == tex.count(r"\begin{table}") >= 4
    assert not set("±–") & set(tex)
    assert "<h1>Two methods &amp; 100 %</h1>" in (folder / "comparison.html").read_text()


def test_latex_columns(study):
    table = sections(compare_study(study))[0].table
    lines = latex(table, "c", "l").splitlines()
    rows = [line for line in lines if line.endswith(r"\\")]
    assert len(rows) == 3
    assert {line.count(" & ") for line in rows} == {len(table.columns) - 1}


def test_runs_alone_are_grouped_by_all_but_the_seed(study):
    paths = [run.path for run in study.runs]
    found = compare_runs(paths, target=5.0)
    assert [(row.title, len(row.runs)) for row in found.rows] == [("MAP-Elites", 3), ("dr", 3)]
    assert found.target == 5.0
    assert [h.rows for h in found.hypotheses] == [("MAP-Elites", "dr")]


def test_the_command(study, tmp_path, capsys):
    assert main(["compare", str(study.directory), "--output", str(tmp_path / "there")]) == 0
    out = capsys.readouterr().out
    assert "| MAP-Elites | 3 |" in out
    assert str(tmp_path / "there" / "comparison.tex") in out
    runs = [str(run.path) for run in study.runs[:3]]
    assert main(["compare", *runs, "--output", str(tmp_path / "runs")]) == 0
    assert (tmp_path / "runs" / "scores.csv").exists()


def test_one_seed_made_again_is_no_sample(study, tmp_path):
    paths = [run.path for run in study.runs if run.row == "me"]
    again = shutil.copytree(paths[0], tmp_path / "again")
    told = "2 runs of seed 1: they are one run made again"
    assert any(told in text for text in compare_runs([*paths, again]).warnings())
    assert not any("made again" in text for text in compare_runs(paths).warnings())


@pytest.mark.parametrize("target", ["nan", "inf", "many"])
def test_a_target_is_a_number(study, target, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["compare", str(study.directory), "--target", target])
    assert ended.value.code == 2
    assert f"{target!r}: expected a number" in capsys.readouterr().err


def test_what_cannot_be_compared(study, tmp_path, capsys):
    assert main(["compare", str(tmp_path)]) == 2
    assert "does not look like a run directory" in capsys.readouterr().err
    assert main(["compare", str(study.directory), str(study.runs[0].path)]) == 2
    assert "is a study: compare it alone, or runs" in capsys.readouterr().err


def test_a_file_whose_runs_are_nowhere(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.toml").write_text("")
    assert main(["compare", "mine.toml"]) == 2
    assert "mine.toml: no study of that name has run here (runs/mine does not exist)" in " ".join(
        capsys.readouterr().err.split()
    )
    assert main(["compare", "other.toml"]) == 2
    assert "other.toml does not exist" in capsys.readouterr().err


def test_the_paper_s_table_at_a_hundredth(scaled_study, capsys, tmp_path):
    from tests.study.conftest import LESS

    command = ["reproduce", "maze", "--scale", "0.01", "--seeds", "2"]
    command += ["--study-dir", str(scaled_study.directory)]
    command += [word for text in LESS for word in ("--set", text)]
    assert main(command) == 0
    out = capsys.readouterr().out
    assert "12 runs, 12 done" in out
    dsage = next(line for line in out.splitlines() if line.startswith("| DSAGE |"))
    assert "16446.60 ± 42.27 | 0.40" in dsage
    for effect in ("occupancy x downsampling", "downsampling, with occupancy"):
        assert out.count(effect) >= 2  # for QD-score and coverage
    for hypothesis in ("H1", "H2", "H3"):
        assert f"| {hypothesis} |" in out
    pairs = (scaled_study.directory / "comparison" / "pairs.csv").read_text()
    assert len(list(csv.DictReader(io.StringIO(pairs)))) == 6
    page = (scaled_study.directory / "report.html").read_text()
    assert page.count("seed-1") > 5


CVT = """
title = "Voronoi cells"
seeds = [1]

[set.report]
figures = false
[set.archive]
kind = "cvt"
cells = 60
[set.algorithm]
method = "map_elites"
max_evaluations = 30
[set.domain]
rollouts = 1

[rows.small]
input = "{inputs}/base/maze.toml"
set.emitters.batch_size = 2
[rows.large]
input = "{inputs}/base/maze.toml"
set.emitters.batch_size = 4
"""


def test_archives_of_voronoi_cells_are_compared(tmp_path, monkeypatch, capsys):
    """Of a study that is named by its file, as for sweep."""
    file = write_small(tmp_path, CVT)
    study = made(load_study(file, tmp_path / "runs" / "small"))
    monkeypatch.chdir(tmp_path)
    assert main(["compare", file.name, "--output", "comparison"]) == 0
    assert "Voronoi cells" in capsys.readouterr().out
    names = {path.name for path in (tmp_path / "comparison").iterdir()}
    assert {"comparison.md", "curves.png", "objectives.png", "archives.png"} <= names
    drawn = np.asarray(Image.open(tmp_path / "comparison" / "archives.png").convert("RGB"))
    empty = np.array([int(EMPTY[k : k + 2], 16) for k in (1, 3, 5)])
    assert (drawn == empty).all(axis=2).mean() > 0.2  # most cells have no elite
    with (tmp_path / "comparison" / "scores.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2
    for row in rows:
        archive = np.load(study.directory / row["row"] / f"seed-{row['seed']}" / "archive.npz")
        assert float(row["qd_score"]) == archive["objective"].sum()
        assert float(row["coverage"]) == pytest.approx(len(archive["index"]) / 60)
