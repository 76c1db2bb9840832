import numpy as np
import pytest
from ribs.archives import GridArchive

from dsage_mpi.config.components import EMITTERS
from dsage_mpi.config.tables import EmitterSettings
from dsage_mpi.search.emitters import build_emitters
from tests.domains.towers import Towers
from tests.search.toy import BitDomain, LatentDomain


def make(kind, seed=3, **settings):
    continuous = kind in ("cma_me", "iso_line")
    domain = LatentDomain() if continuous else BitDomain()
    span = (-2.0, 2.0) if continuous else (0.0, 8.0)
    archive = GridArchive(
        solution_dim=domain.solution_dim,
        dims=(8, 8),
        ranges=(span, span),
        seed=11,
        solution_dtype=domain.solution_dtype,
    )
    emitters = build_emitters(
        archive, domain, EmitterSettings(kind=kind, **settings), np.random.default_rng(seed)
    )
    return domain, archive, emitters


def step(domain, archive, emitters):
    solutions = np.array(emitters.ask())
    objective, measures = domain.predict(solutions)
    info = archive.add(solutions, objective, measures)
    emitters.tell(solutions, objective, measures, info)
    return solutions


@pytest.mark.parametrize("kind", EMITTERS.own())
def test_batch_has_all_emitters(kind):
    domain, _, emitters = make(kind, count=3, batch_size=7)
    solutions = emitters.ask()
    assert solutions.shape == (21, domain.solution_dim)
    assert solutions.dtype == domain.solution_dtype


@pytest.mark.parametrize("kind", EMITTERS.own())
def test_restored_emitter_goes_on_as_if_never_stopped(kind):
    domain, archive, emitters = make(kind, count=2, batch_size=6, initial_population=10)
    for _ in range(30):
        step(domain, archive, emitters)
    state, archive_rng = emitters.state(), archive._rng.bit_generator.state
    elites = archive.data()
    expected = [step(domain, archive, emitters) for _ in range(30)]

    domain, archive, emitters = make(kind, seed=99, count=2, batch_size=6, initial_population=10)
    for k in range(len(elites["objective"])):
        archive.add(*[elites[name][k : k + 1] for name in ("solution", "objective", "measures")])
    archive._rng.bit_generator.state = archive_rng
    emitters.load_state(state)
    for solutions in expected:
        np.testing.assert_array_equal(step(domain, archive, emitters), solutions)


def test_cma_me_restarts_and_improves():
    domain, archive, emitters = make("cma_me", count=2, batch_size=10)
    for _ in range(60):
        step(domain, archive, emitters)
    state = emitters.state()
    assert sum(emitter["iterations"] for emitter in state.values()) == 120
    assert len(archive) > 20


def test_cma_me_survives_a_first_batch_that_failed_altogether():
    _, archive, emitters = make("cma_me", count=2, batch_size=4)
    solutions = np.array(emitters.ask())
    nothing = {"status": np.zeros(8, np.int32), "value": np.full(8, -1.0)}
    emitters.tell(solutions, np.zeros(8), np.zeros((8, 2)), nothing)
    assert archive.empty
    assert emitters.ask().shape == (8, 16)


def test_map_elites_mutates_elites_after_the_initial_population():
    domain, archive, emitters = make(
        "map_elites", count=2, batch_size=5, initial_population=10, mutations=3
    )
    for _ in range(2):
        step(domain, archive, emitters)
    parents = archive.data("solution")
    children = emitters.ask()
    distance = (children[:, None, :] != parents[None]).sum(axis=2).min(axis=1)
    assert distance.max() <= 3
    assert distance.sum() > 0
    assert set(np.unique(children)) <= {0, 1}


def test_map_elites_mutated_positions_are_uniform():
    _, archive, emitters = make(
        "map_elites", count=1, batch_size=4000, initial_population=0, mutations=4
    )
    archive.add(np.zeros((1, 16), np.int8), [0.0], [[0.0, 0.0]])
    children = emitters.ask()
    # Each position is chosen with probability 4/16 and set to 1 half the time.
    np.testing.assert_allclose(children.mean(axis=0), 0.125, atol=0.03)
    assert children.sum(axis=1).max() == 4


def test_map_elites_children_do_not_depend_on_how_numpy_sorts(monkeypatch):
    """NumPy finds the smallest keys with other instructions, in another order, without AVX2."""

    def offspring():
        _, archive, emitters = make("map_elites", count=1, batch_size=50, initial_population=0)
        archive.add(np.zeros((1, 16), np.int8), [0.0], [[0.0, 0.0]])
        return emitters.ask()

    def smallest_last_to_first(keys, kth, axis):
        order = np.argsort(keys, axis=axis)
        return np.concatenate([order[:, kth::-1], order[:, kth + 1 :]], axis=axis)

    expected = offspring()
    monkeypatch.setattr(np, "argpartition", smallest_last_to_first)
    np.testing.assert_array_equal(offspring(), expected)


