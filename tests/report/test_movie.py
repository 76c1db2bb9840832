from __future__ import annotations

import stat
import subprocess
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dsage_mpi.report.movie import MovieError, find_ffmpeg, scaled, write_film, write_png


def frames(count: int = 5) -> list[np.ndarray]:
    """A white square that moves over a coloured ground."""
    ground = np.zeros((16, 24, 3), np.uint8)
    ground[..., 0], ground[..., 2] = np.arange(24) * 10, 90
    pictures = [ground.copy() for _ in range(count)]
    for k, picture in enumerate(pictures):
        picture[4:8, 2 * k : 2 * k + 4] = 255
    return pictures


def test_png_is_exact(tmp_path: Path) -> None:
    write_png(tmp_path / "a.png", frames()[2])
    with Image.open(tmp_path / "a.png") as picture:
        np.testing.assert_array_equal(np.asarray(picture), frames()[2])


def test_gif_has_every_frame(tmp_path: Path) -> None:
    write_film(tmp_path / "a.gif", iter(frames()), 0.03)
    with Image.open(tmp_path / "a.gif") as gif:
        assert gif.n_frames == 5
        assert gif.info["duration"] == 30
        for k, frame in enumerate(frames()):
            gif.seek(k)
            shown = np.asarray(gif.convert("RGB")).astype(int)
            np.testing.assert_allclose(shown, frame, atol=12)


def test_equal_frames_keep_their_time(tmp_path: Path) -> None:
    write_film(tmp_path / "a.gif", frames(2) + frames(1) * 3, 0.03)
    with Image.open(tmp_path / "a.gif") as gif:
        total = 0
        for k in range(gif.n_frames):
            gif.seek(k)
            total += gif.info["duration"]
    assert total == 5 * 30


def test_scaling() -> None:
    (large,) = scaled(frames(1), 3)
    assert large.shape == (48, 72, 3)
    np.testing.assert_array_equal(large[::3, ::3], frames(1)[0])


def test_no_frames(tmp_path: Path) -> None:
    with pytest.raises(MovieError, match="no pictures"):
        write_film(tmp_path / "a.gif", iter(()), 0.03)
    assert not list(tmp_path.iterdir())


def test_mp4_without_encoder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(tmp_path / "none"))
    with pytest.raises(MovieError, match=r"a\.mp4 is not written: .*pip install imageio-ffmpeg"):
        write_film(tmp_path / "a.mp4", iter(frames()), 0.03)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("shape", [(16, 24), (15, 23)])
def test_mp4_shows_every_frame(tmp_path: Path, shape: tuple[int, int]) -> None:
    """An odd number of rows or columns gets one more, which players need."""
    rows, columns = shape
    write_film(tmp_path / "a.mp4", [picture[:rows, :columns] for picture in frames()], 0.04)
    decode = [find_ffmpeg(), *("-i", str(tmp_path / "a.mp4"), "-f", "rawvideo")]
    done = subprocess.run([*decode, "-pix_fmt", "rgb24", "-"], capture_output=True, check=True)
    assert "24x16, " in done.stderr.decode()
    assert " 25 fps" in done.stderr.decode()
    shown = np.frombuffer(done.stdout, np.uint8).reshape(5, 16, 24, 3)
    for found, picture in zip(shown[:, :rows, :columns].astype(int), frames(), strict=True):
        assert np.abs(found - picture[:rows, :columns]).mean() < 15  # colours are interpolated


@pytest.fixture
def encoder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """``encoder(script)`` puts a program of our own in the place of ffmpeg."""

    def make(script: str) -> None:
        path = tmp_path / "ffmpeg"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(path))

    return make


def test_mp4_goes_through_the_encoder(tmp_path: Path, encoder: Callable[[str], None]) -> None:
    # The stand-in writes what it was given to its last argument, as ffmpeg does with a film.
    encoder('for last; do :; done; echo "$@" > "$0.said"; cat > "$last"')
    write_film(tmp_path / "a.mp4", iter(frames()), 0.03)
    raw = np.frombuffer((tmp_path / "a.mp4").read_bytes(), np.uint8)
    np.testing.assert_array_equal(raw.reshape(5, 16, 24, 3), np.stack(frames()))
    said = (tmp_path / "ffmpeg.said").read_text()
    assert "-s 24x16 -r 33.3333" in said


def test_an_encoder_that_fails(tmp_path: Path, encoder: Callable[[str], None]) -> None:
    encoder("cat > /dev/null; echo no such codec >&2; exit 1")
    with pytest.raises(MovieError, match="ffmpeg says no such codec"):
        write_film(tmp_path / "a.mp4", iter(frames()), 0.03)
    assert [path.name for path in tmp_path.iterdir()] == ["ffmpeg"]


def test_an_encoder_that_ends_early_is_not_written_to(
    tmp_path: Path, encoder: Callable[[str], None]
) -> None:
    encoder("echo disk full >&2; exit 1")
    with pytest.raises(MovieError, match="ffmpeg says disk full"):
        write_film(tmp_path / "a.mp4", frames(2) * 1000, 0.03)


@pytest.mark.parametrize("suffix", ["gif", "mp4"])
def test_large_films_are_made_picture_by_picture(
    tmp_path: Path, encoder: Callable[[str], None], suffix: str
) -> None:
    """100 pictures, each of which differs, with 100 times as many pixels: 115 MB as RGB."""
    encoder('for last; do :; done; wc -c > "$last"')
    path = tmp_path / f"a.{suffix}"
    tracemalloc.start()
    write_film(path, iter(frames(5) * 20), 0.03, factor=10)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 20e6
    if suffix == "mp4":
        assert int(path.read_text()) == 100 * 160 * 240 * 3
    else:
        with Image.open(path) as gif:
            assert (gif.size, gif.n_frames) == ((240, 160), 100)
            shown = np.asarray(gif.convert("RGB")).astype(int)
        np.testing.assert_allclose(shown[::10, ::10], frames()[0], atol=12)
