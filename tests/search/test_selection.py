import numpy as np
import pytest
from ribs.archives import GridArchive

from dsage_mpi.archives.grid import GridArchives, GridSettings
from dsage_mpi.config.tables import SelectionSettings
from dsage_mpi.search.calibration import Calibration
from dsage_mpi.search.seen import SeenLevels
from dsage_mpi.search.selection import Knowledge
from dsage_mpi.search.selection import select as select_with

GRID = GridArchives(GridSettings(measures=("a", "b"), dims=(8, 6), ranges=((0, 8), (0, 6))), 0)
KINDS = ["all", "downsample", "random", "empty_cells_first", "expected_gain"]


def archive_with(measures, objective=1.0, first=0):
    """One elite per row; its solution, and the only tile of its level, is its number."""
    archive = GridArchive(
        solution_dim=1,
        dims=(8, 6),
        ranges=((0, 8), (0, 6)),
        seed=0,
        extra_fields={"level": ((1, 1), np.int8)},
    )
    if len(measures):
        numbers = first + np.arange(len(measures))
        archive.add(
            numbers[:, None],
            np.broadcast_to(objective, len(measures)),
            np.asarray(measures, dtype=float),
            level=numbers[:, None, None].astype(np.int8),
        )
    return archive


def select(settings, surrogate, ground_truth, stream, simulated=(), calibration=None):
    """Positions only; the levels with these numbers are known already."""
    return selection(settings, surrogate, ground_truth, stream, simulated, calibration).positions


def selection(
    settings, surrogate, ground_truth, stream, simulated=(), calibration=None, evaluations=0
):
    seen = SeenLevels()
    seen.add(np.asarray(simulated, np.int8).reshape(-1, 1, 1))
    known = Knowledge(evaluations, ground_truth, seen, calibration or Calibration(3), GRID)
    return select_with(settings, surrogate, known, stream)


def numbers(surrogate, positions):
    return surrogate.data("solution")[positions][:, 0].astype(int).tolist()


@pytest.fixture
def full():
    x, y = np.meshgrid(np.arange(8) + 0.5, np.arange(6) + 0.5, indexing="ij")
    return archive_with(np.stack([x.ravel(), y.ravel()], axis=1))


def rng(seed=0):
    return np.random.default_rng(seed)


def test_all_picks_every_elite_once(full):
    chosen = select(SelectionSettings(kind="all"), full, archive_with([]), rng())
    assert sorted(chosen) == list(range(48))


def test_downsample_picks_one_per_occupied_coarse_cell(full):
    settings = SelectionSettings(kind="downsample", coarse_dims=(4, 2))
    chosen = select(settings, full, archive_with([]), rng())
    cells = full.data("measures")[chosen] // [2, 3]
    assert len(chosen) == 8
    assert len(np.unique(cells, axis=0)) == 8


def test_downsample_is_uniform_within_a_coarse_cell():
    archive = archive_with([[0.5, 0.5], [0.5, 1.5], [1.5, 0.5]])
    settings = SelectionSettings(kind="downsample", coarse_dims=(4, 2))
    counts = np.zeros(3)
    for seed in range(900):
        (chosen,) = select(settings, archive, archive_with([]), rng(seed))
        counts[chosen] += 1
    assert counts.min() > 240  # 300 expected, standard deviation 14


def test_coarse_cells_are_blocks_of_fine_ones(full):
    cells = full.data("index")
    coarse = GRID.coarse_cells(cells, SelectionSettings(coarse_dims=(4, 2)))
    expected = (full.data("measures") // [2, 3]).astype(int)
    np.testing.assert_array_equal(np.stack(np.divmod(coarse, 2), axis=1), expected)


def test_random_picks_count_distinct(full):
    chosen = select(SelectionSettings(kind="random", count=10), full, archive_with([]), rng())
    assert len(set(chosen)) == 10


def test_count_larger_than_the_archive_picks_all(full):
    chosen = select(SelectionSettings(kind="random", count=1000), full, archive_with([]), rng())
    assert len(chosen) == 48


def test_empty_cells_come_first(full):
    occupied = archive_with([[x + 0.5, y + 0.5] for x in range(8) for y in range(5)])
    settings = SelectionSettings(kind="empty_cells_first", count=8, candidates="all")
    chosen = select(settings, full, occupied, rng())
    assert (full.data("measures")[chosen][:, 1] > 5).all()
    settings = SelectionSettings(kind="empty_cells_first", count=12, candidates="all")
    chosen = select(settings, full, occupied, rng())
    assert (full.data("measures")[chosen][:, 1] > 5).sum() == 8


@pytest.mark.parametrize("kind", KINDS)
def test_same_stream_same_choice(full, kind):
    settings = SelectionSettings(kind=kind, count=5, coarse_dims=(4, 2))
    first, second = (select(settings, full, archive_with([]), rng(7)) for _ in range(2))
    np.testing.assert_array_equal(first, second)


ROW = [[x + 0.5, 0.5] for x in range(8)]


@pytest.fixture
def half():
    """Eight predictions of objective 0.5, and real elites in the cells of the first four."""
    real = archive_with(ROW[:4], objective=[0.1, 0.4, 0.5, 0.9], first=100)
    return archive_with(ROW, objective=0.5), real


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("candidates", "expected"),
    [("new", {4, 5, 6, 7}), ("improving", {0, 1, 4, 5, 6, 7}), ("all", set(range(8)))],
)
def test_candidates_with_every_rule(half, kind, candidates, expected):
    settings = SelectionSettings(
        kind=kind, count=8, coarse_dims=(8, 6), candidates=candidates, at_least=1
    )
    chosen = selection(settings, *half, rng())
    assert set(numbers(half[0], chosen.positions)) == expected
    assert (chosen.candidates, chosen.filled) == (len(expected), 0)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("candidates", ["new", "improving", "all"])
