"""What a child last said on stderr, for the record of a failure."""

from __future__ import annotations

import re
from collections import deque

_LINES = 24
_LINE_CHARACTERS = 300
#: Bytes of one child that are also logged.
_LOGGED_BYTES = 20_000
#: Differ from process to process: addresses, process and thread numbers, times of day, seconds.
_VARYING = (
    (re.compile(r"0x[0-9a-fA-F]+"), "0x..."),
    (re.compile(r"\b(p?t?id)( ?[=:]? ?)\d+", re.IGNORECASE), r"\1\2..."),
    (re.compile(r"(hs_err_pid|core\.)\d+"), r"\1..."),
    (re.compile(r"(dsage_mpi_[a-z]+_)\d[\w.-]*(?=\.log)"), r"\1..."),  # number, host
    (re.compile(r"(\w)@[0-9a-f]{5,8}\b"), r"\1@..."),  # Java's names for objects
    (re.compile(r"\b\d{1,2}:\d\d:\d\d(\.\d+)?"), "..."),
    (re.compile(r"\b\d+(\.\d+)? ?(s|ms|secs?|seconds)\b"), r"... \2"),
)


class StderrTail:
    """Keeps the last lines of a stream of bytes, of which there may be endlessly many."""

    def __init__(self) -> None:
        self._lines: deque[str] = deque(maxlen=_LINES)
        self._rest = b""
        self._logged = 0

    def add(self, piece: bytes) -> bool:
        """Takes in bytes; returns whether they are few enough, so far, to be logged too."""
        *lines, rest = (self._rest + piece).split(b"\n")
        self._rest = rest[: 4 * _LINE_CHARACTERS]
        for line in lines[-_LINES:]:
            self._keep(line)
        self._logged += len(piece)
        return self._logged <= _LOGGED_BYTES

    def text(self) -> str:
        """The last lines; equal for processes that differ in numbers and addresses alone."""
        if self._rest:
            self._keep(self._rest)
            self._rest = b""
        # Only now, as it is slow: who reads slowly throttles a process that writes without end.
        return "\n".join(map(without_varying, self._lines))

    def _keep(self, line: bytes) -> None:
        text = line.decode(errors="replace").rstrip()[:_LINE_CHARACTERS]
        if text:
            self._lines.append(text)


def without_varying(text: str) -> str:
    """``text`` with placeholders for what differs from process to process."""
    for pattern, placeholder in _VARYING:
        text = pattern.sub(placeholder, text)
    return text
