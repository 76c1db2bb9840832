"""Settings of single networks (``[surrogate.settings]``); no torch in here."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from dsage_mpi.core.settings import Settings


class PerceptronSettings(Settings):
    """Keys of ``kind = "mlp"``."""

    layers: Annotated[int, Field(ge=1, le=100)] = Field(2, description="Hidden layers.")
    width: Annotated[int, Field(ge=1, le=10**7)] = Field(128, description="Units in each of them.")