def test_what_has_been_simulated_is_never_chosen(half, kind, candidates):
    settings = SelectionSettings(
        kind=kind, count=8, coarse_dims=(8, 6), candidates=candidates, at_least=8
    )
    chosen = select(settings, *half, rng(), simulated=[1, 5, 7])
    assert set(numbers(half[0], chosen)) == {0, 2, 3, 4, 6}


@pytest.mark.parametrize("kind", KINDS)
def test_too_few_candidates_are_filled_up_with_the_next_best(half, kind):
    settings = SelectionSettings(
        kind=kind, count=8, coarse_dims=(8, 6), candidates="new", at_least=5
    )
    chosen = selection(settings, *half, rng())
    assert (chosen.candidates, chosen.filled) == (4, 1)
    first = numbers(half[0], chosen.positions)
    assert set(first[:4]) == {4, 5, 6, 7}
    assert first[4] in {0, 1}  # better than their cells' elites

    settings = settings.model_copy(update={"at_least": 20})
    chosen = selection(settings, *half, rng())
    assert (chosen.candidates, chosen.filled) == (4, 4)
    assert set(numbers(half[0], chosen.positions)[4:6]) == {0, 1}
    assert sorted(numbers(half[0], chosen.positions)) == list(range(8))


def test_as_published_the_rule_alone_decides(half):
    settings = SelectionSettings(kind="all", candidates="all", at_least=1)
    chosen = selection(settings, *half, rng(), simulated=range(7))
    assert (len(chosen.positions), chosen.filled, chosen.missing) == (1, 0, 0)


def test_all_candidates_can_be_too_few(half):
    settings = SelectionSettings(kind="all", candidates="all", at_least=5)
    chosen = selection(settings, *half, rng(), simulated=range(6))
    assert (len(chosen.positions), chosen.filled, chosen.missing) == (2, 0, 3)


def test_no_candidate_at_all(half):
    settings = SelectionSettings(kind="all", candidates="new")
    chosen = selection(settings, *half, rng(), simulated=range(8))
    assert (len(chosen.positions), chosen.candidates, chosen.filled) == (0, 0, 0)


@pytest.mark.parametrize("kind", ["random", "empty_cells_first", "expected_gain"])
@pytest.mark.parametrize(("evaluations", "expected"), [(0, 3), (34, 3), (50, 5), (1000, 8)])
def test_a_share_of_what_is_known_is_proposed(half, kind, evaluations, expected):
    settings = SelectionSettings(kind=kind, count=3, share=0.1, candidates="all")
    chosen = selection(settings, *half, rng(), evaluations=evaluations)
    assert len(chosen.positions) == expected


@pytest.mark.parametrize("kind", ["random", "empty_cells_first", "expected_gain", "downsample"])
def test_a_rule_that_picks_few_of_many_candidates_is_not_filled_up(half, kind):
    settings = SelectionSettings(kind=kind, count=2, coarse_dims=(2, 1), at_least=3)
    chosen = selection(settings, *half, rng())
    assert (chosen.candidates, chosen.filled, chosen.missing) == (4, 0, 0)
    assert len(chosen.positions) == (1 if kind == "downsample" else 2)


def test_never_more_than_count(half):
    settings = SelectionSettings(kind="random", count=5, at_least=20)
    chosen = selection(settings, *half, rng(), simulated=[4, 5, 6])
    assert (chosen.candidates, len(chosen.positions), chosen.missing) == (1, 5, 0)


@pytest.mark.parametrize("kind", KINDS)
def test_as_published_what_has_been_simulated_may_be_chosen_again(half, kind):
    settings = SelectionSettings(
        kind=kind, count=8, coarse_dims=(8, 6), candidates="all", at_least=1, resimulate=True
    )
    chosen = selection(settings, *half, rng(), simulated=range(8))
    assert sorted(numbers(half[0], chosen.positions)) == list(range(8))
    assert chosen.candidates == 8
