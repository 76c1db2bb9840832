"""Emitters: what proposes solutions. One module each; ``config/components.py`` lists them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dsage_mpi.config.components import EMITTERS
from dsage_mpi.search.emitters.base import Emitter

if TYPE_CHECKING:
    from ribs.archives import ArchiveBase

    from dsage_mpi.config.tables import EmitterSettings
    from dsage_mpi.core.domain import Domain


def build_emitters(
    archive: ArchiveBase, domain: Domain, settings: EmitterSettings, rng: np.random.Generator
) -> Emitter:
    """Builds all ``settings.count`` emitters of ``settings.kind`` as one emitter.

    Raises:
        ComponentError: A kind from elsewhere cannot be imported.
    """
    emitter: Emitter = EMITTERS.load(settings.kind)(archive, domain, settings, rng)
    return emitter
