"""Lengths of time as people and batch systems write them: ``3h``, ``1h30m``, ``04:00:00``."""

from __future__ import annotations

import re

#: A hundred years: more is a slip of the finger.
_LONGEST = 100 * 365 * 86400
_UNITS = {"d": 86400, "h": 3600, "m": 60, "s": 1}
_WITH_UNITS = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")
_WITH_COLONS = re.compile(r"(?:(\d+)-)?(\d+):([0-5]\d):([0-5]\d)")


def parse_duration(text: str) -> int:
    """Seconds in ``text``.

    Args:
        text: Numbers with units in falling order (``2d``, ``3h``, ``90m``, ``1h30m``, ``45s``), or
            as Slurm writes it, ``HH:MM:SS`` or ``D-HH:MM:SS``.

    Raises:
        ValueError: It is neither, or no time at all.
    """
    word = text.strip().lower()
    match = _WITH_COLONS.fullmatch(word) or _WITH_UNITS.fullmatch(word)
    parts = [int(part or 0) for part in match.groups()] if match else []
    seconds = sum(n * size for n, size in zip(parts, _UNITS.values(), strict=False))
    if not parts or seconds <= 0:
        raise ValueError(f"{text!r} is no length of time: expected e.g. 3h, 90m, 1h30m or 04:00:00")
    if seconds > _LONGEST:
        raise ValueError(f"{text!r} is longer than a hundred years")
    return seconds


def seconds_text(seconds: float) -> str:
    """A duration in the unit that suits it: ``40 s``, ``3 min``, ``1.5 h``, ``12 days``."""
    for size, unit in ((86400.0, "days"), (3600.0, "h"), (60.0, "min")):
        if seconds >= 2 * size:
            value = seconds / size
            return f"{value:.0f} {unit}" if value >= 10 else f"{value:.1f} {unit}"
    return f"{seconds:.0f} s" if seconds >= 1 else "under 1 s"
