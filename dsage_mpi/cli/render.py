"""``render``: a picture of one level, with the agent's path if the domain knows it, or a film."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsage_mpi.cli.console import EXIT_CODES, Parser, describe
from dsage_mpi.core import exit_codes
from dsage_mpi.core.terminal import complain

if TYPE_CHECKING:
    from dsage_mpi.api.scenes import Scene
    from dsage_mpi.core.domain import Film

EPILOG = f"""examples:
  python -m dsage_mpi render runs/mario-0001 --output best.png        the best elite
  python -m dsage_mpi render runs/mario-0001 --cell 40 12 --output cell.gif
  python -m dsage_mpi render runs/mario-0001 --evaluation 317 --whole --output all.gif
  python -m dsage_mpi render level.txt --output level.gif             a level written as text

{EXIT_CODES}
"""


def configure(parser: Parser) -> None:
    """Adds description and arguments of ``render``."""
    describe(
        parser,
        "Draws a level (.png). Mario's games are played again: the agent's path is on "
        "the picture, and a rollout can be filmed (.gif, .mp4). Mazes are drawn without a path.",
        EPILOG,
    )
    parser.rewrite = _joined_numbers
    parser.add_argument(
        "source",
        metavar="RUN_DIR|CHECKPOINT|LEVEL.txt",
        type=Path,
        help="a run directory, one checkpoint (.h5), or a level as text",
    )
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--evaluation", type=int, metavar="N", help="the level of evaluation N, from 0"
    )
    which.add_argument(
        "--best", action="store_true", help="the elite with the best objective (the default)"
    )
    which.add_argument(
        "--cell",
        type=_cell,
        metavar="I J ...",
        help="the elite of this archive cell: its place along each measure of a grid, its number "
        "in other archives",
    )
    which.add_argument(
        "--measures",
        type=_values,
        metavar="X Y ...",
        help="the elite of the cell that these values fall into, one number per measure",
    )
    parser.add_argument(
        "--rollout", type=int, metavar="K", help="Mario: which rollout, from 0 (default 0)"
    )
    parser.add_argument(
        "--whole", action="store_true", help="film the whole level, not the part around the agent"
    )
    parser.add_argument("--scale", type=int, default=1, metavar="N", help="pixels per pixel")
    parser.add_argument("--domain", metavar="NAME", help="of a level as text (default mario)")
    parser.add_argument(
        "--output",
        type=Path,
        required=True,
        metavar="FILE",
        help="*.png: the level; *.gif, *.mp4: a film",
    )


def main(arguments: argparse.Namespace) -> int:
    """Draws; returns the exit code."""
    _check(arguments)
    from dsage_mpi.api.scenes import RenderError
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


def _check(arguments: argparse.Namespace) -> None:
    from dsage_mpi.domains import DOMAINS
    from dsage_mpi.report.movie import FILMS, STILL

    if arguments.output.suffix not in (STILL, *FILMS):
        arguments.error(
            f"--output {arguments.output}: expected a name that ends in .png, .gif or .mp4"
        )
    if not 1 <= arguments.scale <= 16:
        arguments.error(f"--scale {arguments.scale}: expected 1 to 16")
    if arguments.rollout is not None and arguments.rollout < 0:
        arguments.error(f"--rollout {arguments.rollout}: expected 0 or more")
    if arguments.domain is not None and arguments.domain not in DOMAINS:
        arguments.error(f"--domain {arguments.domain}: expected one of {', '.join(DOMAINS)}")


def _cell(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(number) for number in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r}: expected whole numbers, e.g. --cell 40 12"
        ) from None


def _values(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(number) for number in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r}: expected numbers, one per measure, e.g. --measures 120 33.5"
        ) from None


_NUMBER = r"-?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?"


def _joined_numbers(argv: list[str]) -> list[str]:
    """Makes one argument of the numbers after ``--cell`` or ``--measures``."""
    joined: list[str] = []
    for argument in argv:
        last = joined[-1] if joined else ""
        if last in ("--cell", "--measures") and re.fullmatch(rf"{_NUMBER}(,{_NUMBER})*", argument):
            joined[-1] = f"{last}={argument}"
        elif last.startswith(("--cell=", "--measures=")) and re.fullmatch(_NUMBER, argument):
            joined[-1] += f",{argument}"
        else:
            joined.append(argument)
    return joined


def _find(arguments: argparse.Namespace) -> Scene:
    from dsage_mpi.api.scenes import RenderError, Wanted, find_scene
    from dsage_mpi.domains import build_domain
    from dsage_mpi.rundir.run_directory import look

    source: Path = arguments.source
    kind = look(source)
    if kind is None:
        raise RenderError(f"{source} does not exist")
    if kind == "file" and source.suffix != ".h5":
        chosen = (arguments.evaluation, arguments.best or None, arguments.cell, arguments.measures)
        if any(choice is not None for choice in chosen):
            options = "--evaluation, --best, --cell, --measures"
            raise RenderError(f"{source} is one level: {options} are for runs")
        return _written_level(source, arguments.domain or "mario")
    if arguments.domain is not None:
        raise RenderError(f"--domain is for levels as text; {source} has its own")

    from dsage_mpi.run.load_run import find_stored

    stored = find_stored(source)
    config = stored.load_config()
    domain = build_domain(config.domain, config.archive.measures)
    wanted = Wanted(arguments.cell, arguments.measures, arguments.evaluation)
    return find_scene(stored, config, domain, wanted)


def _written_level(source: Path, name: str) -> Scene:
    """A level as text, played with the domain's default settings."""
    from dsage_mpi.api.scenes import RenderError, Scene
    from dsage_mpi.core.domain import DomainError
    from dsage_mpi.domains import build_domain, domain_settings

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


def _rollout(arguments: argparse.Namespace, scene: Scene) -> int | None:
    """Number of the rollout to show; None where there is none that could be played again.

    Raises:
        RenderError: What was asked for takes one, or there is no such rollout.
    """
    from dsage_mpi.api.scenes import RenderError
    from dsage_mpi.report.movie import STILL

    why = scene.why_not_played
    if scene.why_not_drawn:
        raise RenderError(f"there is no picture of {scene.what}: {scene.why_not_drawn}")
    if not why:
        number: int = arguments.rollout or 0
        scene.check_rollout(number)
        return number
    if arguments.output.suffix != STILL:
        raise RenderError(
            f"{why}, so there is no film of it; choose a name that ends in {STILL} for the level"
        )
    if arguments.rollout is not None:
        raise RenderError(f"--rollout {arguments.rollout}: {why}; leave it out for the level")
    if hasattr(scene.domain, "film"):  # a domain that can show a path, but not of this level
        complain(f"the level is drawn without the agent's path: {why}")
    return None


def _render(arguments: argparse.Namespace, scene: Scene, rollout: int | None) -> None:
    from dsage_mpi.report.movie import STILL, scaled, write_film, write_png

    if arguments.output.suffix == STILL or rollout is None:
        write_png(arguments.output, next(scaled([scene.still(rollout, complain)], arguments.scale)))
        return
    film: Film = scene.domain.film(scene.task, rollout)
    frames = film.frames(arguments.whole)
    write_film(arguments.output, frames, film.frame_seconds, arguments.scale)
