"""Two-way analysis of variance, occupancy x downsampling, over four rows of a comparison.

Bhatt et al. 2022 (NeurIPS), section 5: do the ancillary network and downsampling help, each by
itself and together? The factors of a row are read from its configuration.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from dsage_mpi.config.schema import Config
from dsage_mpi.study.comparison import Comparison
from dsage_mpi.study.hypotheses import METRICS, corrected, quiet

_COLUMNS = ["metric", "analysis", "effect", "statistic", "df", "p", "p_bonferroni"]
_EFFECTS = {
    "C(occupancy, Sum)": "occupancy",
    "C(downsampling, Sum)": "downsampling",
    "C(occupancy, Sum):C(downsampling, Sum)": "occupancy x downsampling",
}
#: Simple main effects as contrasts of the cells (occupancy, downsampling) = 00, 01, 10, 11.
_CONTRASTS = {
    "occupancy, without downsampling": (-1, 0, 1, 0),
    "occupancy, with downsampling": (0, -1, 0, 1),
    "downsampling, without occupancy": (-1, 1, 0, 0),
    "downsampling, with occupancy": (0, 0, -1, 1),
}


def factors(config: Config) -> tuple[bool, bool]:
    """Whether a run predicts occupancy, and whether it downsamples what it simulates."""
    downsamples = config.selection is not None and config.selection.kind == "downsample"
    return config.surrogate.ancillary, downsamples


def factorial_tests(comparison: Comparison, scores: pd.DataFrame) -> pd.DataFrame:
    """Two-way ANOVA, simple main effects and pairwise tests.

    Args:
        comparison: Names the four rows.
        scores: As ``run_scores`` gives them.

    Returns:
        One line per metric and effect: ``metric``, ``analysis``, ``effect``, ``statistic`` (F, or t
        of a pairwise test), ``df``, ``p``, ``p_bonferroni`` (of the pairwise tests). Empty if the
        rows are not the four combinations, with two runs or more each.
    """
    cells = {
        name: factors(row.config)
        for name in comparison.factorial
        if (row := comparison.row(name)) is not None and len(row.runs) > 1
    }
    if len(set(cells.values())) != 4:
        return pd.DataFrame(columns=_COLUMNS)
    chosen = scores[scores["row"].isin(cells)].copy()
    chosen["occupancy"] = [int(cells[name][0]) for name in chosen["row"]]
    chosen["downsampling"] = [int(cells[name][1]) for name in chosen["row"]]
    lines = [
        {"metric": title, **line}
        for metric, title in METRICS.items()
        for line in _lines(chosen.assign(score=chosen[metric].astype(float)))
    ]
    return pd.DataFrame(lines, columns=_COLUMNS)


def _lines(data: pd.DataFrame) -> Iterator[dict[str, Any]]:
    with quiet():
        yield from _anova(data)
        yield from _simple_effects(data)
        yield from _pairs(data)


def _anova(data: pd.DataFrame) -> Iterator[dict[str, Any]]:
    from statsmodels.formula.api import ols
    from statsmodels.stats.anova import anova_lm

    table = anova_lm(ols("score ~ C(occupancy, Sum) * C(downsampling, Sum)", data).fit(), typ=2)
    rest = table.loc["Residual", "df"]
    for term, effect in _EFFECTS.items():
        found = table.loc[term]
        yield {
            "analysis": "two-way ANOVA",
            "effect": effect,
            "statistic": found["F"],
            "df": f"{found['df']:.0f}, {rest:.0f}",
            "p": found["PR(>F)"],
        }


def _simple_effects(data: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """One factor at either level of the other, against the pooled residual of all four cells."""
    from statsmodels.formula.api import ols

    data = data.assign(cell=2 * data["occupancy"] + data["downsampling"])
    fitted = ols("score ~ 0 + C(cell)", data).fit()
    for effect, contrast in _CONTRASTS.items():
        found = fitted.f_test(np.array([contrast]))
        yield {
            "analysis": "simple main effect",
            "effect": effect,
            "statistic": float(found.fvalue),
            "df": f"1, {fitted.df_resid:.0f}",
            "p": float(found.pvalue),
        }


def _pairs(data: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """With against without: over all runs, and where the other factor is there."""
    from scipy import stats

    lines = []
    for factor, other in (("downsampling", "occupancy"), ("occupancy", "downsampling")):
        for effect, group in ((factor, data), (f"{factor}, with {other}", data[data[other] == 1])):
            one, two = (group.loc[group[factor] == level, "score"] for level in (1, 0))
            found = stats.ttest_ind(one, two)
            lines.append(
                {
                    "analysis": "pairwise t-test",
                    "effect": effect,
                    "statistic": found.statistic,
                    "df": f"{found.df:.0f}",
                    "p": found.pvalue,
                }
            )
    adjusted = corrected(pd.Series([line["p"] for line in lines]), "bonferroni")
    for line, p in zip(lines, adjusted, strict=True):
        yield {**line, "p_bonferroni": p}
