"""Are the differences between rows more than chance? The tests of the paper, and better ones.

Bhatt et al. 2022 (NeurIPS), section 5: Levene, one-way ANOVA, two-sided t-tests with Bonferroni's
correction within each hypothesis, and a two-way ANOVA (``factorial``). Beside them: Welch's tests,
which need no equal variances, Holm's correction over all pairs, and how large a difference is
(Hedges' g, probability of improvement: Agarwal et al. 2021; Colas et al. 2018).
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import pandas as pd

from dsage_mpi.study.comparison import Comparison
from dsage_mpi.study.scores import probability_of_improvement

#: What is tested: column of ``run_scores`` -> what it is called.
METRICS = {"qd_score": "QD-score", "coverage": "coverage"}


@contextmanager
def quiet() -> Iterator[None]:
    """Values without any spread give NaN or infinity, which the tables show; not warnings."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def overall_tests(scores: pd.DataFrame) -> pd.DataFrame:
    """Levene's test of equal variances, one-way ANOVA and Welch's ANOVA over all rows.

    Args:
        scores: As ``run_scores`` gives them.

    Returns:
        One line per metric and test: ``metric``, ``test``, ``statistic``, ``df``, ``p``. Rows of
        one run are left out; empty if fewer than two are left. Levene's test of rows of two runs
        is NaN.
    """
    lines = []
    for metric, title in METRICS.items():
        samples = _samples(scores, metric)
        if len(samples) < 2:
            continue
        lines += [
            {"metric": title, "test": test, "statistic": statistic, "df": df, "p": p}
            for test, statistic, df, p in _overall(samples)
        ]
    return pd.DataFrame(lines, columns=["metric", "test", "statistic", "df", "p"])


def _overall(samples: Sequence[Any]) -> Iterator[tuple[str, float, str, float]]:
    from scipy import stats
    from statsmodels.stats.oneway import anova_oneway

    between, within = len(samples) - 1, sum(map(len, samples)) - len(samples)
    with quiet():
        # Two numbers are equally far from their median: the test would find infinity, not nothing.
        told = max(map(len, samples)) > 2
        levene = stats.levene(*samples)
        statistic, p = (levene.statistic, levene.pvalue) if told else (np.nan, np.nan)
        yield "Levene", statistic, f"{between}, {within}", p
        anova = stats.f_oneway(*samples)
        yield "one-way ANOVA", anova.statistic, f"{between}, {within}", anova.pvalue
        welch = anova_oneway(samples, use_var="unequal")
        left = "–" if np.isnan(welch.df_denom) else f"{welch.df_denom:.1f}"  # no variance at all
        df = f"{welch.df_num:.0f}, {left}"
        yield "Welch's ANOVA", welch.statistic, df, welch.pvalue


def pairwise_tests(comparison: Comparison, scores: pd.DataFrame) -> pd.DataFrame:
    """Two-sided tests of the pairs of rows that the hypotheses name.

    Returns:
        One line per metric and pair: ``metric``, ``hypothesis``, ``row``, ``other``, ``difference``
        of the means, Student's ``t``, ``df``, ``p``, ``p_bonferroni`` within the hypothesis,
        Welch's ``p_welch``, ``p_holm`` (of these, over all pairs of the metric), Hedges' ``g``,
        ``p_improvement`` with ``low`` and ``high``. Pairs with a row of one run are left out.
    """
    lines = [
        {"metric": title, "hypothesis": pair.name, **found}
        for metric, title in METRICS.items()
        for pair in comparison.hypotheses
        if (found := _pair(comparison, scores, metric, pair.rows))
    ]
    table = pd.DataFrame(lines, columns=_PAIR_COLUMNS)
    for _, group in table.groupby("hypothesis"):
        table.loc[group.index, "p_bonferroni"] = corrected(group["p"], "bonferroni")
    for _, group in table.groupby("metric"):
        table.loc[group.index, "p_holm"] = corrected(group["p_welch"], "holm")
    return table


_PAIR_COLUMNS = [
    *("metric", "hypothesis", "row", "other", "difference", "t", "df", "p", "p_bonferroni"),
    *("p_welch", "p_holm", "g", "p_improvement", "low", "high"),
]


def _pair(
    comparison: Comparison, scores: pd.DataFrame, metric: str, names: tuple[str, str]
) -> dict[str, Any]:
    from scipy import stats
    from statsmodels.stats.meta_analysis import effectsize_smd

    one, other = (scores.loc[scores["row"] == name, metric].to_numpy(float) for name in names)
    if min(len(one), len(other)) < 2:
        return {}
    rows = [comparison.row(name) for name in names]
    with quiet():
        student = stats.ttest_ind(one, other)
        welch = stats.ttest_ind(one, other, equal_var=False)
        (x, y) = ((v.mean(), v.std(ddof=1), len(v)) for v in (one, other))
        g, _ = effectsize_smd(*x, *y)
    better, low, high = probability_of_improvement(one, other)
    return {
        "row": rows[0].title if rows[0] else names[0],
        "other": rows[1].title if rows[1] else names[1],
        "difference": one.mean() - other.mean(),
        "t": student.statistic,
        "df": student.df,
        "p": student.pvalue,
        "p_welch": welch.pvalue,
        "g": float(g),
        "p_improvement": better,
        "low": low,
        "high": high,
    }


def corrected(p: pd.Series[float], method: str) -> Any:
    """Probabilities corrected for many tests; those that do not exist stay NaN."""
    from statsmodels.stats.multitest import multipletests

    known = p.notna().to_numpy()
    corrected = np.full(len(p), np.nan)
    if known.any():
        corrected[known] = multipletests(p.to_numpy(float)[known], method=method)[1]
    return corrected


def _samples(scores: pd.DataFrame, metric: str) -> list[Any]:
    """The values of each row that has two runs or more."""
    groups = [group.to_numpy(float) for _, group in scores.groupby("row", sort=False)[metric]]
    return [values for values in groups if len(values) > 1]
