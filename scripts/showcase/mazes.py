"""Films the agent in mazes along an archive, from short ways to long ones, all at once.

python scripts/showcase/mazes.py RUN_DIR OUTPUT.gif
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from dsage_mpi.api.rows import rows_along
from dsage_mpi.api.scenes import Scene, elite_scene, elites_of
from dsage_mpi.domains import build_domain
from dsage_mpi.run.load_run import find_stored

_MEASURE, _LONGEST = "agent_path_length", 250
_COLUMNS, _LINES = 4, 2
_SIDE, _GAP, _CAPTION = 196, 10, 22  # pixels
_STRIDE = 3  # steps per frame
_SECONDS, _WHOLE_FRAMES = 0.09, 18
_INK, _PAPER = (31, 41, 51), (255, 255, 255)


def scenes_along(run_dir: Path) -> list[tuple[Scene, str]]:
    """Elites of one line through the archive, and what each is."""
    stored = find_stored(run_dir)
    config = stored.load_config()
    domain = build_domain(config.domain, config.archive.measures)
    table = elites_of(stored, config)
    names = table.measure_names
    walls, steps = (table.measures[:, names.index(name)] for name in ("num_blocks", _MEASURE))
    rows = np.array([row for row in rows_along(table, _MEASURE, 200) if steps[row] <= _LONGEST])
    rows = rows[np.linspace(0, len(rows) - 1, _COLUMNS * _LINES).round().astype(int)]
    return [
        (
            elite_scene(stored, config, domain, table, int(row)),
            f"{walls[row]:.0f} walls, {steps[row]:.0f} steps",
        )
        for row in rows
    ]


def typical_rollout(scene: Scene) -> int:
    """The rollout whose length is the median."""
    paths: Any = scene.domain.paths(scene.task, scene.domain.rollouts)
    return int(np.argsort([len(path) for path in paths[0]])[len(paths[0]) // 2])


def small_frames(scene: Scene) -> list[Image.Image]:
    """One picture of every few steps, the last one included."""
    every = list(scene.film(typical_rollout(scene)).frames(True))
    taken = [*every[::_STRIDE], every[-1]]
    return [
        Image.fromarray(frame).resize((_SIDE, _SIDE), Image.Resampling.LANCZOS) for frame in taken
    ]


def sheet(pictures: list[Image.Image], captions: list[str]) -> Image.Image:
    """All mazes beside each other."""
    across, down = _SIDE + _GAP, _SIDE + _CAPTION + _GAP
    paper = Image.new("RGB", (_COLUMNS * across + _GAP, _LINES * down + _GAP), _PAPER)
    pen, font = ImageDraw.Draw(paper), ImageFont.load_default(13)
    for number, (picture, caption) in enumerate(zip(pictures, captions, strict=True)):
        x, y = _GAP + number % _COLUMNS * across, _GAP + number // _COLUMNS * down
        paper.paste(picture, (x, y))
        middle = (x + _SIDE // 2, y + _SIDE + _CAPTION // 2)
        pen.text(middle, caption, _INK, font, anchor="mm")
    return paper


def palette_of(frames: list[Image.Image]) -> Image.Image:
    """One palette for all, so that nothing flickers."""
    few = [np.asarray(frames[k]) for k in np.linspace(0, len(frames) - 1, 5).astype(int)]
    whole: NDArray[np.uint8] = np.concatenate(few)
    return Image.fromarray(whole).quantize(128, Image.Quantize.MAXCOVERAGE)


def main() -> None:
    """Writes the film."""
    run_dir, output = map(Path, sys.argv[1:3])
    scenes = scenes_along(run_dir)
    films = [small_frames(scene) for scene, _ in scenes]
    captions = [caption for _, caption in scenes]
    count = max(map(len, films))
    frames = [
        sheet([film[min(k, len(film) - 1)] for film in films], captions) for k in range(count)
    ]
    # The whole ways first: what is seen where films do not move, and between two rounds.
    frames = [*[frames[-1]] * _WHOLE_FRAMES, *frames]
    palette = palette_of(frames)
    first, *others = (frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames)
    timing = {"duration": round(_SECONDS * 1000), "loop": 0}
    first.save(output, save_all=True, append_images=others, optimize=True, **timing)
    print(output, f"{output.stat().st_size / 1e6:.2f} MB, {len(frames)} frames")


if __name__ == "__main__":
    main()
