"""``doctor``: what this installation has, what is missing, and how to get it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator

from dsage_mpi.cli.console import Parser, describe, exit_codes_help
from dsage_mpi.cli.doctor.finding import Finding, Status
from dsage_mpi.core import exit_codes
from dsage_mpi.core.terminal import live_width
from dsage_mpi.core.text_table import text_table

_EXIT_CODES = exit_codes_help("nothing that every run needs is missing", "something is")
#: Characters of status and topic.
_WIDTHS = (9, 15)


def configure(parser: Parser) -> None:
    """Adds the description of ``doctor``, which has no arguments."""
    describe(
        parser,
        "Checks this installation: Python packages against their pins, MPI library and launcher, "
        "HDF5, GPU, native code, the shipped agent, Java, cores and Slurm.",
        _EXIT_CODES,
    )


def main(arguments: argparse.Namespace) -> int:
    """Prints the report as plain text; returns the exit code."""
    worst, width = exit_codes.DONE, live_width(sys.stdout)
    for title, check in _sections():
        print(title)
        for finding in check():
            print(finding_lines(finding, width), flush=True)
            if finding.status is Status.MISSING:
                worst = exit_codes.FAILED
    print("\nsomething that every run needs is missing" if worst else "\nready to run")
    return worst


def _sections() -> Iterator[tuple[str, Callable[[], Iterable[Finding]]]]:
    from dsage_mpi.cli.doctor import domains, machine, mpi, python

    yield "Python and packages", python.check
    yield "MPI and HDF5", mpi.check
    yield "machine", machine.check
    yield "domains", domains.check


def finding_lines(finding: Finding, width: int | None = None) -> str:
    """What was found in one line or, on a terminal of this width, some; below it the remedy."""
    rows = [(f"  {finding.status.value}", finding.topic, finding.text)]
    if finding.remedy:
        rows.append(("", "", f"-> {finding.remedy}"))
    return text_table(rows, widths=(*_WIDTHS, None), width=width)