def filled(kind, **settings):
    """Emitters that are built on an archive that has elites already."""
    domain, archive, _ = make(kind)
    rng = np.random.default_rng(5)
    parents = domain.initial_solutions(rng, 400)
    if kind != "map_elites":
        parents = rng.uniform(-1.9, 1.9, (400, domain.solution_dim))
    archive.add(parents, *domain.predict(parents))
    emitters = build_emitters(archive, domain, EmitterSettings(kind=kind, **settings), rng)
    return domain, archive, emitters


@pytest.mark.parametrize("kind", ["map_elites", "iso_line"])
def test_no_random_phase_where_there_are_elites(kind):
    few = {"map_elites": {"mutations": 1}, "iso_line": {"iso_sigma": 1e-3, "line_sigma": 0.0}}
    _, archive, emitters = filled(kind, count=2, batch_size=10, **few[kind])
    parents = archive.data("solution").astype(float)
    distance = np.abs(emitters.ask()[:, None, :] - parents[None]).max(axis=2).min(axis=1)
    assert distance.max() <= {"map_elites": 1, "iso_line": 0.01}[kind]


def test_cma_me_begins_at_elites_far_from_each_other():
    _, archive, emitters = filled("cma_me", count=4, batch_size=500, sigma0=1e-3)
    means = emitters.ask().reshape(4, 500, -1).mean(axis=1)
    data = archive.data(["solution", "index"])
    distance = np.square(means[:, None] - data["solution"][None]).sum(axis=2)
    assert distance.min(axis=1).max() < 1e-4
    places = archive.int_to_grid_index(data["index"][distance.argmin(axis=1)])
    apart = np.square(places[:, None] - places[None]).sum(axis=2)
    assert apart[~np.eye(4, dtype=bool)].min() >= 16  # half a side of the 8 x 8 cells


def test_cma_me_begins_at_zero_where_there_are_none():
    _, _, emitters = make("cma_me", count=2, batch_size=2000, sigma0=0.1)
    np.testing.assert_allclose(emitters.ask().mean(axis=0), 0, atol=0.01)


def test_more_emitters_than_elites():
    domain, archive, _ = make("cma_me")
    archive.add(np.ones((1, 16)), [1.0], [[0.0, 0.0]])
    settings = EmitterSettings(kind="cma_me", count=3, batch_size=4)
    assert build_emitters(archive, domain, settings, np.random.default_rng(0)).ask().shape == (
        12,
        16,
    )


def test_iso_line_steps_along_the_line_to_another_elite():
    domain, archive, _ = make("iso_line")
    ends = np.zeros((2, 16))
    ends[1, 3] = 1.5
    archive.add(ends, [1.0, 1.0], [[0.0, 0.0], [1.0, 1.0]])
    settings = EmitterSettings(kind="iso_line", count=1, batch_size=3000, iso_sigma=0.0)
    children = build_emitters(archive, domain, settings, np.random.default_rng(0)).ask()
    assert not np.delete(children, 3, axis=1).any()
    steps = np.minimum(np.abs(children[:, 3]), np.abs(children[:, 3] - 1.5))
    # Half of the pairs are one elite twice; the others step 1.5 x N(0, 0.2).
    assert (steps > 0).mean() == pytest.approx(0.5, abs=0.05)
    assert np.sqrt(np.square(steps[steps > 0]).mean()) == pytest.approx(0.3, abs=0.03)


def test_iso_line_without_a_line_is_gaussian():
    domain, archive, _ = make("iso_line")
    archive.add(np.zeros((1, 16)), [1.0], [[0.0, 0.0]])
    settings = EmitterSettings(kind="iso_line", batch_size=500, iso_sigma=0.3, line_sigma=0.0)
    children = build_emitters(archive, domain, settings, np.random.default_rng(0)).ask()
    assert children.std() == pytest.approx(0.3, rel=0.03)


@pytest.mark.parametrize("made", [BitDomain, LatentDomain, lambda: Towers(None, ("height",))])
def test_mutation_works_on_every_kind_of_solution(made):
    domain = made()
    settings = EmitterSettings(kind="mutation", count=2, batch_size=200, initial_population=1)
    archive = GridArchive(
        solution_dim=domain.solution_dim,
        dims=(4,),
        ranges=((0, 4),),
        seed=1,
        solution_dtype=domain.solution_dtype,
    )
    parents = domain.initial_solutions(np.random.default_rng(0), 4)
    archive.add(parents, np.zeros(4), np.arange(4)[:, None] + 0.5)
    children = build_emitters(archive, domain, settings, np.random.default_rng(5)).ask()
    assert children.dtype == domain.solution_dtype
    changed = np.abs(children[:, None] - parents).astype(bool).sum(axis=2).min(axis=1)
    assert (changed >= 1).all()
    assert changed.mean() < 0.6 * domain.solution_dim
    if domain.solution_kind == "mixed":
        values = [domain.parameters.values(child) for child in children]
        assert {v["roof"] for v in values} == {"flat", "gable", "dome"}
        assert {v["floors"] for v in values} <= {1, 2, 3, 4, 5, 6}
        assert all(-1 <= v["slope"] <= 1 for v in values)
