"""render: which level, which file; that films show the right game is tested with the domain."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dsage_mpi.__main__ import main
from dsage_mpi.domains import build_domain
from dsage_mpi.domains.maze.settings import MazeSettings
from tests.support import python

FLAT = "\n".join(["-" * 56] * 14 + ["X" * 56] * 2)


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve random mazes."""
    path = tmp_path_factory.mktemp("runs") / "run"
    overrides = [
        *("algorithm.method=domain_randomization", "emitters.batch_size=4", "emitters.count=3"),
        *("algorithm.max_evaluations=12", "report.figures=false"),
    ]
    arguments = [part for override in overrides for part in ("--set", override)]
    done = python("-m", "dsage_mpi", "inputs/maze_tiny.toml", "--run-dir", path, *arguments)
    assert done.returncode == 0, done.stderr
    return path


def archive(run_dir: Path) -> dict[str, np.ndarray]:
    with np.load(run_dir / "archive.npz") as file:
        return dict(file)


def refused(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    """What is said when nothing is drawn."""
    try:
        code = main(["render", *map(str, arguments)])
    except SystemExit as error:  # argparse
        code = int(error.code or 0)
    assert code == 2
    message = capsys.readouterr().err
    assert "Traceback" not in message
    return message


def test_a_maze_is_drawn_as_in_the_gallery(run_dir: Path, tmp_path: Path) -> None:
    elites = archive(run_dir)
    row = len(elites["index"]) // 2
    cell = np.unravel_index(elites["index"][row], tuple(elites["dims"]))
    picture = tmp_path / "maze.png"
    arguments = ["--cell", *map(str, cell), "--output", str(picture), "--scale", "2"]
    assert main(["render", str(run_dir), *arguments]) == 0
    domain = build_domain(MazeSettings(name="maze"), ("num_blocks", "agent_path_length"))
    with Image.open(picture) as shown:
        drawn = np.asarray(shown)
    np.testing.assert_array_equal(drawn[::2, ::2], domain.render(elites["level"][row]))


def test_the_same_level_by_cell_by_number_and_from_a_checkpoint(
    run_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    number = str(archive(run_dir)["evaluation"][0])
    checkpoint = max((run_dir / "checkpoints").glob("*.h5"))
    for source, name in ((run_dir, "a.png"), (checkpoint, "b.png")):
        output = str(tmp_path / name)
        assert main(["render", str(source), "--evaluation", number, "--output", output]) == 0
        assert f"evaluation {number}, objective 1, num_blocks" in capsys.readouterr().out
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_what_is_not_there_is_named(
    run_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = ("--output", tmp_path / "a.png")
    assert "no evaluation 12: the run has 12, numbered from 0" in refused(
        capsys, run_dir, "--evaluation", 12, *output
    )
    assert "no cell (32, 0): the archive has 32 x 27" in refused(
        capsys, run_dir, "--cell", 32, 0, *output
    )
    elites = archive(run_dir)
    nearest = np.unravel_index(elites["index"].min(), tuple(elites["dims"]))
    assert "no cell (-1, 0): the archive has" in refused(capsys, "--cell", -1, 0, run_dir, *output)
    assert "no cell (1,): the archive has 32 x 27" in refused(capsys, run_dir, "--cell", 1, *output)
    message = refused(capsys, run_dir, "--cell", 0, nearest[1], *output)
    assert "is empty; the nearest with an elite is cell" in message
    assert "does not exist" in refused(capsys, tmp_path / "nothing", *output)
    assert not (tmp_path / "a.png").exists()


def test_mazes_have_no_films(
    run_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    message = refused(capsys, run_dir, "--output", tmp_path / "a.gif")
    assert "the maze domain's simulator keeps no record" in message
    assert ".png" in message
    message = refused(capsys, run_dir, "--rollout", 0, "--output", tmp_path / "a.png")
    assert "--rollout 0: the maze domain's simulator keeps no record" in message
    assert not list(tmp_path.glob("a.*"))
    assert main(["render", str(run_dir), "--output", str(tmp_path / "a.png")]) == 0
    assert capsys.readouterr().err == ""  # nobody missed a path


def test_the_domain_of_a_run_is_its_own(
    run_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    message = refused(capsys, run_dir, "--domain", "maze", "--output", tmp_path / "a.png")
    assert "--domain is for levels as text" in message


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("--output", "a.jpg", "expected a name that ends in .png, .gif or .mp4"),
        ("--scale", "0", "expected 1 to 16"),
        ("--rollout", "-1", "expected 0 or more"),
        ("--domain", "chess", "expected one of command, mario, maze"),
        ("--best", "--cell", "not allowed with argument"),
    ],
)
def test_bad_usage(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], option: str, value: str, message: str
) -> None:
    rest = ["0", "0"] if value == "--cell" else []
    shown = refused(capsys, tmp_path, "--output", "a.png", option, value, *rest)
    assert message in shown


def test_domains_that_read_no_levels_say_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "level.txt").write_text("XX\n", encoding="utf-8")
    shown = refused(
        capsys, tmp_path / "level.txt", "--domain", "command", "--output", tmp_path / "a.png"
    )
    assert "the command domain reads no levels from text" in shown


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("hello", "no Mario level: 1 rows; expected 14 to 16"),
        ("", "no Mario level: is empty; expected 14 to 16 rows"),
        (FLAT.replace("X", "&", 1), "row 15, column 1 holds '&'"),
        (b"\xff\xfe\x00", "is no text (UTF-8)"),
    ],
)
def test_text_that_is_no_level(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str | bytes, message: str
) -> None:
    source = tmp_path / "level.txt"
    source.write_bytes(text if isinstance(text, bytes) else text.encode())
    shown = refused(capsys, source, "--output", tmp_path / "a.png")
    assert message in shown
    assert str(source) in shown


