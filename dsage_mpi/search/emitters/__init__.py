"""Emitters: one module each, one line of registration here."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

import numpy as np

from dsage_mpi.search.emitters.base import Emitter

if TYPE_CHECKING:
    from ribs.archives import GridArchive

    from dsage_mpi.config.tables import EmitterSettings
    from dsage_mpi.core.domain import Domain

#: Kind in TOML -> (module, class).
EMITTERS: dict[str, tuple[str, str]] = {
    "map_elites": ("map_elites", "MapElitesEmitter"),
    "cma_me": ("cma_me", "CmaMeEmitters"),
    "iso_line": ("iso_line", "IsoLineEmitter"),
    "random": ("random", "RandomEmitter"),
}


def build_emitters(
    archive: GridArchive, domain: Domain, settings: EmitterSettings, rng: np.random.Generator
) -> Emitter:
    """Builds all ``settings.count`` emitters of ``settings.kind`` as one emitter."""
    module, name = EMITTERS[settings.kind]
    emitter: Emitter = getattr(import_module(f"{__name__}.{module}"), name)(
        archive, domain, settings, rng
    )
    return emitter
