"""Writes pictures and films: PNG, animated GIF, and MP4 by the ffmpeg of imageio-ffmpeg."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from dsage_mpi.core.atomic_files import atomic_write, replacement
from dsage_mpi.core.paths import kind_of

Image = NDArray[np.uint8]

#: What file names may end with.
STILL, FILMS = ".png", (".gif", ".mp4")


class MovieError(Exception):
    """A picture or film cannot be written; the message says what to do."""


def check_target(path: Path) -> None:
    """Misses what a picture or film needs before anything is drawn for it.

    Raises:
        MovieError: There is no such folder, or no encoder for MP4.
    """
    try:
        parent, kind = kind_of(path.parent), kind_of(path)
    except OSError as error:
        raise MovieError(f"{path} cannot be written: {error.strerror or error}") from error
    if parent != "folder":
        what = "does not exist" if parent is None else "is no folder"
        raise MovieError(f"{path} cannot be written: {path.parent} {what}; make that folder first")
    if kind == "folder":
        raise MovieError(f"{path} cannot be written: it is a folder; choose another name")
    if path.suffix == ".mp4":
        _find_ffmpeg(path)


def write_png(path: Path, image: Image) -> None:
    """Writes one picture ((h, w, 3) uint8), atomically."""
    with atomic_write(path) as file:
        Pillow.fromarray(image).save(file, format="png", optimize=True)


def write_film(path: Path, frames: Iterable[Image], frame_seconds: float, factor: int = 1) -> None:
    """Writes a film, atomically; the name's end says as what.

    Args:
        path: ``*.gif`` or ``*.mp4``.
        frames: At least one picture, all of the same shape (h, w, 3), uint8.
        frame_seconds: How long each is shown. (A GIF counts hundredths of a second.)
        factor: How many times as large pixels become; one picture at a time, as a film of
            large ones may not fit into memory.

    Raises:
        MovieError: No frames, or no encoder for MP4.
    """
    frames = iter(frames)
    first = next(frames, None)
    if first is None:
        raise MovieError(f"{path} is not written: the film has no pictures")
    writer = _write_mp4 if path.suffix == ".mp4" else _write_gif
    writer(path, chain([first], frames), frame_seconds, factor)


def scaled(frames: Iterable[Image], factor: int) -> Iterator[Image]:
    """Each picture with pixels ``factor`` times as large."""
    for frame in frames:
        yield frame.repeat(factor, axis=0).repeat(factor, axis=1)


def _write_gif(path: Path, frames: Iterator[Image], frame_seconds: float, factor: int) -> None:
    """One palette for all frames, so that nothing flickers."""
    pictures = [Pillow.fromarray(frame) for frame in frames]
    palette = _palette(pictures)
    for number, picture in enumerate(pictures):  # each takes the place of what it is made from
        pictures[number] = picture.quantize(palette=palette, dither=Pillow.Dither.NONE)
    large = (
        picture.resize((picture.width * factor, picture.height * factor), Pillow.Resampling.NEAREST)
        for picture in pictures
    )
    with atomic_write(path) as file:
        next(large).save(
            file,
            format="gif",
            save_all=True,
            append_images=large,
            duration=round(frame_seconds * 1000),
            loop=0,
            disposal=1,
        )


def _palette(pictures: list[Pillow.Image]) -> Pillow.Image:
    """A picture with the 256 colours that a few frames, spread over the film, need most."""
    chosen = [np.asarray(pictures[k]) for k in np.linspace(0, len(pictures) - 1, 8).astype(int)]
    return Pillow.fromarray(np.concatenate(chosen)).quantize(256, Pillow.Quantize.MEDIANCUT)


def _write_mp4(path: Path, frames: Iterator[Image], frame_seconds: float, factor: int) -> None:
    ffmpeg = _find_ffmpeg(path)
    pictures = scaled(frames, factor)
    first = next(pictures)
    height, width = first.shape[:2]
    with replacement(path) as (_, unfinished):
        command = [
            *(ffmpeg, "-y", "-loglevel", "error", "-f", "rawvideo", "-pix_fmt", "rgb24"),
            *("-s", f"{width}x{height}", "-r", f"{1 / frame_seconds:.6g}", "-i", "-"),
            # The format that all players know has even numbers of rows and columns.
            *("-vf", "pad=ceil(iw/2)*2:ceil(ih/2)*2", "-pix_fmt", "yuv420p", "-crf", "18"),
            *("-f", "mp4", str(unfinished.absolute())),
        ]
        code, said = _feed(command, chain([first], pictures))
        if code:
            raise MovieError(f"{path} is not written: ffmpeg says {said or code}")


def _feed(command: list[str], pictures: Iterable[Image]) -> tuple[int, str]:
    """Gives a program pictures, one by one; returns its exit code and what it complained about."""
    with tempfile.TemporaryFile() as complaints:
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=complaints
        ) as program:
            assert program.stdin is not None
            with contextlib.suppress(BrokenPipeError), program.stdin as pipe:
                for picture in pictures:
                    pipe.write(np.ascontiguousarray(picture).data)
        complaints.seek(0)
        return program.returncode, complaints.read().decode(errors="replace").strip()


def find_ffmpeg() -> str:
    """The program that makes MP4 films: of the package imageio-ffmpeg, or IMAGEIO_FFMPEG_EXE.

    Raises:
        MovieError: There is none; says what to do.
    """
    try:
        from imageio_ffmpeg import get_ffmpeg_exe

        found: str | None = shutil.which(get_ffmpeg_exe())
    except (ImportError, RuntimeError):  # not installed; or a platform that it has no program for
        found = None
    if found is None:
        raise MovieError(
            "MP4 needs ffmpeg, which is not there: pip install imageio-ffmpeg, or let the "
            "environment variable IMAGEIO_FFMPEG_EXE name one; GIF needs nothing"
        )
    return found


def _find_ffmpeg(path: Path) -> str:
    try:
        return find_ffmpeg()
    except MovieError as error:
        raise MovieError(f"{path} is not written: {error}") from None
