"""The registry of domains."""

from __future__ import annotations

from dsage_mpi.core.registry import Registry

DOMAINS = Registry(
    "domain",
    "dsage_mpi.domains",
    {
        "command": "dsage_mpi.domains.command.domain:CommandDomain",
        "mario": "dsage_mpi.domains.mario.domain:MarioDomain",
        "maze": "dsage_mpi.domains.maze.domain:MazeDomain",
    },
)


def domain_package(name: str) -> str:
    """The package of one of our own domains."""
    return DOMAINS.path(name).partition(":")[0].rpartition(".")[0]
