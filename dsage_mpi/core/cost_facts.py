"""What a domain knows about its own cost, for estimates before a run (``--dry-run``)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class CostFacts:
    """Rough figures for one evaluation; a domain's ``settings.cost_facts(settings)`` gives them.

    Attributes:
        seconds: CPU time of one evaluation on one core, in seconds.
        level_shape: (H, W) of a level, (d,) if levels are vectors.
        tile_count: Tile codes, which are input channels of the surrogate; 0 for vectors.
        solution_bytes: Size of one stored solution.
        basis: Where ``seconds`` comes from, one line for humans.
        planes: Images that the domain computes for networks (``KnowsPlanes``).
    """

    seconds: float
    level_shape: tuple[int, ...]
    tile_count: int
    solution_bytes: int
    basis: str
    planes: int = 0
