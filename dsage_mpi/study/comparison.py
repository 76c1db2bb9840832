"""Which runs are compared, as rows of runs: the rows of a study, or any runs, grouped by method."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dsage_mpi.config.load import config_hash
from dsage_mpi.config.schema import Config
from dsage_mpi.rundir.run_directory import RunDirectoryError
from dsage_mpi.study.plan import Study
from dsage_mpi.study.settings import HypothesisSettings, PublishedSettings
from dsage_mpi.study.states import WAITING, state_of
from dsage_mpi.study.stored import StoredRun, read_run, read_runs

#: Fewer runs of a row say little about its spread (Colas et al. 2018; Agarwal et al. 2021).
ENOUGH_SEEDS = 5


@dataclass(frozen=True)
class Row:
    """Runs of one method, which differ in their seeds alone.

    Attributes:
        name: A short name.
        title: What tables and figures call it.
        runs: Its runs, by seed.
        published: What a paper reports of it.
    """

    name: str
    title: str
    runs: tuple[StoredRun, ...]
    published: PublishedSettings = field(default_factory=PublishedSettings)

    @property
    def config(self) -> Config:
        """Of the first seed."""
        return self.runs[0].config


@dataclass(frozen=True)
class Comparison:
    """What is compared.

    Attributes:
        title: Heading.
        rows: The methods.
        target: QD-score that the methods are to reach; None if there is none.
        target_text: Where that is from.
        hypotheses: Pairs of rows to test.
        factorial: The four rows of the two-way analysis, or none.
        missing: Runs of the study that are not there, or not done.
    """

    title: str
    rows: tuple[Row, ...]
    target: float | None
    target_text: str
    hypotheses: tuple[HypothesisSettings, ...]
    factorial: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    def row(self, name: str) -> Row | None:
        """A row by its name; None if it has no runs."""
        return next((row for row in self.rows if row.name == name), None)

    def warnings(self) -> list[str]:
        """What a reader of the tables has to know, a sentence each."""
        return list(self._warnings())

    def _warnings(self) -> Iterator[str]:
        if self.missing:
            yield f"{len(self.missing)} run(s) are not there or not done: {_some(self.missing)}"
        few = [
            f"{row.title} ({len(row.runs)})" for row in self.rows if len(row.runs) < ENOUGH_SEEDS
        ]
        if few:
            yield (
                f"fewer than {ENOUGH_SEEDS} seeds: {_some(few)}. Standard errors and bootstrap "
                "intervals are then too narrow, and tests find little; look at every seed"
            )
        for row in self.rows:
            yield from _odd_samples(row)
        budgets = {run.evaluations for row in self.rows for run in row.runs}
        if len(budgets) > 1:
            yield (
                f"the runs have made between {min(budgets)} and {max(budgets)} evaluations: "
                "final scores of different budgets do not compare; curves over evaluations do"
            )
        archives = (row.config.archive for row in self.rows)
        grids = {(each.kind, each.measures, each.ranges, each.cell_count) for each in archives}
        if len(grids) > 1:
            yield "the rows have different archives: their scores are not of one kind"


def _odd_samples(row: Row) -> Iterator[str]:
    """Why a row's runs are no sample of runs that differ in the seed alone."""
    for seed, times in Counter(run.config.seed for run in row.runs).items():
        if times > 1:
            yield (
                f"{row.title} has {times} runs of seed {seed}: they are one run made again, and no "
                "sample. Leave all but one out"
            )
    if len({run.config.balance.costs for run in row.runs}) > 1:
        yield (
            f"the runs of {row.title} balance by different costs, which each measured at its start "
            "([balance], docs/surrogate.md): they differ in more than the seed"
        )


def compare_study(study: Study, target: float | None = None) -> Comparison:
    """Reads the runs of a study, as far as there are any.

    Raises:
        RunDirectoryError: There are none.
        CheckpointError: One cannot be read.
        ConfigError: Likewise.
    """
    missing = []
    found: dict[str, list[StoredRun]] = {row: [] for row in study.settings.rows}
    for planned in study.runs:
        if (state := state_of(planned)) == WAITING:
            missing.append(planned.name)
            continue
        run = read_run(planned.path)
        found[planned.row].append(run)
        if state != "done":
            missing.append(f"{planned.name} ({state}, {run.evaluations} evaluations)")
    rows = tuple(
        Row(name, study.title_of(name), tuple(runs), study.settings.rows[name].published)
        for name, runs in found.items()
        if runs
    )
    if not rows:
        raise RunDirectoryError(f"{study.directory} has no runs yet: `dsage_mpi sweep` makes them")
    settings = study.settings
    chosen, text = _target(rows, settings.reference, settings.target if target is None else target)
    return Comparison(
        settings.title or study.directory.name,
        rows,
        chosen,
        text,
        _kept(settings.hypotheses, rows),
        settings.factorial if all(found.get(name) for name in settings.factorial) else (),
        tuple(missing),
    )


def compare_runs(paths: Sequence[Path], target: float | None = None) -> Comparison:
    """Reads runs; those that differ in nothing but the seed are one row.

    Raises:
        As ``read_run``.
    """
    groups: dict[str, list[StoredRun]] = {}
    for run in read_runs(paths):
        groups.setdefault(_kind(run.config), []).append(run)
    names = _names(list(groups.values()))
    rows = tuple(
        Row(name, name, tuple(sorted(runs, key=lambda run: run.config.seed)))
        for name, runs in zip(names, groups.values(), strict=True)
    )
    chosen, text = _target(rows, None, target)
    return Comparison("Comparison of runs", rows, chosen, text, _kept((), rows))


def _kind(config: Config) -> str:
    """What runs of one row have in common: all but the seed and what a run measures."""
    measured = dict.fromkeys(("simulation_seconds", "prediction_seconds", "training_seconds"))
    balance = config.balance.model_copy(update=measured)
    return config_hash(config.model_copy(update={"seed": 0, "balance": balance}))


def _names(groups: Sequence[Sequence[StoredRun]]) -> list[str]:
    """Title or method of each group; numbered where two have the same."""
    plain = [runs[0].config.title or runs[0].config.algorithm.method for runs in groups]
    if len(set(plain)) < len(plain):  # one input, several methods
        plain = [
            f"{name}, {runs[0].config.algorithm.method}"
            for name, runs in zip(plain, groups, strict=True)
        ]
    return [
        f"{name} ({plain[:k].count(name) + 1})" if plain.count(name) > 1 else name
        for k, name in enumerate(plain)
    ]


def _target(
    rows: Sequence[Row], reference: str | None, target: float | None
) -> tuple[float | None, str]:
    if target is not None:
        return target, f"a QD-score of {target:g}"
    row = next((row for row in rows if row.name == reference), None)
    if row is None:
        return None, ""
    mean = sum(run.elites.qd_score for run in row.runs) / len(row.runs)
    return mean, f"{row.title}'s mean final QD-score, {mean:.6g}"


def _kept(
    hypotheses: Sequence[HypothesisSettings], rows: Sequence[Row]
) -> tuple[HypothesisSettings, ...]:
    """Hypotheses whose rows there are; every pair of rows if none is named."""
    names = [row.name for row in rows]
    if hypotheses:
        return tuple(h for h in hypotheses if set(h.rows) <= set(names))
    return tuple(
        HypothesisSettings(name="all pairs", rows=(one, other))
        for k, one in enumerate(names)
        for other in names[k + 1 :]
    )


def _some(texts: Sequence[str], most: int = 6) -> str:
    more = f" and {len(texts) - most} more" if len(texts) > most else ""
    return ", ".join(texts[:most]) + more
