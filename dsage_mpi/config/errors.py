"""What is wrong with a configuration, in words for the person who wrote it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dsage_mpi.config.toml import shortened

#: Problems that a message lists; who has more reads no further.
LISTED = 20


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong.

    Attributes:
        key: TOML key path, e.g. ``"archive.ranges[1]"``; empty when no single key is to blame.
        message: What is wrong, what was expected and, where it helps, what to do; starts with
            ``"= value: "`` when there is a value.
        source: Where the key was given: a file, ``"--set"``, ...; empty when nowhere.
    """

    key: str
    message: str
    source: str = ""

    def __str__(self) -> str:
        key = shortened(self.key)
        if key and self.message.startswith("= "):
            return f"{key} {self.message}"
        return f"{key}: {self.message}" if key else self.message


class ConfigError(Exception):
    """A configuration that cannot be used; ``problems`` lists everything that was found.

    Args:
        problems: At least one problem.
        source: The input that the user named, e.g. ``"inputs/maze.toml"``.
    """

    def __init__(self, problems: Sequence[Problem], source: str = "") -> None:
        self.problems = tuple(problems)
        self.source = source
        super().__init__(str(self))

    def __str__(self) -> str:
        count = len(self.problems)
        where = f" in {self.source}" if self.source else ""
        lines = [f"{count} problem{'s' if count != 1 else ''}{where}:"]
        for problem in self.problems[:LISTED]:
            elsewhere = problem.source not in ("", self.source, problem.key)
            lines.append(f"  {problem}" + (f"  [from {problem.source}]" if elsewhere else ""))
        if count > LISTED:
            lines.append(f"  ... and {count - LISTED} more")
        return "\n".join(lines)

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows: the problems, without the calls that found them."""
        return [f"{type(self).__name__}: {self}"]
