"""A tiny DSAGE run, once to the end and once stopped and resumed from a checkpoint."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from dsage_mpi.checkpoint.hdf5 import read_tree, write_tree
from dsage_mpi.config.load import config_from_toml, to_toml
from dsage_mpi.config.schema import Config
from dsage_mpi.domains import build_domain, measures_of
from dsage_mpi.farm import open_farm
from dsage_mpi.farm.launch import World
from dsage_mpi.outer.loop import OuterLoop, Step
from dsage_mpi.outer.phases import Phases
from dsage_mpi.report.digest import digest

if TYPE_CHECKING:
    from dsage_mpi.testing.subject import Subject

#: Outer iterations after which the second run is stopped.
_STOP = 2


class _StoppedError(Exception):
    """The run is to be stopped here."""


class _NoDisplay:
    def phase(self, name: str, total: int | None = None) -> None: ...

    def advance(self, count: int = 1, note: str = "") -> None: ...


def run_problems(subject: Subject) -> Iterator[str]:
    """Whether a run reaches its end, and the same one when it is stopped and resumed."""
    config = tiny_config(subject)
    if config_from_toml(to_toml(config), "the stored configuration") != config:
        yield "its settings are others once they have been written to TOML and read again"
        return
    whole = _run(config)
    if len(whole.archive) == 0:
        yield "a run of 30 evaluations put nothing into the archive"
        return
    with TemporaryDirectory() as folder:
        path = Path(folder) / "checkpoint.h5"
        write_tree(path, _run(config, stop=True).state())
        resumed = _run(config, read_tree(path))
    if _digest(whole) != _digest(resumed):
        yield "a run that was stopped and resumed ends otherwise than one that was not"


def tiny_config(subject: Subject) -> Config:
    """The smallest run of which all parts work."""
    known = measures_of(subject.settings) or {}
    measures = subject.measures[:2]
    mutations = min(2, subject.domain.solution_dim)
    document: dict[str, Any] = {
        "algorithm": {"method": "dsage", "max_evaluations": 30, "initial_solutions": 12},
        "domain": subject.settings.model_dump(),
        "archive": {
            "measures": measures,
            "dims": (8,) * len(measures),
            "ranges": tuple((float(known[m].low), float(known[m].high)) for m in measures),
        },
        "emitters": {"count": 1, "batch_size": 4, "mutations": mutations},
        "inner_loop": {"iterations": 4},
        "selection": {"kind": "random", "count": 6},
        "surrogate": {
            **{"epochs": 1, "features": 4, "residual_blocks": 1, "batch_size": 8},
            **{"device": "cpu", "threads": 1},
        },
    }
    return Config.model_validate(document)


def _run(config: Config, tree: Any = None, *, stop: bool = False) -> OuterLoop:
    """Runs to the end, or to where it is to be stopped; ``tree``: from where it goes on."""
    domain = build_domain(config.domain, config.archive.measures)
    farm = open_farm(
        World(),
        lambda: domain.make_simulator(domain.simulator_payload()),
        domain.task_dtype,
        domain.result_dtype,
        config.farm,
    )
    with farm:
        loop = OuterLoop(config, domain, farm, Phases(_NoDisplay()))
        if tree is not None:
            loop.load_state(tree)

        def after(step: Step) -> None:
            if stop and loop.iteration == _STOP:
                raise _StoppedError

        with contextlib.suppress(_StoppedError):
            loop.run(after)
        return loop


def _digest(loop: OuterLoop) -> str:
    state = loop.state()
    return digest(state["archive"], state["record"])