def test_text_means_one_level_of_a_domain_that_reads_text(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "level.txt"
    source.write_text(FLAT)
    output = ("--output", tmp_path / "a.png")
    assert "is one level" in refused(capsys, source, "--best", *output)
    assert "reads no levels" in refused(capsys, source, "--domain", "maze", *output)


def test_a_level_as_text_is_played(tmp_path: Path) -> None:
    source, output = tmp_path / "level.txt", tmp_path / "level.gif"
    source.write_text(FLAT + "\n")
    assert main(["render", str(source), "--output", str(output)]) == 0
    with Image.open(output) as film:
        assert film.size == (256, 256)
        assert film.n_frames > 80


@pytest.mark.parametrize(("rows", "width"), [(14, 202), (15, 149), (16, 373), (16, 30)])
def test_a_level_of_any_width_is_drawn(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], rows: int, width: int
) -> None:
    source, output = tmp_path / "level.txt", tmp_path / "level.png"
    source.write_text("\n".join(["-" * width] * (rows - 2) + ["X" * width] * 2))
    assert main(["render", str(source), "--output", str(output)]) == 0
    told = f"the level has 16 x {width} tiles, and games are played in 16 x 56"
    assert f"drawn without the agent's path: {told}" in capsys.readouterr().err
    with Image.open(output) as picture:
        assert picture.size == (16 * width, 256)
    assert told in refused(capsys, source, "--output", tmp_path / "level.gif")
    assert told in refused(capsys, source, "--rollout", 0, "--output", output)


def test_a_level_without_its_sky_is_played(tmp_path: Path) -> None:
    """As in the corpus that generators learn from: 14 rows."""
    for name, text in (("a", FLAT), ("b", "\n".join(FLAT.split("\n")[2:]))):
        (tmp_path / f"{name}.txt").write_text(text)
        output = str(tmp_path / f"{name}.png")
        assert main(["render", str(tmp_path / f"{name}.txt"), "--output", output]) == 0
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_a_folder_that_does_not_exist(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "level.txt"
    source.write_text(FLAT)
    for name in ("no/a.png", "level.txt/a.png"):
        output = tmp_path / name
        message = refused(capsys, source, "--output", output)
        what = "does not exist" if name.startswith("no") else "is no folder"
        assert f"{output} cannot be written: {output.parent} {what}" in message
    (tmp_path / "folder.png").mkdir()
    message = refused(capsys, source, "--output", tmp_path / "folder.png")
    assert "it is a folder" in message


def test_what_is_missing_is_found_before_the_game(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "level.txt"
    source.write_text("\ufeff" + FLAT)
    monkeypatch.setattr("dsage_mpi.domains.mario.domain.MarioDomain.film", None)
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(tmp_path / "none"))
    message = refused(capsys, source, "--output", tmp_path / "a.mp4")
    assert "MP4 needs ffmpeg" in message
    message = refused(capsys, source, "--rollout", 5, "--output", tmp_path / "a.png")
    assert "no rollout 5: an evaluation has 5 here, numbered from 0" in message
    assert [path.name for path in tmp_path.iterdir()] == ["level.txt"]
