"""What each domain needs: its native code, its agent. Its ``doctor`` module, if any, knows."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec

from dsage_mpi.cli.doctor.finding import Finding, last_line, missing, note, ok
from dsage_mpi.cli.doctor.python import SETUP
from dsage_mpi.domains import DOMAINS, domain_package


def check() -> Iterator[Finding]:
    """One finding per thing that a registered domain's ``doctor`` module looks at."""
    for name in sorted(DOMAINS.own()):
        if find_spec(f"{domain_package(name)}.doctor") is None:
            continue  # needs nothing
        try:
            module = import_module(f"{domain_package(name)}.doctor")
            facts = list(module.facts())
        except ImportError as error:
            yield missing(name, f"does not load: {last_line(str(error))}", SETUP)
            continue
        absent = note if getattr(module, "OPTIONAL", False) else missing
        for topic, present, text in facts:
            label = f"{name} {topic}"
            yield ok(label, text) if present else absent(label, text, SETUP)
