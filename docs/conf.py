"""The site: these pages, by Sphinx (`make docs`). Nothing in it is fetched from a network."""

from __future__ import annotations

import re
from pathlib import Path

from sphinx.application import Sphinx

#: Where the files outside docs/ can be read, e.g. "https://github.com/NAME/dsage_mpi/blob/main";
#: while it is empty, links to them are shown as their names alone.
REPOSITORY = ""

DOCS = Path(__file__).parent

project = "dsage_mpi"
html_title = "dsage_mpi"
author = "the authors of dsage_mpi"
extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
myst_heading_anchors = 4  # links to headings, named as on GitHub
highlight_language = "bash"  # of indented blocks, which are mostly commands
html_theme = "furo"
html_static_path = ["site"]
html_css_files = ["site.css"]
html_favicon = "site/icon.svg"
html_show_sphinx = False
html_show_copyright = False
html_copy_source = False
html_theme_options = {"navigation_with_keys": True, "top_of_page_buttons": []}
pygments_style = "friendly"
pygments_dark_style = "native"

#: Sphinx has a page of its own named "search".
RENAMED = {"inner_search": "search"}
exclude_patterns = [f"{name}.md" for name in RENAMED.values()]

#: A link that is named by its file: on the site it has the title of what it leads to.
_BY_NAME = re.compile(r"(?<!!)\[(?:[\w./-]*/)?\w+\.md\](?=\([^)\s:]+\.md[)#])")
#: Texts outside docs/ that are pages of the site: file, first line, line after the last one.
INCLUDED = {
    "results": ("README.md", "## Does it help?", "## Where to go"),
    "contributing": ("CONTRIBUTING.md", "# Contributing", ""),
}

_LINK = re.compile(r"(?<!!)\[([^\]]+)\]\(([^)#\s:]+)((?:#[^)\s]*)?)\)")


def included(file: str, begin: str, end: str) -> str:
    """A text as a page: its heading first, links as from docs/."""
    text = (DOCS.parent / file).read_text(encoding="utf-8")
    section = text[text.index(begin) : text.index(end) if end else None]
    by_place = re.sub(r"\]\((?!docs/|https?:|#)", "](../", section).replace("](docs/", "](")
    return by_place.replace(begin, f"# {begin.lstrip('# ')}", 1)


def prepare(app: Sphinx, page: str, source: list[str]) -> None:
    """Puts in renamed pages, and points links outside docs/ to the repository, if there is one."""
    if page in RENAMED:
        source[0] = (DOCS / f"{RENAMED[page]}.md").read_text(encoding="utf-8")
    if page in INCLUDED:
        source[0] = included(*INCLUDED[page])
    for name, own in RENAMED.items():
        source[0] = re.sub(rf"(\]\((?:\.\./)?){own}\.md", rf"\g<1>{name}.md", source[0])
    folder = (DOCS / page).parent

    def replaced(link: re.Match[str]) -> str:
        text, target, anchor = link.groups()
        path = (folder / target).resolve()
        if path.is_relative_to(DOCS) or not path.exists():  # not there: Sphinx will say so
            return link[0]
        if not REPOSITORY:
            return text
        return f"[{text}]({REPOSITORY}/{path.relative_to(DOCS.parent)}{anchor})"

    source[0] = _BY_NAME.sub("[]", _LINK.sub(replaced, source[0]))


def setup(app: Sphinx) -> None:
    """Registers what Sphinx calls while it reads the pages."""
    app.connect("source-read", prepare)
