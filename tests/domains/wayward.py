"""A domain whose simulator kills its process at some levels, hangs at others, or leaks."""

from __future__ import annotations

import ctypes
import os
import time

import numpy as np

from dsage_mpi import DomainBase, Measure
from dsage_mpi.core.settings import Settings as Table

#: What is never freed.
_LEAKED = []


class Wayward(DomainBase):
    """Levels whose first row begins with ``row`` are the bad ones."""

    MEASURES = {"ones": Measure(0, 25), "top": Measure(0, 5)}

    class Settings(Table):
        deed: str = ""

    def sample(self, rng):
        return rng.integers(2, size=(5, 5))

    def simulate(self, level, seed):
        if level[0, :3].tolist() == [1, 0, 1]:
            self._misbehave()
        if level[0, :3].tolist() == [0, 1, 0] or (self.settings.deed == "raise" and level[1, 0]):
            raise RuntimeError("no level of mine")
        if self.settings.deed == "leak":
            _LEAKED.append(np.ones(10 << 17))  # 10 MiB a level
        noise = np.random.default_rng(seed).random()
        return {"objective": 1 + noise, "ones": level.sum(), "top": level[0].sum()}

    def _misbehave(self):
        if self.settings.deed == "exit":
            os._exit(7)
        elif self.settings.deed == "segfault":
            ctypes.string_at(0)
        elif self.settings.deed == "hang":
            time.sleep(600)
        elif self.settings.deed == "memory":
            _LEAKED.append(np.ones(1 << 30))
