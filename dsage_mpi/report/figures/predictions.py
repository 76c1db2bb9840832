"""What the surrogate expected of its last proposals, and what simulating them gave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dsage_mpi.report.figures import style

#: Of ``Checked.expected``: low and high ends of the 90 % and the 50 % interval, and the middle.
_LOWEST, _LOW, _MIDDLE, _HIGH, _HIGHEST = range(5)


@dataclass(frozen=True)
class Checked:
    """Predictions that were simulated afterwards.

    Attributes:
        names: Objective and measures, 1 + k.
        real: (n, 1 + k) float64 what the simulations gave.
        expected: (n, 5, 1 + k) float64 quantiles 0.05, 0.25, 0.5, 0.75 and 0.95 of what was
            expected before; NaN where nothing was.
    """

    names: tuple[str, ...]
    real: NDArray[np.float64]
    expected: NDArray[np.float64]

    @classmethod
    def of(cls, surrogate: Mapping[str, Any], measures: Sequence[str]) -> Checked | None:
        """The last ones of a run, from the group ``surrogate`` of its checkpoint.

        Returns:
            None where a run has no surrogate, or nothing was expected of any proposal.
        """
        kept = surrogate.get("calibration", {})
        if "expected" not in kept:
            return None
        expected, real = np.asarray(kept["expected"]), np.asarray(kept["real"])
        known = np.isfinite(expected).all(axis=(1, 2))
        if not known.any():
            return None
        return cls(("objective", *measures), real[known], expected[known])

    def uncertain(self) -> list[int]:
        """Quantities of which anything but a single value was expected."""
        widest = (self.expected[:, _HIGHEST] - self.expected[:, _LOWEST]).max(axis=0)
        return [k for k, width in enumerate(widest) if width > 1e-6 * (1 + np.ptp(self.real[:, k]))]


def expected_and_simulated(
    checked: Checked, path: Path, units: Mapping[str, str], title: str = "Run"
) -> None:
    """Draws one panel for each quantity that is not told by a level itself.

    Args:
        checked: What is drawn.
        path: The PNG.
        units: Measure name to unit.
        title: Heading.
    """
    shown = checked.uncertain()
    width = 4.2 * max(1, len(shown)) + 0.6
    with style.figure(path, width, 4.6) as figure:
        heading = figure.suptitle(title, x=0.01, ha="left", fontsize=12, weight="bold")
        style.fit(heading, 0.98 * width)
        panels = figure.subplots(1, max(1, len(shown)), squeeze=False)[0]
        if not shown:
            style.centred(panels[0], "nothing was uncertain")
            panels[0].set_axis_off()
        for axes, quantity in zip(panels, shown, strict=False):
            name = checked.names[quantity]
            _panel(axes, checked.real[:, quantity], checked.expected[:, :, quantity])
            unit = style.unit_beside(name, units.get(name, ""))
            axes.set_title(style.readable(name) + (f" ({unit})" if unit else ""))


def _panel(axes: Any, real: NDArray[np.float64], expected: NDArray[np.float64]) -> None:
    """Simulated values to the right, expected ones upwards: on the line, both are equal."""
    inside = (expected[:, _LOWEST] <= real) & (real <= expected[:, _HIGHEST])
    half = (expected[:, _LOW] <= real) & (real <= expected[:, _HIGH])
    low, high = real.min(), real.max()
    margin = 0.04 * (high - low or 1)
    axes.plot([low, high], [low, high], color=style.MUTED, linewidth=1, linestyle="--")
    for which, colour, label in (
        (inside, style.BLUE, f"within the 90 % interval: {inside.mean():.0%}"),
        (~inside, style.RED, f"beyond it: {(~inside).mean():.0%}"),
    ):
        x, y = real[which], expected[which]
        axes.vlines(x, y[:, _LOWEST], y[:, _HIGHEST], color=colour, linewidth=0.7, alpha=0.35)
        axes.vlines(x, y[:, _LOW], y[:, _HIGH], color=colour, linewidth=2.2, alpha=0.45)
        axes.scatter(x, y[:, _MIDDLE], s=12, color=colour, label=label, zorder=3)
    held = f"within the 50 % interval: {half.mean():.0%}"
    axes.plot([], [], color=style.BLUE, linewidth=2.2, alpha=0.45, label=held)
    axes.set_xlim(low - margin, high + margin)
    axes.grid(True)
    axes.set_xlabel(f"simulated ({style.counted(len(real), 'proposal')})")
    axes.set_ylabel("expected (dot: median, bars: 50 % and 90 %)")
    axes.legend(fontsize=7.5, loc="upper left")
