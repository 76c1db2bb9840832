"""Code blocks of a Markdown page, and how those of a tutorial are run as a reader would.

The first line of a fenced block says what becomes of it:

    ```bash                 run by bash, which stops at the first command that fails
    ```python               run by Python; what follows it goes on in the same session
    ```LANGUAGE file=NAME   written to that file
    ```bash long            left aside: too long, or for a cluster
    ```text                 what a command prints: left aside
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.support import _MPI_SETTINGS, REPOSITORY, clean_environment

DOCS = REPOSITORY / "docs"
TUTORIALS = sorted((DOCS / "tutorials").glob("*.md"))
#: What a clone has that tutorials name.
_CLONE = ("inputs", "jobs", "examples", ".venv", "scripts", "dsage_mpi", "pyproject.toml")
_FENCE = re.compile(r"^```(\w+)([^\n]*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_AFTER = re.compile(r"<!-- after: (\w+) -->")


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, the rest of its first line, and its text."""

    language: str
    option: str
    text: str

    @property
    def file(self) -> str:
        return self.option.removeprefix("file=") if self.option.startswith("file=") else ""


def blocks(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    return [Block(found[1], found[2].strip(), found[3]) for found in _FENCE.finditer(text)]


def before(page: Path) -> Path | None:
    """The tutorial in whose folder this one goes on."""
    found = _AFTER.match(page.read_text(encoding="utf-8"))
    return page.with_name(f"{found[1]}.md") if found else None


def run_page(page: Path, folder: Path) -> None:
    """Does in ``folder`` what the page says.

    Raises:
        AssertionError: Something failed; carries it and what it wrote.
    """
    for name in _CLONE:
        if not (folder / name).exists():
            (folder / name).symlink_to(REPOSITORY / name)
    session: list[str] = []
    for block in blocks(page):
        if block.language == "python" and not block.option:
            session.append(block.text)
            continue
        _run("python", session, page, folder)
        if block.file:
            (folder / block.file).write_text(block.text, encoding="utf-8")
        elif block.language == "bash" and block.option != "long":
            _run("bash", [block.text], page, folder)
    _run("python", session, page, folder)


def _run(language: str, texts: list[str], page: Path, folder: Path) -> None:
    """Runs what has been collected, if anything, and forgets it."""
    if not texts:
        return
    program = {"bash": ["bash", "-euo", "pipefail"], "python": [sys.executable]}[language]
    environment = clean_environment(_MPI_SETTINGS)
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    text = "\n".join(texts)
    done = subprocess.run(
        [*program, "-c", text],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=280,
    )
    said = f"{done.stdout}--- stderr\n{done.stderr}"
    assert done.returncode == 0, (
        f"{page.name}: exit code {done.returncode}\n{text}--- stdout\n{said}"
    )
    texts.clear()
