"""Files that the documentation names are there."""

from __future__ import annotations

import re

from tests.support import REPOSITORY

_NAMED = re.compile(r"`((?:[\w.-]+/)+[\w.-]+\.(?:py|md|toml|sh|slurm|cpp|yml|txt|npz|java))`")
#: Folders that paths start from.
_ROOTS = (REPOSITORY, REPOSITORY / "dsage_mpi", REPOSITORY / "inputs")
#: Files of the reader's own.
_YOURS = {"inputs/mine.toml"}


def test_every_file_that_is_named_exists():
    pages = [*(REPOSITORY / "docs").rglob("*.md"), *REPOSITORY.glob("*.md")]
    pages = [page for page in pages if page.name != "CHANGELOG.md"]  # which tells of the past
    assert len(pages) > 30
    named = {(page, name) for page in pages for name in _NAMED.findall(page.read_text())}
    assert len(named) > 100
    missing = {
        f"{page.relative_to(REPOSITORY)}: {name}"
        for page, name in named
        if name not in _YOURS and not any((root / name).exists() for root in (*_ROOTS, page.parent))
    }
    assert missing == set()
