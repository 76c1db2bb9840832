"""What no single table of a configuration can know: do they fit together?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from dsage_mpi.archives.registry import ARCHIVES
from dsage_mpi.config.components import (
    EMITTERS,
    METHODS,
    MethodFacts,
    emitter_solutions,
    method_facts,
)
from dsage_mpi.domains import (
    DOMAINS,
    domain_settings,
    level_kind_of,
    measures_of,
    solution_dim,
)
from dsage_mpi.surrogate.registry import NETWORKS, network_facts

if TYPE_CHECKING:
    from pydantic import BaseModel

    from dsage_mpi.archives.base import Archives
    from dsage_mpi.archives.settings import ArchiveSettings
    from dsage_mpi.config.tables import (
        AlgorithmSettings,
        EmitterSettings,
        InnerLoopSettings,
        SelectionSettings,
    )
    from dsage_mpi.farm.settings import FarmSettings
    from dsage_mpi.surrogate.settings import SurrogateSettings

#: Kinds of emitters that can work on tensors.
ON_TENSORS = ("map_elites", "iso_line")
#: Tables that ``cross_problems`` looks at.
CROSS_TABLES = (
    *("algorithm", "domain", "archive", "emitters", "selection", "inner_loop"),
    "surrogate",
    "farm",
)


def cross_problems(tables: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What no single table can know.

    Args:
        tables: Some or all of the validated tables of a ``Config``, by name. A check is skipped
            when a table that it needs is not there (because it is invalid itself).

    Yields:
        (key path, message).
    """
    if {"domain", "archive"} <= tables.keys():
        yield from _measure_problems(tables["domain"], tables["archive"])
    if {"algorithm", "selection"} <= tables.keys() and _selects(tables["algorithm"]):
        method = tables["algorithm"].method
        yield from _selection_problems(method, tables["selection"], tables.get("archive"))
        if "inner_loop" in tables:
            yield from _start_problems(tables["selection"], tables["inner_loop"])
    if {"domain", "farm"} <= tables.keys():
        yield from _isolation_problems(tables["domain"], tables["farm"])
    if {"algorithm", "domain", "surrogate"} <= tables.keys() and _selects(tables["algorithm"]):
        yield from _network_problems(tables["domain"], tables["surrogate"])
    if {"algorithm", "archive", "emitters", "inner_loop"} <= tables.keys() and _selects(
        tables["algorithm"]
    ):
        yield from _tensor_problems(tables["archive"], tables["emitters"], tables["inner_loop"])
    if {"algorithm", "domain", "emitters"} <= tables.keys():
        yield from _emitter_problems(
            tables["algorithm"].method, tables["domain"], tables["emitters"]
        )


def _measure_problems(domain: Any, archive: ArchiveSettings) -> Iterator[tuple[str, str]]:
    known = measures_of(domain)
    if known is None:
        return
    for axis, name in enumerate(archive.measures):
        if name not in known:
            yield (
                f"archive.measures[{axis}]",
                f'= "{name}": the {domain.name} domain has no such measure; '
                f"expected one of {', '.join(known)}",
            )


def _isolation_problems(domain: Any, farm: FarmSettings) -> Iterator[tuple[str, str]]:
    if farm.isolation == "process" and DOMAINS.is_only_here(domain.name):
        yield (
            "farm.isolation",
            f'= "process": a child process cannot import "{domain.name}", which this process alone '
            'has; put the class into a module and name it as domain.name = "module:Class"',
        )


def _selects(algorithm: AlgorithmSettings) -> bool:
    return method_facts(algorithm.method).uses_surrogate


def _selection_problems(
    method: str, selection: SelectionSettings | None, archive: ArchiveSettings | None
) -> Iterator[tuple[str, str]]:
    if selection is None:
        yield "selection", f'table is missing: method "{method}" needs it, e.g. kind = "all"'
        return
    if selection.kind == "downsample" and archive is not None:
        archives: type[Archives] = ARCHIVES.load(archive.kind)
        for key, message in archives.coarse_problems(archive, selection):
            yield f"selection.{key}", message


