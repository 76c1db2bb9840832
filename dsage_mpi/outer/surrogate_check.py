"""Whether the surrogate is worth its time: is it better than always predicting the mean?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

#: Outer iterations in a row that are no accident any more.
IN_A_ROW = 3


def worse_than_constant(
    rows: Sequence[Mapping[str, Any]], quantities: Sequence[str]
) -> Iterator[str]:
    """Says of which quantities the surrogate's error exceeds the constant's, three times in a row.

    A function of the rows of ``metrics.csv`` alone, so that a resumed run says the same. Each
    streak is told once, at its third iteration. Iterations in which all real values were equal
    do not count: nothing was there to be predicted.

    Args:
        rows: All rows so far, the newest last.
        quantities: Objective and measures whose predictions are used.

    Yields:
        One text per quantity.
    """
    for name in quantities:
        known = [row for row in rows if row.get(f"{name}_r2") is not None]
        if not known or known[-1] is not rows[-1]:
            continue
        worse = [row[f"{name}_mae"] > row[f"{name}_constant_mae"] for row in known]
        if len(worse) >= IN_A_ROW and all(worse[-IN_A_ROW:]) and not any(worse[:-IN_A_ROW][-1:]):
            yield _warning(name, known[-IN_A_ROW:])


def _warning(name: str, rows: Sequence[Mapping[str, Any]]) -> str:
    mine, constant = (
        ", ".join(f"{row[f'{name}_{kind}']:.3g}" for row in rows)
        for kind in ("mae", "constant_mae")
    )
    return (
        f"the surrogate predicts {name} of its own proposals worse than a constant, {IN_A_ROW} "
        f"iterations in a row: mean absolute error {mine}; always the mean so far: {constant}. "
        "More surrogate.epochs or features may help; its ranking may still be good "
        f"({name}_spearman in metrics.csv)"
    )
