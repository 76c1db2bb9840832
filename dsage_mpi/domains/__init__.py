"""Registry of domains: a new domain is one new folder and one line here."""

from __future__ import annotations

#: Name in TOML -> package with ``settings`` (light, pydantic) and ``domain`` (the simulator's side).
DOMAINS: dict[str, str] = {
    "maze": "dsage_mpi.domains.maze",
}