def _start_problems(
    selection: SelectionSettings | None, inner_loop: InnerLoopSettings
) -> Iterator[tuple[str, str]]:
    if selection is not None and selection.resimulate and inner_loop.start == "archive":
        yield (
            "selection.resimulate",
            '= true: would simulate the elites again that inner_loop.start = "archive" begins '
            'with; expected inner_loop.start = "empty", or false',
        )


def _tensor_problems(
    archive: ArchiveSettings, emitters: EmitterSettings, inner_loop: InnerLoopSettings
) -> Iterator[tuple[str, str]]:
    if inner_loop.archive != "tensors":
        return
    wanted = {
        f'archive.kind = "{archive.kind}"': archive.kind == "grid",
        f'emitters.kind = "{emitters.kind}"': emitters.kind in ON_TENSORS,
    }
    for what, fits in wanted.items():
        if not fits:
            yield (
                "inner_loop.archive",
                f'= "tensors": does not work with {what}; expected grids, and one of '
                f'{_quoted(ON_TENSORS)} as emitters, or inner_loop.archive = "native"',
            )


def _network_problems(table: Any, surrogate: SurrogateSettings) -> Iterator[tuple[str, str]]:
    levels, kind = level_kind_of(table), surrogate.kind
    if levels in network_facts(kind).levels:
        return
    fitting = [k for k in NETWORKS.own() if levels in network_facts(k).levels]
    yield (
        "surrogate.kind",
        f'= "{kind}": works on {" or ".join(network_facts(kind).levels)}, and the levels of the '
        f"{table.name} domain are {levels}; expected {_quoted(fitting)} (or leave it out)",
    )


def _emitter_problems(
    method: str, table: BaseModel, emitters: EmitterSettings
) -> Iterator[tuple[str, str]]:
    domain: str = table.name  # type: ignore[attr-defined]
    kind, facts = emitters.kind, method_facts(method)
    solution_kind = domain_settings(domain).SOLUTION_KIND
    solutions = f"the {solution_kind} solutions of the {domain} domain"
    fitting = [k for k in {**dict.fromkeys(EMITTERS), kind: None} if _fits(k, solution_kind)]
    expected = [k for k in fitting if _works_with(facts, k)]
    if not any(_fits(k, solution_kind) for k in facts.emitters or fitting):
        methods = [m for m in METHODS.own() if _can_work(m, fitting)]
        yield (
            "algorithm.method",
            f'= "{method}": cannot work on {solutions}; expected one of {_quoted(methods)}',
        )
    elif not _works_with(facts, kind):
        yield (
            "emitters.kind",
            f'= "{kind}": does not fit algorithm.method = "{method}"; '
            f"expected {_quoted(expected)} (or leave it out)",
        )
    elif kind not in fitting:
        yield (
            "emitters.kind",
            f'= "{kind}": cannot work on {solutions}; expected one of {_quoted(fitting)}',
        )
    elif (
        kind == "map_elites"
        and (positions := solution_dim(table)) is not None
        and emitters.mutations > positions
    ):
        yield (
            "emitters.mutations",
            f"= {emitters.mutations}: a solution of the {domain} domain has "
            f"{positions} positions; expected at most so many",
        )
    elif kind == "cma_me" and emitters.batch_size < 2:
        yield (
            "emitters.batch_size",
            f'= {emitters.batch_size}: kind "cma_me" adapts to the better ones of a batch; '
            "expected at least 2",
        )


def _fits(emitter: str, solution_kind: str) -> bool:
    return solution_kind in emitter_solutions(emitter)


def _works_with(facts: MethodFacts, emitter: str) -> bool:
    """Whether a method that declares ``facts`` can have this kind of emitter."""
    if facts.emitters is None or emitter in facts.emitters:
        return True
    return facts.own_emitters and not EMITTERS.is_own(emitter)


def _can_work(method: str, fitting: Iterable[str]) -> bool:
    """Whether a method has an emitter among those that fit."""
    kinds = method_facts(method).emitters
    return kinds is None or not set(kinds).isdisjoint(fitting)


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
