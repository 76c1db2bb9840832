"""The parts of every checkpoint of a run that never change: what runs, and with what."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsage_mpi.config.load import config_hash
from dsage_mpi.config.toml_writer import to_toml
from dsage_mpi.core.state import Tree
from dsage_mpi.core.version import __version__
from dsage_mpi.rundir.provenance import git_facts, package_versions
from dsage_mpi.surrogate.device import gpu_name

if TYPE_CHECKING:
    from dsage_mpi.config.schema import Config
    from dsage_mpi.core.domain import Domain
    from dsage_mpi.run.request import RunRequest
    from dsage_mpi.rundir.run_directory import RunDirectory


@dataclass(frozen=True)
class Header:
    """See docs/checkpoint.md.

    Attributes:
        tree: Datasets: configuration, versions, names.
        attributes: Root attributes.
    """

    tree: Tree
    attributes: dict[str, str | int | float | bool]


def write_header(
    config: Config,
    domain: Domain,
    directory: RunDirectory,
    ranks: int,
    order: RunRequest | None = None,
) -> Header:
    """Writes ``config.toml`` and ``versions.json``, and returns what checkpoints say of them.

    Args:
        config: Effective configuration of this start.
        domain: Names its metadata.
        directory: Where the files go.
        ranks: Size of the world.
        order: What a restart has changed of the configuration, and where it goes on from.
    """
    text = to_toml(config)
    directory.write_config(text)
    restart = _restart_facts(order)
    gpu = {"gpu": gpu_name(config.surrogate.device)} if config.uses_surrogate else {}
    directory.write_versions({"seed": config.seed, "ranks": ranks, **gpu, **restart})
    tree = {
        "config": text,
        "versions": directory.versions.read_text(encoding="utf-8"),
        "names": {
            "domain": config.domain_name,
            "method": config.algorithm.method,
            "measures": list(config.archive.measures),
            "metadata": list(domain.metadata_names),
        },
    }
    git = git_facts(Path(__file__).resolve())
    packages = package_versions()
    attributes = {
        "program": f"dsage_mpi {__version__}",
        "packages": ", ".join(f"{name} {version}" for name, version in packages.items()),
        "git_commit": git["commit"] if git else "unknown",
        "config_hash": config_hash(config),
        "seed": config.seed,
        "world_size": ranks,
    }
    return Header(tree, attributes)


def _restart_facts(order: RunRequest | None) -> dict[str, Any]:
    """What ``versions.json`` says of a restart that is more than going on."""
    if order is None:
        return {}
    changed = {"changed": list(order.changes)} if order.changes else {}
    origin = {} if order.origin is None else {"continues": str(order.origin.absolute())}
    return {**origin, **changed}
