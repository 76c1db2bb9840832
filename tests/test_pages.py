"""The pages name what the program has."""

from __future__ import annotations

from pathlib import Path

import pytest

from dsage_mpi.domains import build_domain, domain_settings
from dsage_mpi.search.pyribs_adapter import MATRIX_FIELDS, STRATEGY_FIELDS

DOCS = Path(__file__).parents[1] / "docs"


@pytest.mark.parametrize("name", ["maze", "mario"])
def test_every_measure_and_metadata_column_is_on_the_domain_s_page(name: str) -> None:
    settings = domain_settings(name)
    domain = build_domain(settings.SETTINGS(name=name), tuple(settings.MEASURES)[:2])
    page = (DOCS / f"{name}.md").read_text(encoding="utf-8")
    assert [column for column in domain.metadata_names if f"`{column}`" not in page] == []


def test_every_dataset_of_a_cma_me_emitter_is_on_the_page() -> None:
    fields = [*STRATEGY_FIELDS, *(f"matrix_{name}" for name in MATRIX_FIELDS)]
    page = (DOCS / "checkpoint.md").read_text(encoding="utf-8")
    assert [field for field in fields if f"`{field}`" not in page] == []
