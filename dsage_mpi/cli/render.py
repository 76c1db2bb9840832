"""``render``: pictures of levels, with the agent's path if the domain knows it, or a film."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import TYPE_CHECKING

from dsage_mpi.cli.console import EXIT_CODES, Parser, describe
from dsage_mpi.core import exit_codes
from dsage_mpi.core.terminal import complain

if TYPE_CHECKING:
    pass

EPILOG = f"""examples:
  python -m dsage_mpi render runs/maze-0001 --output best.png        the best elite, and a rollout
  python -m dsage_mpi render runs/mario-0001 --cell 40 12 --output cell.gif
  python -m dsage_mpi render runs/maze-0001 --evaluation 317 --rollout all --output all.png
  python -m dsage_mpi render runs/maze-0001 --best n_left_turns --show visits --output left.png
  python -m dsage_mpi render runs/mario-0001 --along jumps --count 6 --output jumps.png
  python -m dsage_mpi render runs/maze-0001 --history --output filling.gif
  python -m dsage_mpi render level.txt --output level.gif            a level written as text

{EXIT_CODES}
"""


def configure(parser: Parser) -> None:
    """Adds description and arguments of ``render``."""
    describe(
        parser,
        "Draws levels with what the agent did in them (.png, .svg), or films a rollout "
        "(.gif, .mp4): games are played again as the run has played them.",
        EPILOG,
    )
    parser.rewrite = _joined_numbers
    parser.add_argument(
        "source",
        metavar="RUN_DIR|CHECKPOINT|LEVEL.txt",
        type=Path,
        help="a run directory, one checkpoint (.h5), or a level as text",
    )
    _add_choice(parser)
    parser.add_argument("--count", type=int, metavar="N", help="levels of --along (default 8)")
    parser.add_argument(
        "--show",
        choices=("path", "visits", "level"),
        default="path",
        help="on pictures: the agent's path (the default, where it can be played again), where it "
        "was in all rollouts, or the level alone",
    )
    parser.add_argument(
        "--rollout",
        type=_rollout,
        metavar="K|all",
        help="which rollout, from 0 (default 0); all: all of them together (mazes)",
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
        help="*.png: the level; *.svg: the same as lines (mazes); *.gif, *.mp4: a "
        "film; several levels: *.png",
    )


def _add_choice(parser: Parser) -> None:
    """What is drawn."""
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--evaluation", type=int, metavar="N", help="the level of evaluation N, from 0"
    )
    which.add_argument(
        "--best",
        nargs="?",
        const="objective",
        metavar="QUANTITY",
        help="the elite with most of it: the objective (the default), a measure or a column of the "
        "metadata; of several, the one farthest from the middle of the archive",
    )
    which.add_argument(
        "--cell",
        type=_cell,
        metavar="I J ...",
        help="the elite of this archive cell, one number per measure",
    )
    which.add_argument(
        "--measures",
        type=_values,
        metavar="X Y ...",
        help="the elite of the cell that these values fall into, one number per measure",
    )
    which.add_argument(
        "--cells",
        type=_cell,
        nargs="+",
        metavar="I,J",
        help="the elites of several cells, on one sheet",
    )
    which.add_argument(
        "--along",
        metavar="MEASURE",
        help="a row through the archive, from small to large values of the measure, on one sheet",
    )
    which.add_argument(
        "--spread", type=int, metavar="N", help="N elites far from each other, on one sheet"
    )
    which.add_argument(
        "--history", action="store_true", help="a film of the archive filling (.gif, .mp4)"
    )


def main(arguments: argparse.Namespace) -> int:
    """Draws; returns the exit code."""
    _check(arguments)
    from dsage_mpi.api.render import Asked, render
    from dsage_mpi.api.scenes import RenderError
    from dsage_mpi.config.load import ConfigError
    from dsage_mpi.core.domain import DomainError
    from dsage_mpi.core.state import CheckpointError
    from dsage_mpi.report.movie import MovieError, check_target
    from dsage_mpi.rundir.run_directory import RunDirectoryError

    try:
        check_target(arguments.output)
        draw = render(Asked.of(vars(arguments)), print, complain)
    except (
        *(ConfigError, CheckpointError, RunDirectoryError),
        *(DomainError, MovieError, RenderError),
    ) as error:
        complain(error)
        return exit_codes.BAD_INPUT
    try:
        draw()
    except (DomainError, RenderError) as error:
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
    from dsage_mpi.report.movie import FILMS, STILL, VECTOR

    suffix = arguments.output.suffix
    if suffix not in (STILL, VECTOR, *FILMS):
        arguments.error(
            f"--output {arguments.output}: expected a name that ends in .png, .gif, .mp4 or .svg"
        )
    several = arguments.cells or arguments.along is not None or arguments.spread is not None
    if several and suffix != STILL:
        arguments.error(f"--output {arguments.output}: several levels are a picture: expected .png")
    if arguments.history and suffix not in FILMS:
        arguments.error(f"--output {arguments.output}: --history is a film: expected .gif or .mp4")
    if not 1 <= arguments.scale <= 16:
        arguments.error(f"--scale {arguments.scale}: expected 1 to 16")
    for option in ("count", "spread"):
        value = getattr(arguments, option)
        if value is not None and not 1 <= value <= 200:
            arguments.error(f"--{option} {value}: expected 1 to 200")
    if arguments.count is not None and arguments.along is None:
        arguments.error("--count is for --along")
    if arguments.domain is not None and arguments.domain not in DOMAINS:
        arguments.error(f"--domain {arguments.domain}: expected one of {', '.join(DOMAINS)}")


def _rollout(text: str) -> int:
    from dsage_mpi.api.scenes import ALL_ROLLOUTS

    if text == "all":
        return ALL_ROLLOUTS
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text}: expected 0 or more, or all")
    return int(text)


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
