"""Loading inputs, and every kind of broken one."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from dsage_mpi.config.document import Override
from dsage_mpi.config.errors import ConfigError
from dsage_mpi.config.load import (
    config_from_toml,
    config_hash,
    load_config,
    load_model,
    to_toml,
)
from dsage_mpi.config.warnings import config_warnings
from dsage_mpi.core.settings import Settings
from dsage_mpi.training.mario_generator.settings import GeneratorTraining
from dsage_mpi.training.maze_agent.settings import AgentTraining
from tests.config.conftest import GOOD, Writer


def problems(path: Path, *overrides: str) -> dict[str, str]:
    with pytest.raises(ConfigError) as caught:
        load_config(path, overrides=overrides)
    assert str(path) in str(caught.value)
    return {problem.key: problem.message for problem in caught.value.problems}


def test_defaults_are_filled_in(write: Writer) -> None:
    config = load_config(write())
    assert config.algorithm.method == "dsage"
    assert config.emitters.kind == "map_elites"
    assert config.archive.dims == (256, 162)
    assert config.seed == 0


def test_seed_argument_beats_file_and_overrides(write: Writer) -> None:
    path = write("seed = 3\n" + GOOD)
    assert load_config(path).seed == 3
    assert load_config(path, overrides=["seed=4"], seed=5).seed == 5


def test_overrides_take_toml_and_bare_text(write: Writer) -> None:
    overrides = [
        "surrogate.device=cpu",
        'title="a = b"',
        "archive.dims=[64, 54]",
        "surrogate.normalise_targets=false",
        "surrogate.learning_rate=1e-4",
        "surrogate.recent_samples=all",
        "selection.coarse_dims = [16, 18]",
    ]
    config = load_config(write(), overrides=overrides)
    assert config.surrogate.device == "cpu"
    assert config.title == "a = b"
    assert config.archive.dims == (64, 54)
    assert config.surrogate.normalise_targets is False
    assert config.surrogate.learning_rate == 1e-4
    assert config.surrogate.recent_samples == "all"


def test_unknown_key_suggests_its_neighbour(write: Writer) -> None:
    found = problems(write(GOOD + "[surrogate]\nepoch = 5\n"))
    assert found == {"surrogate.epoch": "unknown key; did you mean surrogate.epochs?"}


def test_unknown_key_of_the_domain_has_its_full_path(write: Writer) -> None:
    found = problems(write(), "domain.rolouts=5")
    assert found == {"domain.rolouts": "unknown key; did you mean domain.rollouts?"}


def test_key_in_the_wrong_table_is_found_elsewhere(write: Writer) -> None:
    found = problems(write("epochs = 5\n" + GOOD), "inner_loop.max_evaluations=7")
    assert found["epochs"] == "unknown key; did you mean surrogate.epochs?"
    assert "did you mean algorithm.max_evaluations?" in found["inner_loop.max_evaluations"]


def test_unknown_table_suggests_its_neighbour(write: Writer) -> None:
    found = problems(write(GOOD + "[surogate]\nepochs = 5\n"))
    assert found == {"surogate": "unknown table; did you mean surrogate?"}


def test_hopeless_key_lists_the_valid_ones(write: Writer) -> None:
    found = problems(write(), "inner_loop.xyzzy=7")
    assert found == {"inner_loop.xyzzy": "unknown key; expected one of start, iterations, archive"}


@pytest.mark.parametrize(
    ("override", "key", "message"),
    [
        ("surrogate.epochs='5'", "surrogate.epochs", '= "5": expected an integer'),
        ("surrogate.epochs=1.5", "surrogate.epochs", "= 1.5: expected an integer"),
        ("surrogate.epochs=true", "surrogate.epochs", "= true: expected an integer"),
        ("domain.rollouts=many", "domain.rollouts", '= "many": expected an integer'),
        ("report.figures=1", "report.figures", "= 1: expected a boolean"),
        ("algorithm.max_evaluations=0", "algorithm.max_evaluations", "greater than or equal to 1"),
        ("seed=-1", "seed", "= -1: expected a number greater than or equal to 0"),
        ("archive.dims=[5]", "archive.dims", "has 1 entries: expected 2, one per measure"),
        ("archive.dims=5", "archive.dims", "= 5: expected an array"),
        ("archive.dims=[64, 0]", "archive.dims[1]", "= 0: expected a number greater"),
        ("archive.ranges=[[0, 256], [648, 0]]", "archive.ranges[1]", "= [648, 0]: reversed"),
        ("archive.ranges=[[0, inf], [0, 1]]", "archive.ranges[0][1]", "= inf: expected a finite"),
        ("archive.ranges=[[-1e308, 0], [0, 1]]", "archive.ranges[0][0]", "or equal to -10"),
        ("archive.ranges=[[0, 1], [5, 5.0005]]", "archive.ranges[1]", "too narrow: expected high"),
        ("emitters.sigma0=1e200", "emitters.sigma0", "= 1e+200: expected a number less than"),
        ("emitters.sigma0=1e-320", "emitters.sigma0", "expected a number greater than"),
        (
            "surrogate.occupancy_weight=1e300",
            "surrogate.occupancy_weight",
            "expected a number less",
        ),
        ("emitters.sigma0=nan", "emitters.sigma0", "= nan: expected a finite number"),
        ("surrogate.device=cud", "surrogate.device", '(did you mean "cuda"?)'),
        ("surrogate=3", "surrogate", "= 3: expected a table [surrogate]"),
        ("domain=3", "domain", "= 3: expected a table with a name"),
        (
            "domain.name=labyrinth",
            "domain.name",
            '= "labyrinth": expected one of command, mario, maze',
        ),
        ("domain.name=[1]", "domain.name", "expected one of command, mario, maze"),
        ("algorithm.method=dsgae", "algorithm.method", '(did you mean "dsage"?)'),
    ],
)
def test_wrong_values_are_refused(write: Writer, override: str, key: str, message: str) -> None:
    found = problems(write(), override)
    assert message in found[key]
    assert len(found) == 1


HUGE = 99999999999999999999


@pytest.mark.parametrize(
    "key",
    [
        *("seed", "algorithm.max_evaluations", "algorithm.initial_solutions", "emitters.count"),
        *("emitters.batch_size", "emitters.initial_population", "emitters.mutations"),
        *("inner_loop.iterations", "selection.count", "farm.chunk", "checkpoint.every"),
        *("checkpoint.keep", "checkpoint.keep_every", "surrogate.epochs", "surrogate.batch_size"),
        *("surrogate.recent_samples", "surrogate.threads", "surrogate.predict_batch"),
        *("surrogate.features", "surrogate.residual_blocks", "domain.rollouts", "report.levels"),
    ],
)
def test_slips_of_the_finger_are_caught(write: Writer, key: str) -> None:
    found = problems(write(), f"{key}={HUGE}")
    assert found[key].startswith(f"= {HUGE}: expected a number less than ")


def test_archives_that_nobody_can_store_are_refused(write: Writer) -> None:
    found = problems(write(), f"archive.dims=[{HUGE}, 5]", f"selection.coarse_dims=[5, {HUGE}]")
    assert set(found) == {"archive.dims[0]", "selection.coarse_dims[1]"}
    found = problems(write(), "archive.dims=[100000, 100000]", "selection.kind=all")
    assert "10000000000 cells: expected at most" in found["archive.dims"]


@pytest.mark.parametrize("model", [AgentTraining, GeneratorTraining])
def test_every_whole_number_of_a_training_is_bounded(tmp_path: Path, model: type[Settings]) -> None:
    path = tmp_path / "training.toml"
    path.write_text("")
    keys = [
        f"{table}.{key}"
        for table, settings in model()
        for key, value in settings
        if isinstance(value, int) and not isinstance(value, bool)
    ]
    with pytest.raises(ConfigError) as caught:
        load_model(model, path, [f"{key}={HUGE}" for key in keys])
    assert {problem.key for problem in caught.value.problems} == set(keys)


def test_options_of_their_own_are_named(write: Writer) -> None:
    path = write()
    with pytest.raises(ConfigError, match=r"seed = -1: .*\[from --seed\]"):
        load_config(path, seed=-1)
    limit = Override("run.time_limit=soon", "--time-limit")
    with pytest.raises(ConfigError, match=r"no length of time: .*\[from --time-limit\]"):
        load_config(path, overrides=[limit])
    with pytest.raises(ConfigError, match=r"is longer than a hundred years  \[from --set\]"):
        load_config(path, overrides=["run.time_limit=999999999h"])


def test_a_budget_without_a_search_is_noted(write: Writer) -> None:
    path = write()
    assert list(config_warnings(load_config(path))) == []
    (line,) = config_warnings(load_config(path, overrides=["algorithm.max_evaluations=9"]))
    assert "algorithm.initial_solutions = 100 uses up the budget" in line
    direct = ["algorithm.max_evaluations=9", "algorithm.method=map_elites"]
    assert list(config_warnings(load_config(path, overrides=direct))) == []


def test_costs_that_balance_nothing_are_noted(write: Writer) -> None:
    path = write()
    (line,) = config_warnings(load_config(path, overrides=["balance.ratio=2"]))
    assert "[balance] is set, and nothing is balanced by it" in line
    direct = ["balance.ratio=2", "algorithm.method=map_elites"]
    assert list(config_warnings(load_config(path, overrides=direct))) == []
    balanced = ["balance.ratio=2", "inner_loop.iterations=balanced"]
    assert list(config_warnings(load_config(path, overrides=balanced))) == []


def test_members_that_other_ranks_cannot_train_are_noted(write: Writer) -> None:
    path = write()
    shared = ["farm.compute=ranks", "surrogate.members=3", "surrogate.threads=4"]
    (line,) = config_warnings(load_config(path, overrides=shared))
    assert "with surrogate.threads = 1 other ranks train some of them" in line
    one = [*shared[:2], "surrogate.threads=1"]
    assert list(config_warnings(load_config(path, overrides=one))) == []


def test_what_only_a_gpu_has_use_for_is_noted_on_a_cpu(write: Writer) -> None:
    gpu = ["inner_loop.archive=tensors", "surrogate.cuda_graphs=true"]
    on_cpu = load_config(write(), overrides=[*gpu, "surrogate.device=cpu"])
    archive, graphs = config_warnings(on_cpu)
    assert 'gives the same as "native"' in archive
    assert "surrogate.cuda_graphs = true: has no effect" in graphs
    assert list(config_warnings(load_config(write(), overrides=gpu))) == []


def test_union_of_types_is_one_problem(write: Writer) -> None:
    found = problems(write(), "surrogate.threads=1.5")
    assert found == {"surrogate.threads": '= 1.5: expected an integer or "auto"'}


@pytest.mark.parametrize(
    ("overrides", "key", "message"),
    [
        (
            ["archive.dims=[250, 162]"],
            "selection.coarse_dims[0]",
            "does not divide archive.dims[0]",
        ),
        (["selection.coarse_dims=[32]"], "selection.coarse_dims", "expected 2, one per measure"),
        (["selection.kind=random"], "selection.count", "e.g. count = 432"),
        (["selection.resimulate=true"], "selection.resimulate", 'inner_loop.start = "empty"'),
        (["archive.measures=[num_blocks, x]"], "archive.measures", "not a TOML value"),
        (["archive.measures=['num_blocks', 'x']"], "archive.measures[1]", "has no such measure"),
        (["archive.measures=['num_blocks', 'num_blocks']"], "archive.measures", "different"),
        (
            ["algorithm.method=map_elites", "emitters.kind=random"],
            "emitters.kind",
            'does not fit algorithm.method = "map_elites"',
        ),
        (["algorithm.method=cma_me"], "algorithm.method", "cannot work on the discrete solutions"),
        (
            ["algorithm.method=cma_me", "emitters.kind=cma_me"],
            "algorithm.method",
            'expected one of "dsage", "map_elites", "domain_randomization"',
        ),
        (["emitters.mutations=257"], "emitters.mutations", "maze domain has 256 positions"),
        (["emitters.kind=cma_me"], "emitters.kind", 'expected one of "map_elites", "mutation"'),
        (
            ["inner_loop.archive=tensors", "emitters.kind=mutation"],
            "inner_loop.archive",
            'does not work with emitters.kind = "mutation"; expected grids, and one of',
        ),
    ],
)
def test_impossible_combinations(
    write: Writer, overrides: list[str], key: str, message: str
) -> None:
    found = problems(write(), *overrides)
    assert message in found[key]
    assert len(found) == 1


def test_cma_me_has_nothing_to_choose_from_in_a_batch_of_one() -> None:
    path = Path(__file__).parents[2] / "inputs" / "mario_tiny.toml"
    kind = "emitters.kind=cma_me"
    found = problems(path, kind, "emitters.batch_size=1")
    assert "expected at least 2" in found["emitters.batch_size"]
    assert load_config(path, overrides=[kind, "emitters.batch_size=2"]).emitters.batch_size == 2


def test_missing_tables_and_keys_are_named(write: Writer) -> None:
    found = problems(write('[domain]\nrollouts = 2\n[archive]\nmeasures = ["a", "b"]\n'))
    assert set(found) == {"domain.name", "archive.dims", "archive.ranges", "selection"}
    assert all("is missing" in message for message in found.values())


def test_several_problems_come_at_once(write: Writer) -> None:
    text = GOOD.replace("256, 162", "250, 162").replace("agent_path_length", "agent_path")
    path = write(text + "[surrogate]\nepoch = 5\nepochs = -1\n[farm]\nchunk = 0\n")
    found = problems(path, "nonsense", "report.levels=[1", "domain.rollouts=0")
    assert set(found) == {
        "--set",
        "report.levels",
        "surrogate.epoch",
        "surrogate.epochs",
        "farm.chunk",
        "domain.rollouts",
        "archive.measures[1]",
        "selection.coarse_dims[0]",
    }


def test_message_says_which_file_a_key_is_from(write: Writer) -> None:
    base = write(GOOD + "[surrogate]\nepochs = 0\n", "base.toml")
    path = write('extends = "base.toml"\n[surrogate]\nbatch_size = 0\n')
    with pytest.raises(ConfigError) as caught:
        load_config(path, overrides=["domain.rollouts=0"])
    lines = str(caught.value).splitlines()
    assert lines[0] == f"3 problems in {path}:"
    assert any("surrogate.epochs = 0" in x and x.endswith(f"[from {base}]") for x in lines)
    assert any("surrogate.batch_size = 0" in x and "[from" not in x for x in lines)
    assert any("domain.rollouts = 0" in x and x.endswith("[from --set]") for x in lines)


@pytest.mark.parametrize(
    ("method", "kind"), [("map_elites", "map_elites"), ("domain_randomization", "random")]
)
def test_method_implies_emitter_kind(write: Writer, method: str, kind: str) -> None:
    config = load_config(write(), overrides=[f"algorithm.method={method}"])
    assert config.emitters.kind == kind


def test_toml_reads_back_to_the_same_configuration(write: Writer) -> None:
    overrides = ['title="quote \\" backslash \\\\ newline \\n ü"', "surrogate.learning_rate=1e-7"]
    config = load_config(write(), overrides=overrides)
    assert config_from_toml(to_toml(config), "copy") == config
    assert to_toml(config_from_toml(to_toml(config), "copy")) == to_toml(config)


def test_hash_covers_what_determines_the_result(write: Writer) -> None:
    path = write()
    same = ["title=other", "farm.prefetch=3", "checkpoint.keep=9", "report.figures=false"]
    plain = config_hash(load_config(path))
    assert config_hash(load_config(path, overrides=same)) == plain
    assert config_hash(load_config(path, seed=1)) != plain
    assert config_hash(load_config(path, overrides=["domain.rollouts=49"])) != plain


@pytest.mark.parametrize(
    ("domain", "method", "kind"),
    [
        ("maze", "dsage", "map_elites"),
        ("maze", "map_elites", "map_elites"),
        ("maze", "domain_randomization", "random"),
        ("mario", "dsage", "iso_line"),
        ("mario", "map_elites", "iso_line"),
        ("mario", "cma_me", "cma_me"),
        ("mario", "domain_randomization", "random"),
    ],
)
def test_emitters_follow_from_method_and_solutions(domain: str, method: str, kind: str) -> None:
    path = Path(__file__).parents[2] / "inputs" / f"{domain}_tiny.toml"
    assert load_config(path, overrides=[f"algorithm.method={method}"]).emitters.kind == kind


@pytest.mark.parametrize(
    ("domain", "method", "kind"),
    [
        ("mario", "map_elites", "cma_me"),
        ("mario", "cma_me", "iso_line"),
        ("maze", "dsage", "iso_line"),
    ],
)
def test_emitters_that_do_not_fit_are_refused(domain: str, method: str, kind: str) -> None:
    path = Path(__file__).parents[2] / "inputs" / f"{domain}_tiny.toml"
    found = problems(path, f"algorithm.method={method}", f"emitters.kind={kind}")
    assert "expected" in found["emitters.kind"]


def test_many_unknown_keys_are_counted_and_some_listed(write: Writer) -> None:
    """A hint for each took most of a minute for 100 000 keys."""
    keys = "\n".join(f"colour{i} = 1" for i in range(20_000))
    path = write(f"{keys}\n{GOOD}")
    began = time.process_time()
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    assert time.process_time() - began < 4
    lines = str(caught.value).splitlines()
    assert lines[0] == f"20000 problems in {path}:"
    assert lines[1].startswith("  colour0: unknown key; expected one of ")
    assert lines[-1] == "  ... and 19980 more"
    assert len(lines) == 22
