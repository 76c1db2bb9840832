"""From a study file to the runs that it consists of, each with its configuration and folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dsage_mpi.config.document import apply_overrides, read_document
from dsage_mpi.config.errors import ConfigError, Problem
from dsage_mpi.config.load import config_from_toml, to_toml
from dsage_mpi.config.schema import Config
from dsage_mpi.config.validate import validate
from dsage_mpi.core.atomic_files import atomic_write
from dsage_mpi.rundir.run_directory import RUNS_FOLDER, RunDirectoryError
from dsage_mpi.study.folder import ROW_INPUT, STUDY_FILE, run_name
from dsage_mpi.study.settings import StudySettings, prefixed, read_settings


@dataclass(frozen=True)
class PlannedRun:
    """One run of a study.

    Attributes:
        row: Name of its row.
        seed: Its seed.
        path: Its run directory.
        config: What it runs.
    """

    row: str
    seed: int
    path: Path
    config: Config

    @property
    def input(self) -> Path:
        """The file that it is started from."""
        return self.path.parent / ROW_INPUT

    @property
    def name(self) -> str:
        """What messages call it: ``dsage/seed-3``."""
        return f"{self.row}/{self.path.name}"


@dataclass(frozen=True)
class Study:
    """A study with the configuration of every row.

    Attributes:
        settings: What its file says.
        directory: Where its runs live.
        configs: Row -> configuration, with the first seed.
    """

    settings: StudySettings
    directory: Path
    configs: Mapping[str, Config]

    @property
    def runs(self) -> list[PlannedRun]:
        """All runs, seed by seed, so that a study that is cut short has some of every row."""
        return [
            PlannedRun(
                row,
                seed,
                self.directory / row / run_name(seed),
                config.model_copy(update={"seed": seed}),
            )
            for seed in self.settings.seeds
            for row, config in self.configs.items()
        ]

    def title_of(self, row: str) -> str:
        """What tables and figures call a row."""
        return self.settings.rows[row].title or row

    def write(self) -> None:
        """Writes what the runs are started from, and what ``compare`` and ``status`` read.

        Raises:
            RunDirectoryError: The folder cannot be written.
        """
        try:
            for row, config in self.configs.items():
                (self.directory / row).mkdir(parents=True, exist_ok=True)
                _replace(self.directory / row / ROW_INPUT, to_toml(config))
            _replace(self.directory / STUDY_FILE, to_toml(self.settings))
        except OSError as error:
            raise RunDirectoryError(
                f"cannot write into {self.directory}: {error.strerror or error}. "
                "Choose a writable folder with --study-dir"
            ) from error


def _replace(path: Path, text: str) -> None:
    with atomic_write(path, "w") as file:
        file.write(text)


def load_study(
    path: Path,
    directory: Path | None = None,
    *,
    overrides: Sequence[str] = (),
    scale: float = 1.0,
    seeds: int | None = None,
) -> Study:
    """Reads a study file and the inputs of all its rows.

    Args:
        path: The study file.
        directory: Where its runs live; ``runs/`` and the name of the file if None.
        overrides: ``"key.path=value"`` for the inputs of all rows.
        scale: See ``scale.scaled``.
        seeds: Use the first so many seeds alone.

    Raises:
        ConfigError: Listing every problem of the study and of all its rows.
    """
    from dsage_mpi.study.scale import scaled

    settings = read_settings(path)
    if seeds is not None:
        settings = settings.model_copy(update={"seeds": settings.seeds[:seeds]})
    configs: dict[str, Config] = {}
    problems: list[Problem] = []
    for name, row in settings.rows.items():
        try:
            document = read_document(path.parent / row.input)
            document.merge(settings.set, f"{path} [set]")
            document.merge(row.set, f"{path} [rows.{name}.set]")
            document.merge({"seed": settings.seeds[0], "title": row.title or name}, str(path))
            apply_overrides(document, overrides)
            configs[name] = scaled(validate(Config, document), scale)
        except ConfigError as error:
            problems += prefixed(error, f"rows.{name}")
    if problems:
        raise ConfigError(problems, str(path))
    return Study(settings, directory or RUNS_FOLDER / path.stem, configs)


def open_study(path: Path) -> Study:
    """Opens the folder of a study that ``sweep`` has made.

    Raises:
        ConfigError: Its files are missing or damaged.
    """
    settings = read_settings(path / STUDY_FILE)
    configs: dict[str, Config] = {}
    problems: list[Problem] = []
    for row in settings.rows:
        file = path / row / ROW_INPUT
        try:
            configs[row] = config_from_toml(file.read_text(encoding="utf-8"), str(file))
        except (OSError, UnicodeDecodeError) as error:
            problems.append(Problem(f"rows.{row}", f"cannot read {file}: {error}"))
        except ConfigError as error:
            problems += prefixed(error, f"rows.{row}")
    if problems:
        raise ConfigError(problems, str(path))
    return Study(settings, path, configs)
