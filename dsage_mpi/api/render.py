"""Draws what ``render`` is asked for: one level, a sheet of several, or a film."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dsage_mpi.api.rows import rows_along, rows_of_cells, rows_spread
from dsage_mpi.api.scenes import RenderError, Scene, Wanted, elite_scene, elites_of, find_scene
from dsage_mpi.core.domain import DomainError
from dsage_mpi.domains import build_domain, domain_settings
from dsage_mpi.report.figures.filling import FRAME_SECONDS, Filling, filling_frames
from dsage_mpi.report.figures.gallery import caption, level_gallery
from dsage_mpi.report.figures.run import axis_label
from dsage_mpi.report.history import replay
from dsage_mpi.report.movie import (
    FILMS,
    STILL,
    VECTOR,
    MovieError,
    scaled,
    write_film,
    write_png,
    write_svg,
)
from dsage_mpi.run.finish import run_title, units
from dsage_mpi.run.load_run import find_stored
from dsage_mpi.rundir.run_directory import look

if TYPE_CHECKING:
    from dsage_mpi.config.schema import Config
    from dsage_mpi.run.load_run import Stored

Say = Callable[[str], None]
#: Levels of a row through the archive.
_ALONG = 8


@dataclass(frozen=True)
class Asked:
    """The options of ``render``, as ``cli/render.py`` describes them."""

    source: Path
    output: Path
    evaluation: int | None = None
    best: str | None = None
    cell: tuple[int, ...] | None = None
    measures: tuple[float, ...] | None = None
    cells: list[tuple[int, ...]] | None = None
    along: str | None = None
    spread: int | None = None
    history: bool = False
    count: int | None = None
    show: str = "path"
    rollout: int | None = None
    whole: bool = False
    scale: int = 1
    domain: str | None = None

    @staticmethod
    def of(options: Mapping[str, Any]) -> Asked:
        """Picks what it needs from all options of the command."""
        return Asked(**{field.name: options[field.name] for field in fields(Asked)})

    @property
    def of_a_run(self) -> bool:
        """Whether it says which level of a run."""
        several = self.cells or self.along or self.spread or self.history
        one = self.best or self.cell or self.measures
        return bool(several or one or self.evaluation is not None)


def render(asked: Asked, say: Say, warn: Say) -> Callable[[], None]:
    """Finds what is to be drawn; what it returns draws it.

    Args:
        asked: The options.
        say: Told what is shown.
        warn: Told what cannot be shown.

    Raises:
        RenderError: It is not there.
        ConfigError: and ``CheckpointError``, ``RunDirectoryError``, ``DomainError``: no such run.
    """
    kind = look(asked.source)
    if kind is None:
        raise RenderError(f"{asked.source} does not exist")
    if kind == "file" and asked.source.suffix != ".h5":
        if asked.of_a_run:
            raise RenderError(
                f"{asked.source} is one level: --evaluation, --best, --cell, --measures are for "
                "runs"
            )
        return _one(asked, _written_level(asked.source, asked.domain or "mario"), say, warn)
    if asked.domain is not None:
        raise RenderError(f"--domain is for levels as text; {asked.source} has its own")
    stored = find_stored(asked.source)
    config = stored.load_config()
    domain = build_domain(config.domain, config.archive.measures)
    if asked.history:
        return _history(asked, stored, config, domain)
    if asked.cells or asked.along or asked.spread:
        return _sheet(asked, stored, config, domain, say, warn)
    wanted = Wanted(asked.cell, asked.measures, asked.evaluation)
    scene = find_scene(stored, config, domain, wanted, asked.best or "objective")
    return _one(asked, scene, say, warn)


def _one(asked: Asked, scene: Scene, say: Say, warn: Say) -> Callable[[], None]:
    rollout = _rollout(asked, scene, warn)
    say(scene.what)
    if asked.output.suffix in FILMS:
        assert rollout is not None
        return partial(_write_film, asked, scene, rollout)
    if asked.output.suffix == VECTOR:
        assert rollout is not None
        return partial(_write_svg, asked, scene, rollout)
    return lambda: write_png(
        asked.output, next(scaled([_picture(asked, scene, rollout, warn)], asked.scale))
    )


def _picture(asked: Asked, scene: Scene, rollout: int | None, warn: Say) -> Any:
    return scene.visits() if asked.show == "visits" else scene.still(rollout, warn)


def _write_film(asked: Asked, scene: Scene, rollout: int) -> None:
    film = scene.film(rollout)
    write_film(asked.output, film.frames(asked.whole), film.frame_seconds, asked.scale)


def _write_svg(asked: Asked, scene: Scene, rollout: int) -> None:
    film: Any = scene.film(rollout)
    if not hasattr(film, "svg"):
        raise MovieError(
            f"{asked.output} is not written: the {scene.domain.name} domain draws no SVG; choose a "
            "name that ends in .png"
        )
    write_svg(asked.output, film.svg())


def _rollout(asked: Asked, scene: Scene, warn: Say) -> int | None:
    """Number of the rollout to show; None where there is none that could be played again.

    Raises:
        RenderError: What was asked for takes one, or there is no such rollout.
    """
    suffix = asked.output.suffix
    scene.check_drawn()
    if asked.show != "path" and suffix == STILL:
        return None
    why = scene.why_not_played
    if not why:
        number = asked.rollout or 0
        scene.check_rollout(number)
        return number
    if suffix != STILL:
        raise RenderError(
            f"{why}, so there is no film of it; choose a name that ends in {STILL} for the level"
        )
    if asked.rollout is not None:
        raise RenderError(f"--rollout {asked.rollout}: {why}; leave it out for the level")
    if hasattr(scene.domain, "film"):  # a domain that can show a path, but not of this level
        warn(f"the level is drawn without the agent's path: {why}")
    return None


def _sheet(
    asked: Asked, stored: Stored, config: Config, domain: Any, say: Say, warn: Say
) -> Callable[[], None]:
    """Several levels beside each other, each with what the agent did."""
    table = elites_of(stored, config)
    if asked.cells:
        rows = rows_of_cells(table, asked.cells)
    elif asked.along:
        rows = rows_along(table, asked.along, asked.count or _ALONG)
    else:
        rows = rows_spread(table, asked.spread or 1)
    scenes = [elite_scene(stored, config, domain, table, int(row)) for row in rows]
    rollout = _rollout(asked, scenes[0], warn)
    for scene in scenes:
        say(scene.what)
    pictures = (_picture(asked, scene, rollout, warn) for scene in scenes)
    captions = [caption(table, int(row), units(config)) for row in rows]
    flat = scenes[0].level.shape[1] > 2 * scenes[0].level.shape[0]
    return lambda: level_gallery(
        [scene.level for scene in scenes],
        lambda level: next(scaled([next(pictures)], asked.scale)),
        captions,
        asked.output,
        2 if flat else 4,
        run_title(config),
    )


def _history(asked: Asked, stored: Stored, config: Config, domain: Any) -> Callable[[], None]:
    from dsage_mpi.search.archive import ground_truth_archive

    settings, archives = config.archive, stored.archives(config)
    if archives.centroids is not None or len(archives.dims) != 2:
        raise RenderError("--history shows grid archives of two measures; this is another one")
    archive = ground_truth_archive(archives, domain, config.seed)
    record = stored.tree["record"]
    x, y = map(axis_label, settings.measures, units(config))
    filling = Filling(
        title=run_title(config),
        history=replay(record, lambda m: np.asarray(archive.index_of(m), np.int64)),
        record=record,
        measures=(x, y),
        ranges=np.asarray(archives.ranges).T,
        cells=int(archive.cells),
    )
    frames = filling_frames(filling, (int(archives.dims[0]), int(archives.dims[1])))
    return lambda: write_film(asked.output, frames, FRAME_SECONDS, asked.scale)


def _written_level(source: Path, name: str) -> Scene:
    """A level as text, played with the domain's default settings."""
    settings = domain_settings(name)
    try:
        default = settings.SETTINGS(name=name)
    except ValueError:  # it has settings without a default
        raise RenderError(f"the {name} domain reads no levels from text") from None
    domain: Any = build_domain(default, tuple(settings.MEASURES)[:2])
    if not hasattr(domain, "level_from_text"):
        raise RenderError(f"the {name} domain reads no levels from text")
    try:
        level = domain.level_from_text(source.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        raise RenderError(f"{source} is no text (UTF-8)") from None
    except OSError as error:
        raise RenderError(f"{source} cannot be read: {error.strerror or error}") from None
    except DomainError as error:
        raise RenderError(f"{source}: {error}") from None
    fits = level.shape == domain.level_shape
    return Scene(domain, level, domain.level_task(level) if fits else None, f"level {source}")
