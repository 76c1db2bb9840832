"""``init``: inputs, studies and job scripts that come with the program, as files of one's own."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

from dsage_mpi.cli.console import Parser, describe, some_path
from dsage_mpi.core import exit_codes
from dsage_mpi.core.terminal import complain

#: What is copied, by folder.
FOLDERS = ("inputs", "jobs")
_PACKAGE = Path(__file__).resolve().parents[1]
#: What to do first, with what each begins.
_NEXT = (
    ("inputs/maze_tiny.toml", "a first run, seconds: python -m dsage_mpi inputs/maze_tiny.toml"),
    ("inputs/studies/commented.toml", "a study to change, every key explained; see `sweep --help`"),
    ("jobs/", "batch scripts; `python -m dsage_mpi job INPUT.toml` writes one for your nodes"),
)
#: Where a wheel has them (see CMakeLists.txt).
_INSTALLED = _PACKAGE / "starter"

EPILOG = """examples:
  python -m dsage_mpi init .                  inputs/ and jobs/ in this folder
  python -m dsage_mpi init ~/dsage            then: cd ~/dsage
                                              python -m dsage_mpi inputs/maze_tiny.toml

exit codes:
  0  all files are there
  1  a file could not be written
  2  a folder of that name is there already, or FOLDER is none; nothing was written"""


def configure(parser: Parser) -> None:
    """Adds description and arguments of ``init``."""
    describe(
        parser,
        "Copies the inputs, studies (one with every key explained) and job scripts that come with "
        "the program into a folder. Nothing that is there is overwritten.",
        EPILOG,
    )
    parser.add_argument(
        "folder", metavar="FOLDER", type=some_path, help="where to put them; may be new"
    )


def main(arguments: argparse.Namespace) -> int:
    """Copies; returns the exit code."""
    folder: Path = arguments.folder
    source = source_folder()
    if not all((source / name).is_dir() for name in FOLDERS):
        complain(f"{source} has no {' and '.join(FOLDERS)}: install dsage_mpi anew")
        return exit_codes.FAILED
    if _is_there(folder) and not folder.is_dir():
        complain(f"{folder} is no folder: name another, which may be new")
        return exit_codes.BAD_INPUT
    if there := [str(folder / name) for name in FOLDERS if _is_there(folder / name)]:
        complain(f"{' and '.join(there)} exist(s), and nothing is overwritten: name another folder")
        return exit_codes.BAD_INPUT
    try:
        for name in FOLDERS:
            shutil.copytree(source / name, folder / name)
            print(folder / name)
        print("\n".join(f"  {what:<31}{text}" for what, text in _NEXT))
    except (OSError, shutil.Error) as error:
        complain(f"cannot copy into {folder}: {error}; see that it can be written, or name another")
        return exit_codes.FAILED
    return exit_codes.DONE


def source_folder() -> Path:
    """Where the files are: in the checkout that the program runs from, else in the package."""
    checkout = _PACKAGE.parent
    return checkout if (checkout / "pyproject.toml").is_file() else _INSTALLED


def _is_there(path: Path) -> bool:
    """Whether anything is there, a dangling link included."""
    return path.is_symlink() or path.exists()
