"""``render``: a picture of one level, with the agent's path if the domain knows it, or a film."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsage_mpi.cli.console import EXIT_CODES, Formatter, Parser
from dsage_mpi.core import exit_codes
from dsage_mpi.core.terminal import complain

if TYPE_CHECKING:
    from dsage_mpi.config.schema import Config
    from dsage_mpi.core.domain import Array, Film
    from dsage_mpi.run.load_run import Stored

EPILOG = f"""examples:
  python -m dsage_mpi render runs/mario-0001 --output best.png        the best elite
  python -m dsage_mpi render runs/mario-0001 --cell 40 12 --output cell.gif
  python -m dsage_mpi render runs/mario-0001 --evaluation 317 --whole --output all.gif
  python -m dsage_mpi render level.txt --output level.gif             a level written as text

{EXIT_CODES}
"""


class RenderError(Exception):
    """What was asked for is not there; the message says what is."""


@dataclass(frozen=True)
class Scene:
    """What is to be drawn.

    Attributes:
        domain: Whose level it is.
        level: (H, W) int8 tile codes.
        task: (1,) of the domain's ``task_dtype``; plays the level. None if its size does not fit.
        what: One line that says which level it is.
    """

    domain: Any
    level: Array
    task: Array | None
    what: str


def parser() -> argparse.ArgumentParser:
    """The parser of ``render``."""
    made = Parser(
        prog="dsage_mpi render",
        description="Draws a level (.png). Mario's games are played again: the agent's path is on "
        "the picture, and a rollout can be filmed (.gif, .mp4). Mazes are drawn without a path.",
        epilog=EPILOG,
        formatter_class=Formatter,
        allow_abbrev=False,
    )
    made.add_argument(
        "source",
        metavar="RUN_DIR|CHECKPOINT|LEVEL.txt",
        type=Path,
        help="a run directory, one checkpoint (.h5), or a level as text",
    )
    which = made.add_mutually_exclusive_group()
    which.add_argument(
        "--evaluation", type=int, metavar="N", help="the level of evaluation N, from 0"
    )
    which.add_argument(
        "--best", action="store_true", help="the elite with the best objective (the default)"
    )
    which.add_argument(
        "--cell", type=int, nargs=2, metavar=("I", "J"), help="the elite of this archive cell"
    )
    made.add_argument(
        "--rollout", type=int, metavar="K", help="Mario: which rollout, from 0 (default 0)"
    )
    made.add_argument(
        "--whole", action="store_true", help="film the whole level, not the part around the agent"
    )
    made.add_argument("--scale", type=int, default=1, metavar="N", help="pixels per pixel")
    made.add_argument("--domain", metavar="NAME", help="of a level as text (default mario)")
    made.add_argument(
        "--output",
        type=Path,
        required=True,
        metavar="FILE",
        help="*.png: the level; *.gif, *.mp4 (needs ffmpeg): a film",
    )
    return made


def main(argv: list[str]) -> int:
    """Draws; returns the exit code."""
    made = parser()
    arguments = made.parse_args(argv)
    _check(made, arguments)
    from dsage_mpi.config.load import ConfigError
    from dsage_mpi.core.domain import DomainError
    from dsage_mpi.core.state import CheckpointError
    from dsage_mpi.report.movie import MovieError, check_target
    from dsage_mpi.rundir.run_directory import RunDirectoryError

    try:
        check_target(arguments.output)
        scene = _find(arguments)
        rollout = _rollout(arguments, scene)
    except (
        *(ConfigError, CheckpointError, RunDirectoryError),
        *(DomainError, MovieError, RenderError),
    ) as error:
        complain(error)
        return exit_codes.BAD_INPUT
    print(scene.what)
    try:
        _render(arguments, scene, rollout)
    except DomainError as error:
        complain(error)
        return exit_codes.BAD_INPUT
    except MovieError as error:
        complain(error)
        return exit_codes.FAILED
    except OSError as error:
        complain(f"cannot write {arguments.output}: {error.strerror or error}")
        return exit_codes.FAILED
    print(arguments.output)
    return exit_codes.DONE


def _check(made: argparse.ArgumentParser, arguments: argparse.Namespace) -> None:
    from dsage_mpi.domains import DOMAINS
    from dsage_mpi.report.movie import FILMS, STILL

    if arguments.output.suffix not in (STILL, *FILMS):
        made.error(f"--output {arguments.output}: expected a name that ends in .png, .gif or .mp4")
    if not 1 <= arguments.scale <= 16:
        made.error(f"--scale {arguments.scale}: expected 1 to 16")
    if arguments.rollout is not None and arguments.rollout < 0:
        made.error(f"--rollout {arguments.rollout}: expected 0 or more")
    if arguments.domain is not None and arguments.domain not in DOMAINS:
        made.error(f"--domain {arguments.domain}: expected one of {', '.join(DOMAINS)}")


def _find(arguments: argparse.Namespace) -> Scene:
    from dsage_mpi.domains import build_domain
    from dsage_mpi.rundir.run_directory import look

    source: Path = arguments.source
    kind = look(source)
    if kind is None:
        raise RenderError(f"{source} does not exist")
    if kind == "file" and source.suffix != ".h5":
        if arguments.evaluation is not None or arguments.best or arguments.cell:
            raise RenderError(f"{source} is one level: --evaluation, --best, --cell are for runs")
        return _written_level(source, arguments.domain or "mario")
    if arguments.domain is not None:
        raise RenderError(f"--domain is for levels as text; {source} has its own")

    from dsage_mpi.core.seeding import evaluation_seeds
    from dsage_mpi.run.load_run import find_stored

    stored = find_stored(source)
    config = stored.load_config()
    domain = build_domain(config.domain, config.archive.measures)
    number, what = _evaluation(arguments, stored, config)
    solution = stored.tree["record"]["solution"][number : number + 1]
    task = domain.tasks(solution, evaluation_seeds(config.seed, number, 1))
    return Scene(domain, domain.levels(solution)[0], task, what)


def _written_level(source: Path, name: str) -> Scene:
    """A level as text, played with the domain's default settings."""
    from dsage_mpi.core.domain import DomainError
    from dsage_mpi.domains import build_domain, domain_settings

    settings = domain_settings(name)
    domain: Any = build_domain(settings.SETTINGS(name=name), tuple(settings.MEASURES)[:2])
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


