"""Levels with the agent's path on them, at the end of a run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from dsage_mpi.api.results import open_run
from dsage_mpi.report.figures.played import elite_renderer
from tests.report.conftest import make_archive


def test_the_path_is_that_of_the_run_s_first_rollout(whole_run: Callable[[str], Path]) -> None:
    run = open_run(whole_run("dsage"))
    table = run._stored.table(run.config, run.domain.metadata_names)
    draw = elite_renderer(run.domain, table, run.config.seed)
    assert draw is not None
    for row in range(3):
        shown = draw(table.level[row])
        expected = np.asarray(run.render(evaluation=int(table.evaluation[row])))
        np.testing.assert_array_equal(shown, expected)
        assert (shown != run.domain.render(table.level[row])).any()
    unknown = 1 - table.level[0].clip(0, 1)
    np.testing.assert_array_equal(draw(unknown), run.domain.render(unknown))


def test_domains_that_know_no_ways_draw_levels_alone() -> None:
    class Still:
        draws_levels = True

        def render(self, level: np.ndarray) -> np.ndarray:
            return np.zeros((4, 4, 3), np.uint8)

    still = Still()
    assert elite_renderer(still, make_archive(3), 0) == still.render  # type: ignore[arg-type]
