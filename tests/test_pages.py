"""The pages name what the program has."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from dsage_mpi import __version__
from dsage_mpi.cli.commands import COMMANDS
from dsage_mpi.domains import build_domain, domain_settings
from dsage_mpi.search.pyribs_adapter import MATRIX_FIELDS, STRATEGY_FIELDS

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"


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


@pytest.mark.parametrize("command", [name for name in COMMANDS if name != "run"])
def test_every_command_is_on_the_page(command: str) -> None:
    page = (DOCS / "commands.md").read_text(encoding="utf-8")
    assert re.search(rf"^\| `{command}[ `]", page, re.MULTILINE)


def test_the_version_is_the_same_everywhere() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    cited = re.search(r"^version: (.*)$", (ROOT / "CITATION.cff").read_text(), re.MULTILINE)
    assert cited is not None
    assert project["version"] == cited[1] == __version__


@pytest.mark.parametrize("page", ["CONTRIBUTING.md", "docs/releasing.md"])
def test_what_contributors_are_sent_to_is_there(page: str) -> None:
    """Files of this repository, and headings within pages."""
    text = (ROOT / page).read_text(encoding="utf-8")
    for path, _, heading in re.findall(r"\]\((?!https?:)([^)#]+)(#([^)]+))?\)", text):
        linked = (ROOT / page).parent / path
        assert linked.is_file()
        if heading:
            titles = re.findall(r"^#+ (.*)$", linked.read_text(encoding="utf-8"), re.MULTILINE)
            assert heading in [title.lower().replace(" ", "-") for title in titles]
    for path in re.findall(r"`((?:dsage_mpi|tests|inputs|benchmarks|docs)/[\w./]+)`", text):
        assert (ROOT / path).exists(), path
    for path in re.findall(r"\| `((?:config|surrogate|archives|domains|run|cli)/\w+\.py)`", text):
        assert (ROOT / "dsage_mpi" / path).is_file(), path


def test_the_commented_study_has_every_key() -> None:
    from dsage_mpi.study.settings import RowSettings, StudySettings

    text = (ROOT / "inputs" / "studies" / "commented.toml").read_text(encoding="utf-8")
    for key in (*StudySettings.model_fields, *RowSettings.model_fields):
        assert re.search(rf"^(# )?\[?({key}\b|.*\b{key}\.)", text, re.MULTILINE), key
