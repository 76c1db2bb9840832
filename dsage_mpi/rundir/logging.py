"""Logging: the rank in every line, the console for rank 0 alone, one file per rank."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from io import TextIOWrapper
from pathlib import Path
from typing import IO

from dsage_mpi.core.paths import open_for_appending
from dsage_mpi.core.printable import printable
from dsage_mpi.core.terminal import complain
from dsage_mpi.rundir.run_directory import RunDirectory

#: Every module of the package logs to this logger or a child of it.
ROOT = "dsage_mpi"
#: Python's own warnings end up here once they are captured.
_WARNINGS = "py.warnings"
#: Lines logged with ``extra=FILE_ONLY`` are kept from the console, which has them already.
FILE_ONLY = {"file_only": True}

_handlers: list[logging.Handler] = []


class _ConsoleHandler(logging.StreamHandler[IO[str]]):
    """Writes to the ``sys.stderr`` of the moment.

    A live progress bar replaces ``sys.stderr`` while it is shown so that log lines appear above
    it; a handler that kept the stream it was made with would write across the bar.
    """

    def __init__(self) -> None:
        super().__init__(sys.stderr)
        self.addFilter(lambda record: not getattr(record, "file_only", False))

    def emit(self, record: logging.LogRecord) -> None:
        self.stream = sys.stderr
        super().emit(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        """Swallows the loss of the terminal: a run does not end because nobody watches."""


class _FileHandler(logging.FileHandler):
    """A log file; one that cannot be opened costs its lines and one sentence, not the run."""

    def _open(self) -> TextIOWrapper:
        try:
            return open(open_for_appending(Path(self.baseFilename)), "a", encoding=self.encoding)
        except OSError as error:
            complain(f"cannot write {self.baseFilename}: {error.strerror}; this log is lost")
            return open(os.devnull, "w")

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        """Swallows the loss of a line: a full disk is said where it matters."""

    def close(self) -> None:
        with contextlib.suppress(OSError):
            super().close()


def setup_logging(run_dir: RunDirectory | None, rank: int, verbose: bool = False) -> None:
    """Sets up the logger ``dsage_mpi`` and the capture of warnings for this rank.

    Calling it again replaces the earlier set-up, for instance once the run directory is known.

    Args:
        run_dir: Where the log files go; None for none.
        rank: This process's rank. Rank 0 writes to the console and ``log.txt``; every other
            rank only to its own file below ``logs/``, which is made with its first line.
        verbose: Also log DEBUG lines.
    """
    close_logging()
    level = logging.DEBUG if verbose else logging.INFO
    if rank == 0:
        console = _ConsoleHandler()
        console.setFormatter(_formatter(rank, "%H:%M:%S", with_name=False))
        _handlers.append(console)
    if run_dir is not None:
        path = run_dir.rank_log(rank)
        path.parent.mkdir(parents=True, exist_ok=True)
        file = _FileHandler(path, mode="a", encoding="utf-8", delay=True)
        file.setFormatter(_formatter(rank, "%Y-%m-%d %H:%M:%S", with_name=True))
        _handlers.append(file)
    if not _handlers:
        _handlers.append(logging.NullHandler())  # else Python prints warnings by itself
    for name in (ROOT, _WARNINGS):
        logger = logging.getLogger(name)
        logger.setLevel(level)
        logger.propagate = False
        for handler in _handlers:
            logger.addHandler(handler)
    logging.captureWarnings(True)


def close_logging() -> None:
    """Undoes :func:`setup_logging` and closes its files."""
    logging.captureWarnings(False)
    for name in (ROOT, _WARNINGS):
        logger = logging.getLogger(name)
        logger.propagate = True
        for handler in _handlers:
            logger.removeHandler(handler)
    for handler in _handlers:
        handler.close()
    _handlers.clear()


class _Formatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        """One record, fit to be shown on a terminal."""
        return printable(super().format(record))


def _formatter(rank: int, date_format: str, with_name: bool) -> logging.Formatter:
    name = " %(name)s:" if with_name else ""
    return _Formatter(
        f"%(asctime)s rank {rank} %(levelname)s{name} %(message)s", datefmt=date_format
    )
