"""Settings of single emitters of ours (``[emitters.settings]``)."""

from __future__ import annotations

from pydantic import Field

from dsage_mpi.core.settings import Settings


class PositionMutationSettings(Settings):
    """Keys of ``kind = "mutation"``."""

    share: float = Field(
        0.2, ge=0, le=1, description="Chance of each position to be changed; one always is."
    )
    sigma: float = Field(
        0.1,
        gt=0,
        le=10**6,
        description="Deviation of steps of real and whole numbers, as a share of their range (in "
        "their unit where they have none).",
    )
