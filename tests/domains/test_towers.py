"""Domains of mixed parameters and of vector levels: what they are, and whole runs of one."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from dsage_mpi import RenderError, open_run
from dsage_mpi.cli.entry import dispatch
from dsage_mpi.config.errors import ConfigError
from dsage_mpi.config.load import config_from_toml
from dsage_mpi.config.warnings import config_warnings
from dsage_mpi.core.domain import DomainError, renderer
from dsage_mpi.core.levels import LevelSpace
from dsage_mpi.domains import build_domain, level_kind_of
from dsage_mpi.report.digest import digest
from dsage_mpi.report.export import ArchiveTable
from dsage_mpi.run.load_run import find_stored
from dsage_mpi.testing import check_domain
from tests.domains import towers
from tests.runs import finished
from tests.support import mpirun, python


def config(*overrides, name="Towers"):
    text = towers.TOML.replace(":Towers", f":{name}")
    return config_from_toml(text, "towers.toml", overrides)


def built(name, *measures):
    return build_domain(config(name=name).domain, measures or ("height", "cost"))


def test_solutions_and_levels_of_mixed_parameters():
    domain = built("Towers")
    assert (domain.solution_kind, domain.solution_dtype, domain.solution_dim) == ("mixed", "f8", 3)
    solutions = domain.initial_solutions(np.random.default_rng(1), 50)
    levels = domain.levels(solutions)
    assert levels.shape == (50, 5)
    np.testing.assert_array_equal(levels[:, :2], solutions[:, :2])
    np.testing.assert_array_equal(levels[:, 2:].argmax(axis=1), solutions[:, 2])
    np.testing.assert_array_equal(levels[:, 2:].sum(axis=1), 1)
    bounds = ((-1, 1), (1, 6), (0, 1), (0, 1), (0, 1))
    assert LevelSpace.of(domain) == LevelSpace((5,), bounds=bounds)
    tasks = domain.tasks(solutions, np.arange(50, dtype=np.uint64))
    found = domain.interpret(tasks, domain.make_simulator({})(tasks))
    np.testing.assert_array_equal(found.levels, levels)
    assert found.occupancy.shape == (50, 0)


@pytest.mark.parametrize("name", ["Towers", "Drawn", "Mapped", "Vectors", "Counts"])
def test_they_pass_the_check(name):
    check_domain(f"tests.domains.towers:{name}")


def test_pictures_where_there_are_some():
    plain, drawn, mapped = built("Towers"), built("Drawn"), built("Mapped")
    assert renderer(plain) is None
    level = drawn.levels(np.array([[0.0, 5, 1]]))[0]
    assert renderer(drawn)(level).shape == (20, 8, 3)
    assert renderer(mapped)(mapped.levels(np.array([[0.0, 5, 1]]))[0]).shape == (48, 112, 3)
    with pytest.raises(DomainError, match=r"vectors, of which there are no pictures: give the cl"):
        plain.render(level)


def test_network_and_emitter_follow_from_the_domain():
    chosen = config()
    assert (chosen.surrogate.kind, chosen.emitters.kind) == ("mlp", "mutation")
    assert chosen.surrogate.settings == {"layers": 2, "width": 128}
    assert not chosen.surrogate.ancillary
    assert list(config_warnings(chosen)) == []
    image = config(name="Mapped")
    assert (image.surrogate.kind, image.surrogate.ancillary) == ("convolutional", False)
    assert level_kind_of(image.domain) == "images"
    for name in ("Towers", "Mapped"):
        (warning,) = config_warnings(config("surrogate.ancillary=true", name=name))
        assert warning.startswith("surrogate.ancillary = true: simulations of the tests.dom")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            "surrogate.kind=convolutional",
            r'surrogate.kind = "convolutional": works on images, and the levels of the .*:Towers '
            r'domain are vectors; expected "mlp" \(or leave it out\)',
        ),
        ("surrogate.settings.width=0", "surrogate.settings.width = 0: expected"),
        ("surrogate.settings.depth=3", "surrogate.settings.depth: unknown key"),
        (
            "emitters.kind=iso_line",
            'mixed solutions of .* expected one of "mutation", "random"',
        ),
        ("algorithm.method=cma_me", r"algorithm.method = \"cma_me\": cannot work on the mixed"),
        ("emitters.settings.share=2", "emitters.settings.share = 2: expected"),
    ],
)
def test_what_does_not_fit_is_one_sentence(change, words):
    with pytest.raises(ConfigError, match=words) as caught:
        config(change)
    assert len(caught.value.problems) == 1


@pytest.fixture(scope="module", params=["dsage", "map_elites"])
def whole(request, tmp_path_factory):
    """An uninterrupted run."""
    folder = tmp_path_factory.mktemp(request.param)
    (folder / "towers.toml").write_text(towers.TOML)
    arguments = ["-m", "dsage_mpi", folder / "towers.toml", "--run-dir", folder / "run"]
    method = ["--set", f"algorithm.method={request.param}"]
    finished(python(*arguments, *method, timeout=120))
    return folder / "run"


def digest_of(run_dir):
    tree = find_stored(run_dir).tree
    return digest(tree["archive"], tree["record"])


def test_a_run_goes_on_to_the_same_end_on_any_number_of_ranks(whole, tmp_path):
    first = sorted((whole / "checkpoints").glob("*.h5"))[0]
    arguments = ["-m", "dsage_mpi", "--restart", first, "--run-dir", tmp_path / "rest"]
    finished(mpirun(3, *arguments, timeout=120))
    assert digest_of(tmp_path / "rest") == digest_of(whole)


def test_what_a_run_leaves_can_be_looked_at(whole, tmp_path, capsys):
    table = ArchiveTable.load_npz(whole / "archive.npz")
    assert table.level.dtype == np.float64
    assert table.level.shape[1:] == (5,)
    assert dispatch(["plot", str(whole), "--output", str(tmp_path)]) == 0
    drawn = {"archive.png", "curves.png", "discovery.png"}
    if "surrogate" in find_stored(whole).tree:
        drawn.add("predictions.png")
    assert {p.name for p in tmp_path.iterdir()} == drawn
    assert dispatch(["render", str(whole), "--output", str(tmp_path / "best.png")]) == 2
    assert "no method draw(self, given); this one is {'slope': " in capsys.readouterr().err
    run = open_run(whole)
    np.testing.assert_array_equal(run.levels[table.evaluation], table.level)
    assert "no levels are shown" in run._repr_html_()
    with pytest.raises(RenderError, match="there is no picture of"):
        run.render()


def test_the_surrogate_of_a_run_can_be_asked(whole):
    run = open_run(whole)
    if not run.config.uses_surrogate:
        assert run.surrogate is None
        return
    predicted = run.surrogate.predict(run.levels)
    assert predicted.occupancy is None
    assert predicted.measures.shape == (60, 2)
    with (whole / "metrics.csv").open() as file:
        assert list(csv.DictReader(file))[-1]["occupancy_mae"] == ""
