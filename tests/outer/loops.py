"""Outer loops in this process: what tests of the loop share."""

from __future__ import annotations

import contextlib

from dsage_mpi.farm import open_farm
from dsage_mpi.farm.launch import World
from dsage_mpi.farm.settings import FarmSettings
from dsage_mpi.outer.loop import OuterLoop
from dsage_mpi.outer.phases import Phases
from dsage_mpi.report.digest import digest
from tests.outer.toy import GridDomain

METHODS = ["dsage", "map_elites", "domain_randomization"]


class Silent:
    def phase(self, name, total=None):
        pass

    def advance(self, count=1, note=""):
        pass


def make(settings, domain=None, seen_as=lambda farm: farm):
    domain = domain or GridDomain()
    farm = open_farm(
        World(),
        lambda: domain.make_simulator(domain.simulator_payload()),
        domain.task_dtype,
        domain.result_dtype,
        FarmSettings(),
    )
    return OuterLoop(settings, domain, seen_as(farm), Phases(Silent()))


def run(loop, stop_after=None):
    steps = []

    def after(step):
        steps.append(step)
        if len(steps) == stop_after:
            raise StopIteration

    with contextlib.suppress(StopIteration):
        loop.run(after)
    return steps


def digest_of(loop):
    state = loop.state()
    return digest(state["archive"], state["record"])


def levels_of(loop):
    return loop.record["level"].reshape(len(loop.record), -1)
