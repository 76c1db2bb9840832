"""inspect and plot on a real, tiny run."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import h5py
import pytest

from dsage_mpi.__main__ import main
from dsage_mpi.config.load import load_config
from dsage_mpi.run.finish import run_title
from dsage_mpi.run.load_run import find_stored
from dsage_mpi.rundir.metrics import read_metrics
from tests.cli.test_output import to_full_disk
from tests.support import REPOSITORY, python

PNG = b"\x89PNG\r\n"


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("runs") / "run"
    overrides = ["algorithm.max_evaluations=30", "inner_loop.iterations=8", "report.figures=false"]
    arguments = [part for override in overrides for part in ("--set", override)]
    done = python(
        *("-m", "dsage_mpi", REPOSITORY / "inputs" / "maze_tiny.toml"),
        *("--run-dir", path),
        *arguments,
        timeout=200,
    )
    assert done.returncode == 0, done.stderr
    return path


def checkpoints(run_dir: Path) -> list[Path]:
    return sorted((run_dir / "checkpoints").glob("*.h5"))


def digest_of(path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["inspect", str(path), "--digest"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    return line


def test_inspect_summarises(run_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", str(run_dir)]) == 0
    text = capsys.readouterr().out
    for word in ("30 of 30", "QD-score", "coverage", "method dsage, domain maze, seed 0", "digest"):
        assert word in text


def test_the_wall_time_is_the_same_wherever_one_looks(
    whole_run: Callable[[str], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = whole_run("map_elites")
    again = Path(shutil.copytree(first, tmp_path / "again"))
    done = python("-m", "dsage_mpi", "--restart", again, timeout=200)  # a start of its own
    texts = [(first.parent / "stdout").read_text(), done.stdout]
    for run_dir in (first, again):
        assert main(["inspect", str(run_dir)]) == 0
        texts.append(capsys.readouterr().out)
    times = [line for text in texts for line in text.splitlines() if "wall time" in line]
    assert len(times) == 4
    assert len(set(times)) == 1


def test_rows_have_the_columns_of_metrics_csv_in_their_order(run_dir: Path) -> None:
    """So inspect and plot show errors in the order in which the run itself did."""
    rows = find_stored(run_dir).rows()
    written = read_metrics(run_dir / "metrics.csv")
    assert rows == written
    assert list(rows[0]) == list(written[0])


def test_digest_is_that_of_the_newest_checkpoint(
    run_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    older, newest = checkpoints(run_dir)[-2:]
    whole = digest_of(run_dir, capsys)
    assert len(whole) == 64
    assert digest_of(newest, capsys) == whole
    assert digest_of(older, capsys) != whole


def test_a_checkpoint_that_was_copied_away_can_be_read(
    run_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = Path(shutil.copy(checkpoints(run_dir)[-1], tmp_path / "copy.h5"))
    assert digest_of(copy, capsys) == digest_of(run_dir, capsys)
    assert main(["inspect", str(copy)]) == 0
    assert main(["plot", str(copy)]) == 0
    assert (tmp_path / "copy" / "archive.png").is_file()
    assert {path.name for path in tmp_path.iterdir()} == {"copy.h5", "copy"}


def test_damaged_newest_checkpoint_is_skipped(
    run_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = tmp_path / "run"
    shutil.copytree(run_dir, copy)
    older, newest = checkpoints(copy)[-2:]
    newest.write_bytes(newest.read_bytes()[:-4000])
    assert digest_of(copy, capsys) == digest_of(older, capsys)


def test_run_without_a_usable_checkpoint(
    run_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = tmp_path / "run"
    shutil.copytree(run_dir, copy)
    for path in checkpoints(copy):
        path.write_bytes(b"nothing")
    assert main(["inspect", str(copy)]) == 2
    error = capsys.readouterr().err
    assert "no usable checkpoint" in error
    for path in checkpoints(copy):
        assert error.count(str(path)) == 1


def test_verify_says_which_file_is_damaged(
    run_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", str(run_dir)]) == 0
    assert capsys.readouterr().out.count(": whole, ") == len(checkpoints(run_dir))
    copy = Path(shutil.copy(checkpoints(run_dir)[-1], tmp_path / "copy.h5"))
    data = bytearray(copy.read_bytes())
    data[len(data) // 2] ^= 16
    copy.write_bytes(data)
    assert main(["verify", str(run_dir), str(copy)]) == 1
    shown = capsys.readouterr().out
    (damaged,) = [line for line in shown.splitlines() if "whole" not in line]
    assert damaged == f"{copy} is damaged: its bytes do not match its checksum"
    assert main(["verify", str(tmp_path / "nothing")]) == 2


def test_diff_names_the_first_difference(
    run_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    older, newest = checkpoints(run_dir)[-2:]
    assert main(["diff", str(run_dir), str(newest)]) == 0
    assert capsys.readouterr().out == ""
    assert main(["diff", str(older), str(newest)]) == 1
    assert capsys.readouterr().out.startswith("(attributes)/evaluations: ")
    assert main(["diff", str(older), str(newest), "--all"]) == 1
    out = capsys.readouterr().out
    for part in ("record/result (rows): ", "surrogate/network/", "(attributes)/iteration"):
        assert part in out
    assert main(["diff", str(older), str(tmp_path / "nothing")]) == 2


def test_diff_of_runs_with_other_settings_names_the_keys_and_the_scores(
    run_dir: Path, whole_run: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    other = whole_run("map_elites")
    assert main(["diff", str(run_dir), str(other)]) == 1
    lines = capsys.readouterr().out.splitlines()
    scores = [line for line in lines if line.startswith("  ")]
    keys = [line for line in lines if not line.startswith("  ")]
    assert lines == [*keys, *scores]
    assert 'algorithm.method: "dsage" != "map_elites"' in keys
    assert "algorithm.max_evaluations: 30 != 50" in keys
    assert not any(key.startswith(("checkpoint.", "report.", "farm.")) for key in keys)
    assert "config_hash" not in "".join(lines)
    assert [line.split()[0] for line in scores] == [
        *("evaluations", "failures", "QD-score", "coverage", "elites", "best")
    ]
    assert scores[0].split() == ["evaluations", "30", "!=", "50"]
    assert main(["diff", str(run_dir), str(other), "--all"]) == 1
    out = capsys.readouterr().out
    for part in ("checkpoint.keep: 3 != 100", "record/", "config_hash"):
        assert part in out


def test_a_title_does_not_stand_for_what_was_run(
    whole_run: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """The input of this run of MAP-Elites is called after DSAGE."""
    run_dir = whole_run("map_elites")
    told = "map_elites on maze, seed 0 (Mazes, seconds on one core)"
    assert told in (run_dir.parent / "stdout").read_text().splitlines()
    assert main(["inspect", str(run_dir)]) == 0
    assert capsys.readouterr().out.splitlines()[0] == told
    plain = run_title(load_config(REPOSITORY / "inputs" / "maze_tiny.toml", overrides=['title=""']))
    assert plain == "dsage on maze, seed 0"


@pytest.mark.parametrize("command", ["inspect", "verify", "diff"])
def test_lost_output_is_no_difference_and_no_damage(run_dir: Path, command: str) -> None:
    paths = checkpoints(run_dir)[-2:] if command == "diff" else [run_dir]
    done = to_full_disk(command, *paths, cwd=run_dir)
    assert done.returncode == 4
    assert done.stderr.count("\n") == 1


def test_checkpoint_says_what_it_is(run_dir: Path) -> None:
    """What docs/checkpoint.md promises of the root attributes and groups."""
    with h5py.File(checkpoints(run_dir)[-1]) as file:
        assert file.attrs["format"] == b"dsage_mpi checkpoint"
        assert file.attrs["evaluations"] == 30
        assert file.attrs["world_size"] == 1
        assert b"torch 2." in file.attrs["packages"]
        assert len(file.attrs["config_hash"]) == 64
        assert file["config"][()].decode() == (run_dir / "config.toml").read_text()
        assert file["names/measures"].asstr()[0] == "num_blocks"
        page = (REPOSITORY / "docs" / "checkpoint.md").read_text()
        missing = [name for name in file if f"`{name}" not in page and f"`/{name}" not in page]
        assert not missing
        lost = [f"record/{name}" for name in file["record"] if f"`{name}`" not in page]
        assert not lost


def test_plot_draws_where_it_is_told(
    run_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "pictures"
    assert main(["plot", str(run_dir), "--output", str(folder)]) == 0
    drawn = [Path(line) for line in capsys.readouterr().out.splitlines()]
    assert {path.name for path in drawn} >= {"archive.png", "levels.png", "curves.png"}
    assert all(path.parent == folder and path.read_bytes().startswith(PNG) for path in drawn)


def test_an_older_checkpoint_does_not_replace_the_figures(run_dir: Path, tmp_path: Path) -> None:
    copy = tmp_path / "run"
    shutil.copytree(run_dir, copy)
    assert main(["plot", str(copy)]) == 0
    before = {path: path.read_bytes() for path in (copy / "figures").iterdir()}
    older = checkpoints(copy)[0]
    assert main(["plot", str(older)]) == 0
    assert {path: path.read_bytes() for path in before} == before
    drawn = copy / "figures" / older.stem / "archive.png"
    assert drawn.read_bytes() != before[copy / "figures" / "archive.png"]


def test_restart_refuses_what_would_change_the_run(run_dir: Path) -> None:
    done = python("-m", "dsage_mpi", "--restart", run_dir, "--set", "domain.rollouts=9")
    assert done.returncode == 2
    assert "domain.rollouts = 9: the run has 4" in done.stderr


def test_restart_can_be_tried_dry(run_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    changed = "algorithm.max_evaluations=31"
    assert main(["--restart", str(run_dir), "--dry-run", "--set", changed]) == 0
    assert "max_evaluations = 31\n" in capsys.readouterr().out
