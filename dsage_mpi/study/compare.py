"""Writes a comparison: tables in four formats, tests, figures, the numbers of every run."""

from __future__ import annotations

import html
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from dsage_mpi.core.atomic_files import atomic_write
from dsage_mpi.study import formats, tables
from dsage_mpi.study.comparison import Comparison
from dsage_mpi.study.factorial import factorial_tests
from dsage_mpi.study.figures.archives import archives_side_by_side
from dsage_mpi.study.figures.curves import score_curves
from dsage_mpi.study.figures.distribution import objective_distribution
from dsage_mpi.study.hypotheses import overall_tests, pairwise_tests
from dsage_mpi.study.scores import run_scores


@dataclass(frozen=True)
class Section:
    """One table.

    Attributes:
        label: Stem of its names.
        caption: What it says.
        table: As texts.
        numbers: The numbers behind it, for CSV; None if the texts are all.
    """

    label: str
    caption: str
    table: pd.DataFrame
    numbers: pd.DataFrame | None = None


def sections(comparison: Comparison) -> list[Section]:
    """All tables of a comparison; those that have nothing to say are left out."""
    scores = run_scores(comparison)
    overall = overall_tests(scores)
    pairs = pairwise_tests(comparison, scores)
    factorial = factorial_tests(comparison, scores)
    found = [
        Section(
            "scores",
            f"{comparison.title}: means ± standard errors over the runs; best: of all runs",
            tables.main_table(comparison, scores),
            scores,
        ),
        Section(
            "robust",
            "Medians and interquartile means (IQM), with 95 % bootstrap intervals of the IQM",
            tables.robust_table(comparison, scores),
        ),
        Section(
            "target",
            f"Cost to reach {comparison.target_text}: means ± standard errors over the runs that "
            "did",
            tables.target_table(comparison, scores) if comparison.target_text else pd.DataFrame(),
        ),
        Section(
            "overall",
            "Do the rows differ at all? Equal variances (Levene) and means",
            tables.overall_table(overall),
            overall,
        ),
        Section(
            "pairs",
            "Two-sided tests of pairs: Student's t, Bonferroni within each hypothesis, as "
            "published; Welch's t, Holm over all pairs of a metric; Hedges' g; probability of "
            "improvement with 95 % bootstrap interval",
            tables.pairwise_table(pairs),
            pairs,
        ),
        Section(
            "factorial",
            "Occupancy x downsampling: two-way ANOVA (type II), simple main effects against the "
            "pooled residual, pairwise t-tests with Bonferroni's correction",
            tables.factorial_table(factorial),
            factorial,
        ),
    ]
    return [section for section in found if len(section.table)]


def write_comparison(comparison: Comparison, folder: Path) -> list[Path]:
    """Writes ``comparison.md``, ``.html``, ``.tex``, ``*.csv`` and the figures.

    Args:
        comparison: What is compared.
        folder: Where to; made if needed.

    Returns:
        The files.

    Raises:
        OSError: One cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    found = sections(comparison)
    texts = {
        "comparison.md": as_markdown(comparison, found),
        "comparison.html": _as_html(comparison, found),
        "comparison.tex": "\n".join(
            formats.latex(section.table, section.caption, section.label) for section in found
        ),
    }
    for section in found:
        if section.numbers is not None:
            texts[f"{section.label}.csv"] = formats.csv(section.numbers)
    for name, text in texts.items():
        with atomic_write(folder / name, "w") as file:
            file.write(text)
    score_curves(comparison, folder / "curves.png")
    objective_distribution(comparison, folder / "objectives.png")
    drawn = ["curves.png", "objectives.png"]
    if archives_side_by_side(comparison, folder / "archives.png"):
        drawn.append("archives.png")
    return [folder / name for name in (*texts, *drawn)]


def as_markdown(comparison: Comparison, found: list[Section]) -> str:
    """The tables as one Markdown text, warnings first."""
    lines = [f"# {comparison.title}", ""]
    lines += [f"> **Note:** {warning}.\n" for warning in comparison.warnings()]
    for section in found:
        lines += [section.caption, "", formats.markdown(section.table)]
    return "\n".join(lines)


def _as_html(comparison: Comparison, found: list[Section]) -> str:
    notes = "".join(
        f"<p><strong>Note:</strong> {html.escape(text)}.</p>\n" for text in comparison.warnings()
    )
    parts = [formats.html_table(section.table, section.caption) for section in found]
    return formats.html_page(comparison.title, notes + "\n".join(parts))