def _evaluation(arguments: argparse.Namespace, stored: Stored, config: Config) -> tuple[int, str]:
    """Number of the evaluation to show, and one line about it."""
    import numpy as np

    record = stored.tree["record"]
    if arguments.evaluation is not None:
        number, count = arguments.evaluation, len(record["failed"])
        if not 0 <= number < count:
            raise RenderError(f"no evaluation {number}: the run has {count}, numbered from 0")
        if record["failed"][number]:
            return number, f"evaluation {number}, which failed"
        return number, _describe(number, record, config)
    table = stored.table(config)
    if not len(table):
        raise RenderError(f"{stored.checkpoint} has no elites yet")
    row = int(table.objective.argmax())
    if arguments.cell:
        row = _row_of(tuple(arguments.cell), table)
    cell = tuple(int(k) for k in np.unravel_index(table.index[row], tuple(table.dims)))
    number = int(table.evaluation[row])
    return number, f"cell {cell}: {_describe(number, record, config)}"


def _row_of(cell: tuple[int, ...], table: Any) -> int:
    import numpy as np

    dims = tuple(int(k) for k in table.dims)
    if any(not 0 <= k < size for k, size in zip(cell, dims, strict=True)):
        raise RenderError(f"no cell {cell}: the archive has {dims[0]} x {dims[1]}, from (0, 0)")
    rows = np.flatnonzero(table.index == np.ravel_multi_index(cell, dims))
    if not len(rows):
        cells = np.stack(np.unravel_index(table.index, dims), axis=1)
        near = cells[np.abs(cells - cell).sum(axis=1).argmin()]
        raise RenderError(
            f"cell {cell} is empty; the nearest with an elite is --cell {near[0]} {near[1]}"
        )
    return int(rows[0])


def _describe(number: int, record: Any, config: Config) -> str:
    measures = zip(config.archive.measures, record["measures"][number], strict=True)
    values = ", ".join(f"{name} {value:.4g}" for name, value in measures)
    return f"evaluation {number}, objective {record['objective'][number]:.4g}, {values}"


def _rollout(arguments: argparse.Namespace, scene: Scene) -> int | None:
    """Number of the rollout to show; None where there is none that could be played again.

    Raises:
        RenderError: What was asked for takes one, or there is no such rollout.
    """
    from dsage_mpi.report.movie import STILL

    why = _why_not_played(scene)
    if not why:
        number, count = arguments.rollout or 0, scene.domain.rollouts
        if number >= count:
            raise RenderError(
                f"no rollout {number}: an evaluation has {count} here, numbered from 0"
            )
        return number
    if arguments.output.suffix != STILL:
        raise RenderError(
            f"{why}, so there is no film of it; choose a name that ends in {STILL} for the level"
        )
    if arguments.rollout is not None:
        raise RenderError(f"--rollout {arguments.rollout}: {why}; leave it out for the level")
    complain(f"the level is drawn without the agent's path: {why}")
    return None


def _why_not_played(scene: Scene) -> str:
    """Why no game of the level can be shown; empty if one can."""
    if not hasattr(scene.domain, "film"):
        return f"the {scene.domain.name} domain's simulator keeps no record of what the agent does"
    if scene.task is None:
        (height, width), (rows, columns) = scene.level.shape, scene.domain.level_shape
        return f"the level has {height} x {width} tiles, and games are played in {rows} x {columns}"
    return ""


def _render(arguments: argparse.Namespace, scene: Scene, rollout: int | None) -> None:
    from dsage_mpi.report.movie import STILL, scaled, write_film, write_png

    if arguments.output.suffix == STILL or rollout is None:
        write_png(arguments.output, next(scaled([_still(scene, rollout)], arguments.scale)))
        return
    film: Film = scene.domain.film(scene.task, rollout)
    frames = film.frames(arguments.whole)
    write_film(arguments.output, frames, film.frame_seconds, arguments.scale)


def _still(scene: Scene, rollout: int | None) -> Array:
    """The level, with the agent's path where the domain can play it again."""
    from dsage_mpi.core.domain import DomainError

    if rollout is None:
        return scene.domain.render(scene.level)  # type: ignore[no-any-return]
    try:
        return scene.domain.film(scene.task, rollout).still()  # type: ignore[no-any-return]
    except DomainError as error:
        complain(f"the level is drawn without the agent's path: {error}")
        return scene.domain.render(scene.level)  # type: ignore[no-any-return]
