"""Examples of components of one's own run, restart, and are checked as ours are."""

from __future__ import annotations

import csv
import itertools
import shlex
import sys
from pathlib import Path

import pytest

from dsage_mpi.config.errors import ConfigError
from dsage_mpi.config.load import load_config
from tests.examples.test_islands import command, digest_of
from tests.runs import finished
from tests.support import REPOSITORY

EXAMPLES = REPOSITORY / "examples"
SMALL = ["--set", "algorithm.max_evaluations=40", "--set", "report.figures=false"]
NAMES = {
    **{"archive": "hexagons", "emitter": "blocks", "selection_rule": "corners"},
    **{"method": "crossover", "network": "pooled"},
}


@pytest.mark.parametrize("folder", NAMES)
def test_a_component_of_one_s_own_runs_and_goes_on(folder, tmp_path, monkeypatch):
    here = EXAMPLES / folder
    toml = f"{NAMES[folder]}.toml"
    done = command(toml, "--run-dir", tmp_path / "whole", *SMALL, cwd=here)
    finished(done)
    finished(command("verify", tmp_path / "whole", cwd=here))
    first = sorted((tmp_path / "whole" / "checkpoints").glob("*.h5"))[0]
    finished(command("--restart", first, "--run-dir", tmp_path / "rest", cwd=here))
    assert digest_of(tmp_path / "rest", here) == digest_of(tmp_path / "whole", here)
    with (tmp_path / "whole" / "metrics.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert int(rows[-1]["evaluations"]) == 40
    if folder == "emitter":
        told = shlex.split(done.stdout.split("Compare with MAP-Elites")[1].splitlines()[1])
        changes = [text for option, text in itertools.pairwise(told) if option == "--set"]
        monkeypatch.chdir(here)
        monkeypatch.setattr(sys, "path", [*sys.path])
        emitters = load_config(tmp_path / "whole/config.toml", overrides=changes).emitters
        assert emitters.kind == "map_elites"
        # Not random solutions alone: the budget is 40.
        assert emitters.count * (emitters.initial_population + emitters.batch_size) <= 20
    if folder == "method":
        assert float(rows[-1]["random_share"]) == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("folder", "change", "words"),
    [
        ("emitter", "emitters.settings.share=2", "emitters.settings.share = 2: expected a number"),
        ("emitter", "emitters.settings.shar=1", "emitters.settings.shar: unknown key"),
        ("emitter", "emitters.kind=random", 'emitters.settings: kind = "random" has no settings'),
        ("emitter", "emitters.kind=blocks:Blocks", "blocks.py has no Blocks"),
        ("emitter", "emitters.kind=randm", 'did you mean "random"?'),
        ("emitter", "algorithm.method=domain_randomization", "does not fit algorithm.method"),
        ("archive", "archive.across=0", "archive.across = 0: expected a number greater"),
        ("archive", "archive.kind=hexagons:Squares", "hexagons.py has no Squares"),
        ("archive", "archive.kind=hexagons:math", "hexagons:math has no class Settings"),
        ("archive", "selection.coarse_cells=289", "expected at most 288, the archive's cells"),
        ("selection_rule", "selection.kind=rules:X", "there is no module rules"),
        ("network", "surrogate.settings.channels=0", "surrogate.settings.channels = 0: expected"),
        ("network", "surrogate.kind=mpl", 'did you mean "mlp"?'),
        ("emitter", "surrogate.kind=mlp", "the levels of the maze domain are images"),
        ("emitter", "surrogate.kind=blocks:Field", "is a function: expected a class"),
        ("method", "algorithm.method=crossover:X", "crossover.py has no X"),
        ("method", "algorithm.settings.batch=0", "algorithm.settings.batch = 0: expected a number"),
    ],
)
def test_what_is_wrong_is_one_sentence(folder, change, words, monkeypatch):
    monkeypatch.chdir(EXAMPLES / folder)
    monkeypatch.setattr(sys, "path", [*sys.path])
    with pytest.raises(ConfigError) as caught:
        load_config(Path(f"{NAMES[folder]}.toml"), overrides=[change])
    assert len(caught.value.problems) == 1
    assert words in str(caught.value)


def test_an_own_emitter_works_without_a_surrogate(tmp_path):
    change = ["--set", "algorithm.method=map_elites"]
    arguments = ["blocks.toml", "--run-dir", tmp_path / "run", *SMALL, *change]
    finished(command(*arguments, cwd=EXAMPLES / "emitter"))
