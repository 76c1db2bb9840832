"""Any domain's simulator in a child process of its rank (``farm.isolation``)."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from dsage_mpi.core.domain import (
    Array,
    Domain,
    Simulator,
    SimulatorLostError,
    TasksFailedError,
)
from dsage_mpi.domains import build_domain, domain_settings
from dsage_mpi.farm.settings import FarmSettings
from dsage_mpi.isolation import Factory, IsolatedSimulator


def make_simulator(
    domain: Domain,
    payload: Mapping[str, Array],
    settings: BaseModel,
    measures: tuple[str, ...],
    farm: FarmSettings,
) -> Simulator:
    """Builds this rank's simulator, in a child process if that is asked for.

    Results are the same in both. A simulator that has a process of its own anyway
    (``HasOwnProcess``) gets no second one.

    Args:
        domain: Whose simulator.
        payload: What the domain's ``simulator_payload`` gave.
        settings: The table ``[domain]``.
        measures: That ``domain`` spans.
        farm: The table ``[farm]``.
    """
    if farm.isolation == "none" or getattr(domain, "own_process", False):
        return domain.make_simulator(payload)
    options = {
        "name": settings.name,  # type: ignore[attr-defined]
        "settings": settings.model_dump_json(),
        "measures": measures,
    }
    memory = None if farm.memory_mb is None else farm.memory_mb << 20
    return IsolatedSimulator(
        Factory("dsage_mpi.domains.isolated:DomainSimulator", options, payload, memory),
        domain.task_dtype,
        domain.result_dtype,
        deadline_seconds=farm.deadline_seconds,
    )


class DomainSimulator:
    """A domain's simulator as the child process runs it (contract: ``isolation.Contained``).

    Args:
        options: Name, settings (JSON) and measures of the domain.
        payload: What its simulator needs.
    """

    def __init__(
        self, options: Mapping[str, Any], payload: Mapping[str, Array] | None = None
    ) -> None:
        table = domain_settings(options["name"]).SETTINGS.model_validate_json(options["settings"])
        domain = build_domain(table, tuple(options["measures"]))
        self.task_dtype, self.result_dtype = domain.task_dtype, domain.result_dtype
        self._simulator = domain.make_simulator(payload or {})

    def __call__(self, tasks: Array) -> Array:
        """Simulates one task ((1,) of ``task_dtype``); returns (1,) of ``result_dtype``.

        Raises:
            TasksFailedError: It failed; an exception fails the task with the text that it would
                have without a child process.
        """
        try:
            return self._simulator(tasks)
        except (TasksFailedError, SimulatorLostError, MemoryError):
            raise
        except Exception as error:
            shown = error.with_traceback(error.__traceback__ and error.__traceback__.tb_next)
            text = "".join(traceback.format_exception(shown))
            raise TasksFailedError(tasks, {0: text}) from None
