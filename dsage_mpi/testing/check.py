"""All checks of a domain, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from dsage_mpi.config.document import Document
from dsage_mpi.config.errors import ConfigError
from dsage_mpi.config.validate import validate
from dsage_mpi.core.component_failures import told
from dsage_mpi.core.domain import DomainError
from dsage_mpi.core.registry import ComponentError
from dsage_mpi.domains import build_domain, domain_settings, measures_of
from dsage_mpi.testing import evaluations, solutions
from dsage_mpi.testing.subject import Note, Subject
from dsage_mpi.testing.tiny_run import run_problems

#: What is looked at -> the check; each yields one sentence per problem. Later ones rely on earlier.
_CHECKS: dict[str, Callable[[Any], Iterator[str]]] = {
    "measures": solutions.measure_problems,
    "solutions": solutions.solution_problems,
    "levels": solutions.level_problems,
    "planes": solutions.plane_problems,
    "pictures": solutions.picture_problems,
    "simulations": evaluations.simulation_problems,
    "evaluations": evaluations.evaluation_problems,
    "a tiny run, stopped and resumed": run_problems,
}


def check_domain(domain: type | str, **settings: Any) -> None:
    """Fails if a domain does not do what the search relies on.

    Args:
        domain: A class that can be imported, its "module:Class", or a registered name.
        **settings: Keys of ``[domain]``, where the defaults will not do.

    Raises:
        AssertionError: With one line for each problem.
    """
    problems = [line for _, lines in domain_problems(domain, **settings) for line in lines]
    if problems := [line for line in problems if not isinstance(line, Note)]:
        raise AssertionError("\n".join(problems))


def domain_problems(domain: type | str, **settings: Any) -> Iterator[tuple[str, list[str]]]:
    """What was looked at and what is wrong with it, check by check, to the first that fails.

    Lines of class ``Note`` are worth reading and no problem.

    Args:
        domain: As in ``check_domain``.
        **settings: As in ``check_domain``.
    """
    name = domain if isinstance(domain, str) else f"{domain.__module__}:{domain.__qualname__}"
    found = _subject(name, settings)
    if isinstance(found, str):
        yield "the class", [found]
        return
    yield "the class", []
    for what, check in _CHECKS.items():
        lines = _lines(check, found)
        yield what, lines
        if any(not isinstance(line, Note) for line in lines):
            return


def _subject(name: str, settings: dict[str, Any]) -> Subject | str:
    """The domain, or why there is none."""
    document = Document("domain")
    document.merge({"name": name, **settings}, document.name)
    try:
        table = validate(domain_settings(name).SETTINGS, document)
        measures = tuple(measures_of(table) or {})
        return Subject(table, measures, build_domain(table, measures))
    except ComponentError as error:
        return f'"{name}": {error}'
    except ConfigError as error:
        return "; ".join(f"domain.{problem}" for problem in error.problems)
    except DomainError as error:
        return str(error)


def _lines(check: Callable[[Any], Iterator[str]], subject: Subject) -> list[str]:
    lines: list[str] = []
    try:
        lines.extend(check(subject))
    except DomainError as error:
        lines.append(str(error))
    except (Exception, SystemExit) as error:  # whatever somebody's domain raises
        lines.append(told(error))
    return lines
