"""What no single table of a configuration can know: do they fit together?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from dsage_mpi.domains import domain_settings, solution_dim

if TYPE_CHECKING:
    from pydantic import BaseModel

    from dsage_mpi.config.tables import (
        ArchiveSettings,
        EmitterSettings,
        InnerLoopSettings,
        SelectionSettings,
    )

#: Emitter kinds that a direct method (no surrogate) can have; the solutions leave one of them.
DIRECT_EMITTERS: dict[str, tuple[str, ...]] = {
    "map_elites": ("map_elites", "iso_line"),
    "cma_me": ("cma_me",),
    "domain_randomization": ("random",),
}
#: Emitter kind of the inner loop for each kind of solutions, unless another is asked for.
DSAGE_EMITTERS: dict[str, str] = {"discrete": "map_elites", "continuous": "iso_line"}
#: Solution kinds that each emitter can work on.
EMITTER_DOMAINS: dict[str, tuple[str, ...]] = {
    "map_elites": ("discrete",),
    "cma_me": ("continuous",),
    "iso_line": ("continuous",),
    "random": ("discrete", "continuous"),
}
#: Tables that ``cross_problems`` looks at.
CROSS_TABLES = ("algorithm", "domain", "archive", "emitters", "selection", "inner_loop")


def cross_problems(tables: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What no single table can know.

    Args:
        tables: Some or all of the validated tables of a ``Config``, by name. A check is skipped
            when a table that it needs is not there (because it is invalid itself).

    Yields:
        (key path, message).
    """
    if {"domain", "archive"} <= tables.keys():
        yield from _measure_problems(tables["domain"].name, tables["archive"])
    if {"algorithm", "selection"} <= tables.keys() and tables["algorithm"].method == "dsage":
        yield from _selection_problems(tables["selection"], tables.get("archive"))
        if "inner_loop" in tables:
            yield from _start_problems(tables["selection"], tables["inner_loop"])
    if {"algorithm", "domain", "emitters"} <= tables.keys():
        yield from _emitter_problems(
            tables["algorithm"].method, tables["domain"], tables["emitters"]
        )


def _measure_problems(domain: str, archive: ArchiveSettings) -> Iterator[tuple[str, str]]:
    known = domain_settings(domain).MEASURES
    for axis, name in enumerate(archive.measures):
        if name not in known:
            yield (
                f"archive.measures[{axis}]",
                f'= "{name}": the {domain} domain has no such measure; '
                f"expected one of {', '.join(known)}",
            )


def _selection_problems(
    selection: SelectionSettings | None, archive: ArchiveSettings | None
) -> Iterator[tuple[str, str]]:
    if selection is None:
        yield "selection", 'table is missing: method "dsage" needs it, e.g. kind = "all"'
        return
    if selection.kind != "downsample" or selection.coarse_dims is None or archive is None:
        return
    for axis, (coarse, fine) in enumerate(zip(selection.coarse_dims, archive.dims, strict=True)):
        if fine % coarse:
            divisors = [d for d in range(1, fine + 1) if fine % d == 0]
            nearest = min(divisors, key=lambda d: abs(d - coarse))
            yield (
                f"selection.coarse_dims[{axis}]",
                f"= {coarse}: does not divide archive.dims[{axis}] = {fine}; "
                f"the nearest number that does is {nearest}",
            )


def _start_problems(
    selection: SelectionSettings | None, inner_loop: InnerLoopSettings
) -> Iterator[tuple[str, str]]:
    if selection is not None and selection.resimulate and inner_loop.start == "archive":
        yield (
            "selection.resimulate",
            '= true: would simulate the elites again that inner_loop.start = "archive" begins '
            'with; expected inner_loop.start = "empty", or false',
        )


def _emitter_problems(
    method: str, table: BaseModel, emitters: EmitterSettings
) -> Iterator[tuple[str, str]]:
    domain: str = table.name  # type: ignore[attr-defined]
    kind, allowed = emitters.kind, DIRECT_EMITTERS.get(method, (emitters.kind,))
    settings = domain_settings(domain)
    solutions = f"the {settings.SOLUTION_KIND} solutions of the {domain} domain"
    fitting = [k for k, kinds in EMITTER_DOMAINS.items() if settings.SOLUTION_KIND in kinds]
    expected = [k for k in allowed if k in fitting]
    if not expected and method in DIRECT_EMITTERS:
        direct = [m for m, kinds in DIRECT_EMITTERS.items() if set(kinds) & set(fitting)]
        yield (
            "algorithm.method",
            f'= "{method}": cannot work on {solutions}; '
            f"expected one of {_quoted(['dsage', *direct])}",
        )
    elif kind not in allowed:
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


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
