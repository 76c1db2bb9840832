"""The site is built without a warning, can be read offline, and its pictures are small."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import DOCS
from tests.support import REPOSITORY, clean_environment

PICTURES = sorted((DOCS / "pictures").iterdir())
README = REPOSITORY / "README.md"
PAGES = [README, *sorted(DOCS.rglob("*.md"))]
FENCES = re.MULTILINE | re.DOTALL
LINK = re.compile(r"\]\(([^)\s]+)\)")
#: What a browser would load by itself, from anywhere but the site.
LOADED = re.compile(r"<(?:script|img|link)\b[^>]*\b(?:src|href)=\"(?:https?:)?//[^\"]*\"[^>]*>")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not all(map(importlib.util.find_spec, ("sphinx", "myst_parser", "furo"))):
        pytest.skip("no Sphinx: `bash scripts/docs.sh --install`")
    folder = tmp_path_factory.mktemp("site")
    options = ["--fail-on-warning", "--keep-going", "-q", "-d", folder / "cache"]
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", *options, DOCS, folder / "site"],
        env=clean_environment(),
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert done.returncode == 0, done.stderr
    return folder / "site"


def test_every_page_is_in_the_navigation(site: Path) -> None:
    listed = (site / "index.html").read_text(encoding="utf-8")
    for page in site.rglob("*.html"):
        name = page.relative_to(site).as_posix()
        if name not in ("index.html", "search.html", "genindex.html"):
            assert f'href="{name}"' in listed, name


def test_nothing_is_loaded_from_a_network(site: Path) -> None:
    for page in site.rglob("*.html"):
        found = LOADED.findall(page.read_text(encoding="utf-8"))
        assert found == [], page.name
    for sheet in site.rglob("*.css"):
        assert "url(http" not in sheet.read_text(encoding="utf-8"), sheet.name


def test_the_search_s_page_is_ours_and_sphinx_has_its_own(site: Path) -> None:
    assert "Expected gain" in (site / "inner_search.html").read_text(encoding="utf-8")
    assert "Expected gain" not in (site / "search.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(REPOSITORY).as_posix())
def test_links_lead_somewhere_on_github_too(page: Path) -> None:
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=FENCES)
    for target in LINK.findall(text):
        path, _, anchor = target.partition("#")
        file = (page.parent / path) if path else page
        if "://" not in target:
            assert file.exists(), target
            assert not anchor or anchor in anchors(file), target


def anchors(page: Path) -> set[str]:
    """Of a page's headings, as GitHub names them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_pictures_are_small_and_it_is_said_how_they_were_made() -> None:
    sizes = {picture.name: picture.stat().st_size for picture in PICTURES}
    assert max(sizes.values()) < 300_000, sizes
    assert sum(sizes.values()) < 2_500_000, sizes
    how = (DOCS / "showcase.md").read_text(encoding="utf-8")
    script = (REPOSITORY / "scripts" / "showcase.sh").read_text(encoding="utf-8")
    for name in sizes:
        assert f"`{name}`" in how, name
        assert name in script, name


def test_every_picture_is_shown_and_every_shown_one_is_there() -> None:
    shown = set()
    for page in PAGES:
        for target in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", page.read_text(encoding="utf-8")):
            picture = (page.parent / target).resolve()
            assert picture.exists(), f"{page.name}: {target}"
            shown.add(picture)
    assert shown.issuperset(PICTURES)
