"""What a run takes of rank 0's memory, part by part, with the keys that decide it.

Arrays are counted, not libraries and not what an expression needs on the way: the sizes are lower
bounds, so that nothing is refused that would run.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dsage_mpi.config.errors import ConfigError, Problem
from dsage_mpi.config.toml_writer import toml_value
from dsage_mpi.core.levels import LevelSpace
from dsage_mpi.run.memory_limit import memory_limit
from dsage_mpi.surrogate.registry import network_facts

if TYPE_CHECKING:
    from dsage_mpi.config.schema import Config
    from dsage_mpi.core.domain import Domain

#: Bytes of a parameter while it is trained: itself, its gradient and Adam's two means, float32.
_TRAINED = 16
#: Bytes of one position of a solution while MAP-Elites draws it: numbers of 64 bits.
_DRAWN = 8


@dataclass(frozen=True)
class Part:
    """Something that takes memory.

    Attributes:
        key: TOML key that decides how much.
        value: Its value in TOML, and the other keys that count.
        what: What it is for.
        at_once: Bytes that are asked for in one piece, or needed together in a moment.
        in_all: Bytes that it comes to by the end of the run.
    """

    key: str
    value: str
    what: str
    at_once: int
    in_all: int = 0

    def __str__(self) -> str:
        return f"{self.key} = {self.value} ({self.what}, {_size(max(self.at_once, self.in_all))})"


def check_memory(config: Config, domain: Domain, source: str) -> None:
    """Refuses what cannot fit into the memory of this machine.

    Args:
        config: What is to be run.
        domain: Its domain.
        source: The input, for messages.

    Raises:
        ConfigError: Naming every key that alone asks for more than there is.
    """
    limit = memory_limit()
    if limit is None:
        return
    problems = [
        Problem(
            part.key,
            f"= {part.value}: takes {_size(part.at_once)} of memory on rank 0, for {part.what}, "
            f"and there are {_size(limit)}; lower it, or run where there is more",
        )
        for part in parts(config, domain)
        if part.at_once > limit
    ]
    if problems:
        raise ConfigError(problems, source)


def shortage(config: Config, domain: Domain) -> str:
    """What to say of a run that fits at first, but will not in the end; empty if it does."""
    limit, found = memory_limit(), list(parts(config, domain))
    total = sum(part.in_all for part in found)
    if limit is None or total <= limit:
        return ""
    return (
        f"rank 0 will need {_size(total)} of memory by the end of the run, and there are "
        f"{_size(limit)}; most is for {largest(config, domain, 1)}"
    )


def largest(config: Config, domain: Domain, count: int = 3) -> str:
    """The parts that take most, in words, for who has run out of memory."""
    found = sorted(parts(config, domain), key=lambda p: max(p.at_once, p.in_all), reverse=True)
    return ", ".join(map(str, found[:count]))


def parts(config: Config, domain: Domain) -> Iterator[Part]:
    """All that takes memory on rank 0 and depends on a key."""
    yield _archives(config, domain)
    yield from _evaluations(config, domain)
    yield from _batches(config, domain)
    if config.uses_surrogate and config.surrogate.device != "cuda":  # there it is the GPU's
        yield from _networks(config, domain)


def _archives(config: Config, domain: Domain) -> Part:
    archive = config.archive
    cells, size = archive.cell_count, toml_value(getattr(archive, archive.SIZE))
    fields = (_solution(domain), _level(domain), 8 * len(domain.metadata_names), 8 * 6)
    written = min(cells, config.algorithm.max_evaluations)
    count = 2 if config.uses_surrogate else 1
    return Part(
        f"archive.{archive.SIZE}",
        size,
        f"archives of {_number(cells)} cells",
        at_once=cells * max(fields),
        in_all=count * (written * sum(fields) + 5 * cells),
    )


def _evaluations(config: Config, domain: Domain) -> Iterator[Part]:
    """Record and data set grow with the evaluations, but the data set is reserved at once."""
    budget = config.algorithm.max_evaluations
    numbers = 8 * (3 + len(domain.metadata_names))
    record = _solution(domain) + _level(domain) + domain.result_dtype.itemsize + numbers
    space = LevelSpace.of(domain, config.surrogate.planes)
    grid = 4 * math.prod(space.grid_shape)
    seen = 4 * (space.channels - space.tile_count) * math.prod(space.shape)
    on_host = config.uses_surrogate and config.surrogate.device != "cuda"
    yield Part(
        "algorithm.max_evaluations",
        str(budget),
        "record and data set of all evaluations",
        at_once=budget * max(grid, seen, _level(domain)) if on_host else 0,
        in_all=budget * (record + (grid + seen + _level(domain) + 24 if on_host else 0)),
    )
    if config.uses_surrogate:
        count = config.algorithm.initial_solutions
        size = count * _solution(domain)
        yield Part("algorithm.initial_solutions", str(count), "the first batch", size)


def _batches(config: Config, domain: Domain) -> Iterator[Part]:
    emitters, dim = config.emitters, domain.solution_dim
    emitted = emitters.count * emitters.batch_size
    row = dim * _DRAWN if emitters.kind == "map_elites" else _solution(domain)
    row += _level(domain) if config.uses_surrogate else 0
    value = f"{emitters.count}, emitters.batch_size = {emitters.batch_size}"
    what = f"batches of {_number(emitted)} solutions"
    yield Part("emitters.count", value, what, emitted * row)
    if emitters.kind == "cma_me":
        size = emitters.count * 3 * 8 * dim**2
        yield Part("emitters.count", str(emitters.count), "matrices of the emitters", size)


def _networks(config: Config, domain: Domain) -> Iterator[Part]:
    from dsage_mpi.surrogate.demand import demand  # loads torch

    settings = config.surrogate
    space = LevelSpace.of(domain, settings.planes)
    takes = demand(settings, space, 1 + len(config.archive.measures))
    path = network_facts(settings.kind).size_key
    size: Any = settings.model_dump()
    for key in path.split("."):
        size = size[key] if isinstance(size, dict) and size.get(key) is not None else {}
    what, value = "the networks while they learn", toml_value(size) if size != {} else "..."
    yield Part(f"surrogate.{path}", value, what, takes.weights * _TRAINED)
    number = 2 if settings.train_precision == "bfloat16" else 4
    window, budget = settings.recent_samples, config.algorithm.max_evaluations
    batch = min(settings.batch_size, budget, budget if window == "all" else window)
    value = str(settings.batch_size)
    yield Part("surrogate.batch_size", value, "a training step", batch * takes.kept * number)
    if settings.predict_batch != "auto":
        value, bytes_ = str(settings.predict_batch), settings.predict_batch * takes.widest * 2
        yield Part("surrogate.predict_batch", value, "a prediction pass", bytes_)


def _solution(domain: Domain) -> int:
    return domain.solution_dim * domain.solution_dtype.itemsize


def _level(domain: Domain) -> int:
    space = LevelSpace.of(domain)
    return math.prod(space.shape) * space.dtype.itemsize


def _number(value: int) -> str:
    return f"{value:,}".replace(",", " ")


def _size(size: int) -> str:
    return f"{size / 1e9:,.1f} GB".replace(",", " ") if size < 1e15 else f"{size / 1e9:.0e} GB"
