"""The numbers of every run, and what a row's runs say together."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from dsage_mpi.study.comparison import Comparison
from dsage_mpi.study.stored import StoredRun

#: Resamples of every bootstrap, and the seed of its random numbers.
_RESAMPLES, _SEED = 9_999, 0
#: Part that an interquartile mean cuts off at either end.
_QUARTER = 0.25
_CONFIDENCE = 0.95


def run_scores(comparison: Comparison) -> pd.DataFrame:
    """One row per run: ``row``, ``title``, ``seed``, and its numbers; NaN where there is none.

    ``*_to_target`` count up to the evaluation that first gave a QD-score of at least the target.
    """
    lines = [
        {"row": row.name, "title": row.title, **_scores(run, comparison.target)}
        for row in comparison.rows
        for run in row.runs
    ]
    return pd.DataFrame(lines)


def _scores(run: StoredRun, target: float | None) -> dict[str, float]:
    reached = None if target is None else run.history.first_at(target)
    at = None if reached is None else reached - 1
    best = run.history.best[-1] if run.evaluations else np.nan
    return {
        "seed": run.config.seed,
        "evaluations": run.evaluations,
        "qd_score": run.elites.qd_score,
        "coverage": len(run.elites.index) / run.history.cells,
        "elites": len(run.elites.index),
        "best": float(best),
        "cpu_s": float(run.clock.cpu[-1]) if run.evaluations else np.nan,
        "wall_s": float(run.clock.wall[-1]) if run.evaluations else np.nan,
        "evaluations_to_target": np.nan if reached is None else reached,
        "cpu_s_to_target": np.nan if at is None else float(run.clock.cpu[at]),
        "wall_s_to_target": np.nan if at is None else float(run.clock.wall[at]),
    }


@dataclass(frozen=True)
class Estimate:
    """What the ``n`` values of a row say about its method.

    Attributes:
        n: How many there are.
        mean: Mean.
        error: Its standard error (ddof 1), as published results have it.
        median: Median.
        iqm: Interquartile mean (Agarwal et al. 2021): of the middle half.
        low: Lower end of the 95 % bootstrap interval of the interquartile mean.
        high: Upper end.
    """

    n: int
    mean: float
    error: float
    median: float
    iqm: float
    low: float
    high: float


def estimate(values: ArrayLike) -> Estimate:
    """Summarises the values of one row; NaN for what so few cannot tell."""
    from scipy import stats

    found = np.asarray(values, dtype=np.float64)
    if not len(found):
        return Estimate(0, *[np.nan] * 6)
    low, high = _interval([found], _iqm)
    return Estimate(
        n=len(found),
        mean=float(found.mean()),
        error=float(stats.sem(found)) if len(found) > 1 else np.nan,
        median=float(np.median(found)),
        iqm=float(_iqm(found)),
        low=low,
        high=high,
    )


def probability_of_improvement(one: ArrayLike, other: ArrayLike) -> tuple[float, float, float]:
    """Probability that a run of one row has more than a run of the other (ties count half).

    The Mann-Whitney statistic per pair (Agarwal et al. 2021), with its 95 % interval by a bootstrap
    in which each row is resampled by itself (stratified).
    """
    samples = [np.asarray(values, dtype=np.float64) for values in (one, other)]
    return float(_wins(samples[0], samples[1])), *_interval(samples, _wins)


def _interval(samples: Sequence[NDArray[np.float64]], statistic: object) -> tuple[float, float]:
    """95 % percentile interval of a statistic, every sample being resampled by itself."""
    from scipy import stats

    if min(map(len, samples)) < 2:
        return np.nan, np.nan
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # all values are equal: an interval of one point
        found = stats.bootstrap(
            samples,
            statistic,
            n_resamples=_RESAMPLES,
            vectorized=True,
            method="percentile",
            confidence_level=_CONFIDENCE,
            random_state=np.random.default_rng(_SEED),
        ).confidence_interval
    return float(found.low), float(found.high)


def _iqm(values: NDArray[np.float64], axis: int = -1) -> NDArray[np.float64]:
    from scipy import stats

    return np.asarray(stats.trim_mean(values, _QUARTER, axis=axis))


def _wins(
    one: NDArray[np.float64], other: NDArray[np.float64], axis: int = -1
) -> NDArray[np.float64]:
    """Mean over all pairs of 1 where ``one`` has more, 1/2 at ties; the last axis is the sample."""
    pairs = one[..., :, None] - other[..., None, :]
    return np.asarray((np.sign(pairs).mean(axis=(-2, -1)) + 1) / 2)
