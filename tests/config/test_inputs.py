"""Every input file that we ship: loads, says what was published, can be estimated."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dsage_mpi.config.load import config_from_toml, load_config, to_toml
from dsage_mpi.config.schema import Config
from dsage_mpi.run.estimate import estimate

INPUTS = Path(__file__).parents[2] / "inputs"
PAPER = INPUTS / "paper"
DECKS = sorted(
    [INPUTS / f"{name}{x}.toml" for name in ("maze", "mario") for x in ("", "_quick", "_tiny")]
    + [*PAPER.glob("*/*.toml")]
)

BLOCKS, PATH = "num_blocks", "agent_path_length"
REPEATED, EXPLORED = "n_repeated_cells", "frac_explored_cells"
MAIN = ((BLOCKS, PATH), (256, 162), ((0, 256), (0, 648)))

#: Bhatt et al. 2022, appendix: method, archive, selection, ancillary network, epochs.
PUBLISHED: dict[str, tuple[str, Any, Any, bool | None, int | None]] = {
    "dsage": ("dsage", MAIN, (32, 27), True, 200),
    "only_anc": ("dsage", MAIN, "all", True, 200),
    "only_down": ("dsage", MAIN, (32, 27), False, 200),
    "basic": ("dsage", MAIN, "all", False, 200),
    "rsample": ("dsage", MAIN, 432, True, 200),
    "basic_long": ("dsage", MAIN, "all", False, 6400),
    "only_anc_long": ("dsage", MAIN, "all", True, 5300),
    "map_elites": ("map_elites", MAIN, None, None, None),
    "domain_randomization": ("domain_randomization", MAIN, None, None, None),
    "dsage_blocks_exploration": (
        "dsage",
        ((BLOCKS, EXPLORED), (256, 100), ((0, 256), (0, 1))),
        (32, 25),
        True,
        200,
    ),
    "dsage_blocks_repetition": (
        "dsage",
        ((BLOCKS, REPEATED), (256, 162), ((0, 256), (0, 648))),
        (32, 27),
        True,
        200,
    ),
    "dsage_repetition_exploration": (
        "dsage",
        ((REPEATED, EXPLORED), (162, 100), ((0, 648), (0, 1))),
        (27, 25),
        True,
        200,
    ),
}


SKY, JUMPS, KILLS = "sky_tiles", "jumps", "enemies_killed"
MARIO = ((SKY, JUMPS), (150, 100), ((0, 150), (0, 100)))

#: The same for Mario (dsage.md, settings).
PUBLISHED_MARIO: dict[str, tuple[str, Any, Any, bool | None, int | None]] = {
    "dsage": ("dsage", MARIO, (30, 20), True, 200),
    "only_anc": ("dsage", MARIO, "all", True, 200),
    "only_down": ("dsage", MARIO, (30, 20), False, 200),
    "basic": ("dsage", MARIO, "all", False, 200),
    "rsample": ("dsage", MARIO, 250, True, 200),
    "basic_long": ("dsage", MARIO, "all", False, 1350),
    "only_anc_long": ("dsage", MARIO, "all", True, 1350),
    "cma_me": ("cma_me", MARIO, None, None, None),
    "domain_randomization": ("domain_randomization", MARIO, None, None, None),
    "dsage_sky_kills": (
        "dsage",
        ((SKY, KILLS), (150, 25), ((0, 150), (0, 25))),
        (30, 5),
        True,
        200,
    ),
    "dsage_jumps_kills": (
        "dsage",
        ((JUMPS, KILLS), (100, 25), ((0, 100), (0, 25))),
        (20, 5),
        True,
        200,
    ),
}


def deck_id(path: Path) -> str:
    return str(path.relative_to(INPUTS).with_suffix(""))


def selected(config: Config) -> Any:
    if config.selection is None:
        return None
    return config.selection.coarse_dims or config.selection.count or config.selection.kind


def test_the_tables_are_complete() -> None:
    assert {path.stem for path in PAPER.glob("maze/*.toml")} == set(PUBLISHED)
    assert {path.stem for path in PAPER.glob("mario/*.toml")} == set(PUBLISHED_MARIO)


@pytest.mark.parametrize("name", sorted(PUBLISHED))
def test_published_settings(name: str) -> None:
    config = load_config(PAPER / "maze" / f"{name}.toml")
    method, archive, selection, ancillary, epochs = PUBLISHED[name]
    assert config.algorithm.method == method
    assert (config.archive.measures, config.archive.dims, config.archive.ranges) == archive
    assert selected(config) == selection
    assert config.algorithm.max_evaluations == 100_000
    domain = config.domain.model_dump()
    assert (domain["rollouts"], domain["objective"], domain["aggregation"]) == (
        50,
        "accel_none",
        "mean",
    )
    assert (domain["protocol"], domain["degenerate_occupancy"]) == ("dsage", "walls")
    assert (config.emitters.count, config.emitters.batch_size) == (5, 30)
    if method != "dsage":
        return
    assert config.algorithm.initial_solutions == 100
    assert config.inner_loop.iterations == 10_000
    assert (config.emitters.initial_population, config.emitters.mutations) == (100, 10)
    surrogate = config.surrogate
    assert (surrogate.ancillary, surrogate.epochs) == (ancillary, epochs)
    assert (surrogate.batch_size, surrogate.recent_samples) == (64, 20_000)
    assert (surrogate.occupancy_weight, surrogate.learning_rate) == (10.0, 1e-3)
    assert (surrogate.inputs, surrogate.normalise_targets) == ("published", False)
    assert (surrogate.exact_statistics, surrogate.known_measures) == (False, False)
    assert (surrogate.features, surrogate.residual_blocks) == (64, 2)


@pytest.mark.parametrize("name", sorted(PUBLISHED_MARIO))
def test_published_settings_of_mario(name: str) -> None:
    config = load_config(PAPER / "mario" / f"{name}.toml")
    method, archive, selection, ancillary, epochs = PUBLISHED_MARIO[name]
    assert config.algorithm.method == method
    assert (config.archive.measures, config.archive.dims, config.archive.ranges) == archive
    assert selected(config) == selection
    assert config.algorithm.max_evaluations == 10_000
    domain = config.domain.model_dump()
    assert (domain["rollouts"], domain["generator"]) == (5, "builtin")
    simulator = domain["simulator"]
    assert (simulator["jar"], simulator["timer_seconds"], simulator["start_state"]) == (
        "builtin",
        20,
        0,
    )
    # The clock of the published planner, as a seeded distribution of nodes.
    assert simulator["planner"] == "nodes"
    assert 1000 <= simulator["budget"] <= 1850
    assert 0.2 <= simulator["budget_spread"] <= 0.4
    emitters = config.emitters
    assert (emitters.batch_size, emitters.sigma0) == (30, 0.2)
    assert emitters.count == (1 if method == "dsage" else 5)
    if method != "dsage":
        return
    assert config.algorithm.initial_solutions == 100
    assert config.inner_loop.iterations == 10_000
    surrogate = config.surrogate
    assert (surrogate.ancillary, surrogate.epochs) == (ancillary, epochs)
    assert (surrogate.batch_size, surrogate.recent_samples) == (64, "all")
    assert (surrogate.occupancy_weight, surrogate.learning_rate) == (10.0, 1e-3)
    assert not surrogate.normalise_targets
    assert (surrogate.exact_statistics, surrogate.known_measures) == (False, False)
    assert (surrogate.features, surrogate.residual_blocks) == (64, 2)


@pytest.mark.parametrize("path", DECKS, ids=deck_id)
def test_inputs_survive_a_round_trip(path: Path) -> None:
    config = load_config(path)
    assert config_from_toml(to_toml(config), path.stem) == config


@pytest.mark.parametrize("path", DECKS, ids=deck_id)
def test_inputs_state_their_problem(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# ")
    assert load_config(path).title


@pytest.mark.parametrize("path", DECKS, ids=deck_id)
def test_inputs_can_be_estimated(path: Path) -> None:
    config = load_config(path)
    cost = estimate(config)
    assert cost.evaluations == config.algorithm.max_evaluations
    assert cost.outer_iterations >= 1
    assert cost.simulation_seconds > 0
    assert cost.memory_bytes > 0
    assert (cost.predictions > 0) == (config.algorithm.method == "dsage")
    assert cost.seconds(2, 2) < cost.seconds(1, 1)


@pytest.mark.parametrize("path", sorted(PAPER.glob("*/*.toml")), ids=deck_id)
def test_published_experiments_search_inside_as_published(path: Path) -> None:
    config = load_config(path)
    if config.algorithm.method != "dsage":
        return
    assert config.inner_loop.start == "empty"
    assert config.selection is not None
    assert (config.selection.candidates, config.selection.at_least) == ("all", 1)
    assert config.selection.resimulate
    assert config.selection.share == 0
    assert not config.surrogate.known_objective
    assert config.emitters.kind == {"maze": "map_elites", "mario": "cma_me"}[config.domain_name]
