"""The table ``[balance]``: what a surrogate may cost, beside what it saves."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from pydantic import Field

from dsage_mpi.core.settings import Settings

Seconds = Annotated[float, Field(gt=0, le=10**6, allow_inf_nan=False)]


class Costs(NamedTuple):
    """Seconds of one evaluation, one predicted level, and one level in an optimizer step."""

    simulation: float
    prediction: float
    training: float


class BalanceSettings(Settings):
    """How much a "balanced" surrogate may cost (inner_loop.iterations, surrogate.max_steps).

    The three costs are measured when a run starts, unless they are set, and become part of its
    configuration: its result depends on them, and on no clock after that.
    """

    ratio: Seconds = Field(
        1.0,
        description="What training and inner loop of an outer iteration may cost, in units of what "
        "the last batch cost to simulate (CPU time of all ranks).",
    )
    training_share: float = Field(
        0.5,
        ge=0,
        le=1,
        description="Part of that for training, where both are balanced; where one is, it gets "
        "what the other leaves.",
    )
    simulation_seconds: Seconds | None = Field(
        None, description="Cost of one evaluation; unset: measured when the run starts."
    )
    prediction_seconds: Seconds | None = Field(
        None,
        description="Cost of one level in the inner loop: mutation, decoding, prediction, "
        "insertion; unset: measured when the run starts.",
    )
    training_seconds: Seconds | None = Field(
        None,
        description="Cost of one level in one optimizer step; unset: measured when the run starts.",
    )

    @property
    def costs(self) -> Costs | None:
        """The costs; None unless all are known."""
        found = (self.simulation_seconds, self.prediction_seconds, self.training_seconds)
        known = [seconds for seconds in found if seconds is not None]
        return Costs(*known) if len(known) == len(found) else None
