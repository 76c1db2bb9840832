"""The columns of ``metrics.csv``, documented."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """One column of ``metrics.csv``.

    Attributes:
        name: Its heading.
        kind: ``int`` for counts (never negative), ``float`` for the rest.
        description: One line for humans, with the unit.
        required: Whether every row must have it.
    """

    name: str
    kind: type[int] | type[float]
    description: str
    required: bool = False


def _result_columns(measures: Sequence[str]) -> tuple[Column, ...]:
    """Columns that depend on the configuration and the seed alone, not on the clock."""
    return (
        Column("iteration", int, "outer iteration, from 1 (the initial solutions)", True),
        Column("evaluations", int, "real evaluations so far, failed ones included", True),
        Column("failures", int, "failed evaluations so far"),
        Column("archive_size", int, "elites in the ground-truth archive", True),
        Column("coverage", float, "occupied cells / cells, 0 to 1", True),
        Column("qd_score", float, "sum of the elites' objectives", True),
        Column("objective_best", float, "best objective in the archive"),
        Column("objective_mean", float, "mean objective of the elites"),
        Column("new_cells", int, "cells that this iteration's evaluations filled first"),
        Column("improved_cells", int, "cells whose elite this iteration's evaluations replaced"),
        *(column for name in measures for column in _clipped_columns(name)),
        Column("yield", float, "new or improved cells per evaluation of this iteration, 0 to 1"),
        Column("dataset_size", int, "samples in the surrogate's data set"),
        Column("inner_iterations", int, "iterations of the inner loop"),
        Column("surrogate_archive_size", int, "elites in the surrogate archive"),
        Column("candidates", int, "elites of it that selection.candidates admits"),
        Column(
            "filled",
            int,
            "solutions proposed beyond those, for want of candidates: the next best elites, then "
            "offspring of real ones",
        ),
        Column("selected", int, "solutions proposed for simulation, before the budget cut any off"),
        Column(
            "on_target",
            float,
            "successful evaluations in just the cell that was predicted for them, 0 to 1",
        ),
        Column("train_loss", float, "mean training loss of the last epoch"),
        *_accuracy_columns("objective", "objective"),
        *(column for name in measures for column in _accuracy_columns(name, name)),
        Column("occupancy_mae", float, "mean absolute error of the predicted visits per tile"),
        Column("occupancy_r2", float, "share of their variance that the prediction explains"),
    )


def _clipped_columns(name: str) -> tuple[Column, ...]:
    """What a grid hides: its outermost cells hold all that is beyond them."""
    where = "the archive's range, put into its outermost cells"
    return (
        Column(f"{name}_below", int, f"evaluations of this iteration with {name} below {where}"),
        Column(f"{name}_above", int, f"the same above {where}"),
    )


def _accuracy_columns(name: str, what: str) -> tuple[Column, ...]:
    """How well ``what`` was predicted, and what a constant prediction would have given."""
    held_out = "on the solutions of this iteration, before they were trained on"
    return (
        Column(f"{name}_mae", float, f"mean absolute error of the predicted {what} {held_out}"),
        Column(f"{name}_constant_mae", float, f"the same of predicting the mean {what} so far"),
        Column(f"{name}_r2", float, f"share of the variance of {what} explained, 1 is perfect"),
        Column(f"{name}_spearman", float, f"rank correlation of {what} and its prediction"),
        *(
            Column(
                f"{name}_inside_{percent}",
                float,
                f"share of {what} within the {percent} % interval that was expected, 0 to 1",
            )
            for percent in (50, 90)
        ),
    )


_TIMING = (
    Column("train_s", float, "seconds spent training the surrogate"),
    Column("inner_s", float, "seconds spent in the inner loop and the selection"),
    Column("evaluate_s", float, "seconds spent simulating"),
    Column("checkpoint_s", float, "seconds spent on checkpoints since the row before"),
    Column("checkpoint_mb", float, "size of the newest of them in MB (10^6 bytes)"),
    Column("total_s", float, "seconds since the row before, checkpoints included"),
    Column(
        "idle_share",
        float,
        "part of the ranks' time without a task, 0 to 1, also while rank 0 trains and searches",
    ),
)

#: Columns that every run has and that are results: equal for any rank count and after a restart.
RESULT_COLUMNS: tuple[str, ...] = tuple(column.name for column in _result_columns(()))
#: Columns that a clock fills: they differ from run to run and are no results.
TIMING_COLUMNS: tuple[str, ...] = tuple(column.name for column in _TIMING)


def columns_of(
    measures: Sequence[str], of_method: Mapping[str, str] | None = None
) -> tuple[Column, ...]:
    """All columns of a run, in their order.

    Args:
        measures: Names of the archive's measures.
        of_method: Columns that the run's method alone fills -> what they are.
    """
    own = (Column(name, float, text) for name, text in (of_method or {}).items())
    return (*_result_columns(measures), *own, *_TIMING)


def repeated_columns(measures: Sequence[str], of_method: Mapping[str, str]) -> list[str]:
    """Those of a method's columns that every run with these measures has already."""
    taken = {column.name for column in columns_of(measures)}
    return [name for name in of_method if name in taken]
