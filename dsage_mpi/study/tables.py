"""The tables of a comparison as texts: what each column says, in how many digits."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from dsage_mpi.core.durations import seconds_text
from dsage_mpi.study.comparison import Comparison
from dsage_mpi.study.scores import Estimate, estimate

#: Where there is no number.
NONE = "–"


def main_table(comparison: Comparison, scores: pd.DataFrame) -> pd.DataFrame:
    """One line per row: scores, mean ± standard error, beside what is published."""
    lines = []
    for row in comparison.rows:
        of = scores[scores["row"] == row.name]
        line = {
            "method": row.title,
            "runs": str(len(of)),
            "evaluations": _count(of["evaluations"].mean()),
            "QD-score": _with_error(estimate(of["qd_score"]), 2),
            "coverage": _with_error(estimate(of["coverage"]), 4),
            "elites": _with_error(estimate(of["elites"]), 1),
            "best": _number(of["best"].max(), 4),
            "CPU time": seconds_text(of["cpu_s"].mean()),
            "wall time": seconds_text(of["wall_s"].mean()),
        }
        if any(r.published.qd_score is not None for r in comparison.rows):
            line["published QD-score"] = _published(row.published.qd_score, row.published)
        if any(r.published.coverage is not None for r in comparison.rows):
            line["published coverage"] = _number(row.published.coverage, 2)
        lines.append(line)
    return pd.DataFrame(lines)


def robust_table(comparison: Comparison, scores: pd.DataFrame) -> pd.DataFrame:
    """One line per row: median and interquartile mean with its bootstrap interval."""
    lines = []
    for row in comparison.rows:
        of = scores[scores["row"] == row.name]
        score, cover = estimate(of["qd_score"]), estimate(of["coverage"])
        lines.append(
            {
                "method": row.title,
                "median QD-score": _number(score.median, 2),
                "IQM of QD-score": _number(score.iqm, 2),
                "95 % interval": _interval(score, 2),
                "median coverage": _number(cover.median, 4),
                "IQM of coverage": _number(cover.iqm, 4),
                "95 % interval ": _interval(cover, 4),
            }
        )
    return pd.DataFrame(lines)


def target_table(comparison: Comparison, scores: pd.DataFrame) -> pd.DataFrame:
    """One line per row: what it took to reach the target; means over the runs that did."""
    lines = []
    for row in comparison.rows:
        of = scores[scores["row"] == row.name]
        reached = of[of["evaluations_to_target"].notna()]
        lines.append(
            {
                "method": row.title,
                "reached by": f"{len(reached)} of {len(of)}",
                "evaluations": _with_error(estimate(reached["evaluations_to_target"]), 0),
                "CPU seconds": _with_error(estimate(reached["cpu_s_to_target"]), 1),
                "wall seconds": _with_error(estimate(reached["wall_s_to_target"]), 1),
            }
        )
    return pd.DataFrame(lines)


def overall_table(tests: pd.DataFrame) -> pd.DataFrame:
    """``overall_tests`` as texts."""
    return pd.DataFrame(
        {
            "metric": tests["metric"],
            "test": tests["test"],
            "statistic": _numbers(tests["statistic"], 3),
            "df": tests["df"],
            "p": _probabilities(tests["p"]),
        }
    )


def pairwise_table(tests: pd.DataFrame) -> pd.DataFrame:
    """``pairwise_tests`` as texts."""
    pairs = tests["row"] + " – " + tests["other"]
    improvement = [
        NONE if np.isnan(p) else f"{p:.2f} [{low:.2f}, {high:.2f}]"
        for p, low, high in zip(tests["p_improvement"], tests["low"], tests["high"], strict=True)
    ]
    return pd.DataFrame(
        {
            "metric": tests["metric"],
            "hypothesis": tests["hypothesis"],
            "pair": pairs,
            "difference": _numbers(tests["difference"], 4),
            "t": _numbers(tests["t"], 2),
            "df": _numbers(tests["df"], 0),
            "p": _probabilities(tests["p"]),
            "p (Bonferroni)": _probabilities(tests["p_bonferroni"]),
            "p (Welch)": _probabilities(tests["p_welch"]),
            "p (Welch, Holm)": _probabilities(tests["p_holm"]),
            "Hedges' g": _numbers(tests["g"], 2),
            "P(improvement)": improvement,
        }
    )


def factorial_table(tests: pd.DataFrame) -> pd.DataFrame:
    """``factorial_tests`` as texts."""
    return pd.DataFrame(
        {
            "metric": tests["metric"],
            "analysis": tests["analysis"],
            "effect": tests["effect"],
            "F or t": _numbers(tests["statistic"], 3),
            "df": tests["df"],
            "p": _probabilities(tests["p"]),
            "p (Bonferroni)": _probabilities(tests["p_bonferroni"]),
        }
    )


def _published(value: float | None, published: object) -> str:
    error = getattr(published, "qd_score_error", None)
    if value is None:
        return NONE
    return f"{value:.2f}" if error is None else f"{value:.2f} ± {error:.2f}"


def _with_error(found: Estimate, digits: int) -> str:
    if np.isnan(found.mean):
        return NONE
    if np.isnan(found.error):
        return f"{found.mean:.{digits}f}"
    return f"{found.mean:.{digits}f} ± {found.error:.{digits}f}"


def _interval(found: Estimate, digits: int) -> str:
    return NONE if np.isnan(found.low) else f"[{found.low:.{digits}f}, {found.high:.{digits}f}]"


def _number(value: float | None, digits: int) -> str:
    return NONE if value is None or not np.isfinite(value) else f"{value:.{digits}f}"


def _numbers(values: Sequence[float], digits: int) -> list[str]:
    return [_number(value, digits) for value in values]


def _probabilities(values: Sequence[float]) -> list[str]:
    return [NONE if np.isnan(p) else "< 0.0001" if p < 1e-4 else f"{p:.4f}" for p in values]


def _count(value: float) -> str:
    return f"{value:,.0f}".replace(",", " ")
