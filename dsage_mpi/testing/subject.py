"""The domain that is checked."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import BaseModel

from dsage_mpi.core.domain import Domain


class Note(str):
    """What is said of a domain although nothing is wrong with it."""


@dataclass(frozen=True)
class Subject:
    """A domain and what it was made of.

    Attributes:
        settings: Its table ``[domain]``.
        measures: Names of all its measures.
        domain: The domain itself, spanning all of them.
    """

    settings: BaseModel
    measures: tuple[str, ...]
    domain: Domain
