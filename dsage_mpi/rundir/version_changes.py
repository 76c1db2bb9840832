"""What a restart finds different from the start before it and could round differently for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

#: Distributions whose version decides what the numbers are.
_PACKAGES = ("dsage_mpi", "numpy", "torch", "ribs", "numba", "scipy", "JPype1")


def changed_versions(before: str, now: str) -> list[str]:
    """What differs between the last starts in two texts of ``versions.json``.

    Only what can change a result: versions, the commit, and the processor and GPU of rank 0,
    on which networks are trained and emitters adapt. What one of the two does not know (an older
    version wrote it) counts as the same.

    Args:
        before: From the checkpoint.
        now: With the present start as the last.

    Returns:
        One text each, such as "torch 2.12.0, now 2.13.0".
    """
    old, new = _last_start(before), _last_start(now)
    return [
        f"{name} {old[name]}, now {new[name]}"
        for name in old
        if name in new and old[name] != new[name]
    ]


def _last_start(versions: str) -> dict[str, str]:
    try:
        start = json.loads(versions)["starts"][-1]
        return _facts(start)
    except (ValueError, KeyError, IndexError, TypeError, AttributeError):
        return {}  # a note for people must not be the reason that a run does not go on


def _facts(start: Mapping[str, Any]) -> dict[str, str]:
    packages, git = start["packages"], start.get("git") or {}
    known = {name: packages[name] for name in _PACKAGES if name in packages}
    if "commit" in git:
        known["commit"] = git["commit"][:10] + (" with changes" if git.get("modified") else "")
    known |= {name: start[name] for name in ("processor", "gpu") if start.get(name)}
    return {name: str(value) for name, value in known.items()}
