"""Estimates and tests against scipy and statsmodels on data with known answers."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from dsage_mpi.study.factorial import factorial_tests
from dsage_mpi.study.hypotheses import overall_tests, pairwise_tests
from dsage_mpi.study.scores import estimate, probability_of_improvement
from dsage_mpi.study.settings import HypothesisSettings

#: Three methods, five seeds: means 10, 12 and 20.
A, B = [9.0, 10.0, 10.0, 10.0, 11.0], [10.0, 11.0, 12.0, 13.0, 14.0]
C = [18.0, 19.0, 20.0, 21.0, 22.0]


def table(**rows):
    return pd.DataFrame(
        [
            {"row": name, "qd_score": value, "coverage": value / 100}
            for name, values in rows.items()
            for value in values
        ]
    )


def comparison(*pairs, factorial=(), configs=None):
    rows = {
        name: SimpleNamespace(title=name.upper(), runs=[0, 1], config=(configs or {}).get(name))
        for name in {name for _, *names in pairs for name in names} | set(factorial)
    }
    return SimpleNamespace(
        row=rows.get,
        factorial=factorial,
        hypotheses=[HypothesisSettings(name=name, rows=(x, y)) for name, x, y in pairs],
    )


def test_estimates():
    found = estimate([1.0, 2.0, 3.0, 4.0, 100.0])
    assert (found.n, found.mean, found.median) == (5, 22.0, 3.0)
    assert found.error == pytest.approx(stats.sem([1, 2, 3, 4, 100]))
    assert found.iqm == 3.0  # of 2, 3, 4: the middle half
    assert 1.0 <= found.low <= found.iqm <= found.high <= 100.0
    assert estimate([1.0, 2.0, 3.0, 4.0, 100.0]) == found  # the bootstrap has a seed


def test_the_interval_of_many_values_is_that_of_the_mean():
    values = np.random.default_rng(1).normal(0, 1, 400)
    found = estimate(values)
    # The mean of the middle half of a normal distribution: about 1.2 / n of variance.
    assert found.high - found.low == pytest.approx(2 * 1.96 * np.sqrt(1.2 / 400), rel=0.2)


def test_too_few_values():
    one, none = estimate([3.0]), estimate([])
    assert (one.mean, one.median) == (3.0, 3.0)
    assert np.isnan([one.error, one.low, one.high, none.mean, none.iqm]).all()
    same = estimate([2.0, 2.0, 2.0])
    assert (same.error, same.low, same.high) == (0.0, 2.0, 2.0)


def test_probability_of_improvement():
    assert probability_of_improvement(C, A)[0] == 1.0
    assert probability_of_improvement(A, A)[0] == 0.5
    u = stats.mannwhitneyu(B, A).statistic
    better, low, high = probability_of_improvement(B, A)
    assert better == pytest.approx(u / 25)
    assert low < better < high <= 1


def test_overall():
    found = overall_tests(table(a=A, b=B, c=C))
    score = found[found["metric"] == "QD-score"].set_index("test")
    assert score.loc["one-way ANOVA", "statistic"] == pytest.approx(stats.f_oneway(A, B, C)[0])
    assert score.loc["one-way ANOVA", "p"] == pytest.approx(stats.f_oneway(A, B, C)[1])
    assert score.loc["one-way ANOVA", "df"] == "2, 12"
    assert score.loc["Levene", "p"] == pytest.approx(stats.levene(A, B, C)[1])
    welch = score.loc["Welch's ANOVA"]
    assert welch["p"] < 1e-4
    # Of two groups, Welch's ANOVA is Welch's t-test.
    two = overall_tests(table(a=A, b=B)).set_index(["metric", "test"])
    p = two.loc[("QD-score", "Welch's ANOVA"), "p"]
    assert p == pytest.approx(stats.ttest_ind(A, B, equal_var=False)[1])


def test_two_runs_tell_nothing_of_the_equality_of_variances():
    found = overall_tests(table(a=[0.93, 2.21], b=[0.16, 2.88], c=[0.68, 1.63])).set_index("test")
    assert found.loc["Levene", ["statistic", "p"]].isna().all(axis=None)
    assert found.loc["one-way ANOVA", "p"].between(0.8, 1).any()


def test_rows_of_one_run_are_left_out():
    assert overall_tests(table(a=A, b=[1.0])).empty
    assert pairwise_tests(comparison(("H1", "a", "b")), table(a=A, b=[1.0])).empty


def test_pairs():
    pairs = comparison(("H1", "b", "a"), ("H2", "c", "a"), ("H2", "c", "b"))
    found = pairwise_tests(pairs, table(a=A, b=B, c=C))
    assert found["row"].tolist() == ["B", "C", "C"] * 2
    first = found.iloc[0]
    student = stats.ttest_ind(B, A)
    assert (first["t"], first["p"]) == (pytest.approx(student[0]), pytest.approx(student[1]))
    assert first["difference"] == 2.0
    # H1 has two tests (QD-score and coverage), H2 has four.
    np.testing.assert_allclose(found["p_bonferroni"][:3], found["p"][:3] * [2, 4, 4])
    # Hedges' g by its definition.
    pooled = np.sqrt((np.var(A, ddof=1) + np.var(B, ddof=1)) / 2)
    assert first["g"] == pytest.approx(2 / pooled * (1 - 3 / (4 * 8 - 1)), rel=1e-3)
    # Holm: the largest of three as it is, the next one twice, the smallest three times.
    welch = np.sort(found["p_welch"][:3])
    np.testing.assert_allclose(np.sort(found["p_holm"][:3]), welch * [3, 2, 1])


def test_values_without_any_spread_are_no_error():
    found = pairwise_tests(comparison(("H1", "a", "b")), table(a=[1.0, 1.0], b=[1.0, 1.0]))
    assert found["difference"].tolist() == [0.0, 0.0]
    assert found["p"].isna().all()
    assert len(overall_tests(table(a=[1.0, 1.0], b=[1.0, 1.0]))) == 6


def configuration(occupancy, kind):
    return SimpleNamespace(
        surrogate=SimpleNamespace(ancillary=occupancy), selection=SimpleNamespace(kind=kind)
    )


CELLS = {
    "basic": configuration(False, "all"),
    "down": configuration(False, "downsample"),
    "anc": configuration(True, "all"),
    "dsage": configuration(True, "downsample"),
}
#: Occupancy adds 2, downsampling 4, together 1 more; noise of -1, 0, 1 in every cell.
SCORES = {"basic": [9, 10, 11], "down": [13, 14, 15], "anc": [11, 12, 13], "dsage": [16, 17, 18]}


def test_factorial():
    four = comparison(factorial=tuple(CELLS), configs=CELLS)
    found = factorial_tests(four, table(**SCORES))
    score = found[found["metric"] == "QD-score"].set_index(["analysis", "effect"])
    anova = score.loc["two-way ANOVA"]["statistic"]
    # By hand: mean square of the residual 1; sums of squares 3 * difference of the means^2.
    assert anova["occupancy"] == pytest.approx(3 * 2.5**2)
    assert anova["downsampling"] == pytest.approx(3 * 4.5**2)
    assert anova["occupancy x downsampling"] == pytest.approx(3 * 0.5**2)
    simple = score.loc["simple main effect"]
    assert set(simple["df"]) == {"1, 8"}
    assert simple.loc["occupancy, without downsampling", "statistic"] == pytest.approx(1.5 * 2**2)
    assert simple.loc["occupancy, with downsampling", "statistic"] == pytest.approx(1.5 * 3**2)
    assert simple.loc["downsampling, with occupancy", "statistic"] == pytest.approx(1.5 * 5**2)
    p = simple.loc["downsampling, with occupancy", "p"]
    assert p == pytest.approx(stats.f.sf(1.5 * 25, 1, 8))
    pairs = score.loc["pairwise t-test"]
    assert pairs.loc["downsampling", "statistic"] == pytest.approx(
        stats.ttest_ind(SCORES["down"] + SCORES["dsage"], SCORES["basic"] + SCORES["anc"])[0]
    )
    np.testing.assert_allclose(pairs["p_bonferroni"], np.minimum(1, 4 * pairs["p"]))


def test_factorial_needs_all_four():
    three = {name: CELLS[name] for name in ("basic", "down", "anc")}
    scores = table(**{name: SCORES[name] for name in three})
    assert factorial_tests(comparison(factorial=tuple(three), configs=three), scores).empty
