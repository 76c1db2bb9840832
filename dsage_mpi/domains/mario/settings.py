"""Settings of the Mario domain (the TOML table ``[domain]`` with ``name = "mario"``)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator, model_validator

from dsage_mpi.core.cost_facts import CostFacts
from dsage_mpi.core.domain import Measure
from dsage_mpi.core.settings import Settings, problems_error
from dsage_mpi.domains.mario.records import HEIGHT, WIDTH

SOLUTION_KIND: Literal["discrete", "continuous"] = "continuous"

#: Numbers in a solution: the latent vector of the level generator.
LATENTS = 32
SOLUTION_DIM = LATENTS
#: Entry of ``generator`` and ``jar`` that stands for what comes with the package.
BUILTIN = "builtin"

#: Quantities that an archive can be spanned by (mario.md section 12). Where there are several
#: rollouts, each is the mean over them; flags are 0 or 1 in one rollout.
MEASURES: dict[str, Measure] = {
    "sky_tiles": Measure(0, 9 * WIDTH, "tiles", "tiles in the upper nine rows that are not empty"),
    "num_enemies": Measure(0, HEIGHT * WIDTH, "tiles", "enemies in the level"),
    "enemies_killed": Measure(0, 1000, "enemies", "enemies killed: stomped, shot, hit or fallen"),
    "coins_collected": Measure(0, 1, "coins", "coin tiles as published, where it is always 0"),
    "jumps": Measure(0, 666, "jumps", "jumps with head room"),
    "jumped": Measure(0, 1, "flag", "1 if there was a jump at all"),
    "high_jump": Measure(0, 1, "flag", "1 if a jump lasted more than 12 ticks"),
    "long_jump": Measure(0, 1, "flag", "1 if a jump was longer than 120 pixels"),
    "stomped": Measure(0, 1, "flag", "1 if an enemy was stomped"),
    "shell_kill": Measure(0, 1, "flag", "1 if a shell killed an enemy"),
    "fall_kill": Measure(0, 1, "flag", "1 if an enemy fell out of the level"),
    "mushroom": Measure(0, 1, "flag", "1 if a mushroom was collected"),
    "coin": Measure(0, 1, "flag", "1 if there were coins as published, where there never are"),
    "kl_level1": Measure(0, 40, "nats", "divergence of the tiles from the first original level"),
    "kl_level3": Measure(0, 40, "nats", "divergence of the tiles from the third original level"),
    "completion": Measure(0, 1, "fraction", "how far the agent came, which is the objective too"),
    "win_rate": Measure(0, 1, "fraction", "rollouts that reach the exit"),
    "ticks": Measure(0, 1000, "ticks", "length of a rollout; 33 ticks are an in-game second"),
    "coins": Measure(0, HEIGHT * WIDTH, "coins", "coins, from tiles and blocks"),
}

#: Published name of a measure -> ours; both are accepted in ``archive.measures``.
MEASURE_ALIASES: dict[str, str] = {
    "calc_higher_level_non_empty_blocks": "sky_tiles",
    "calc_num_enemies": "num_enemies",
    "calc_enemies_killed": "enemies_killed",
    "calc_coins_collected": "coins_collected",
    "calc_num_jumps": "jumps",
    "calc_jump": "jumped",
    "calc_high_jump": "high_jump",
    "calc_long_jump": "long_jump",
    "calc_stomp": "stomped",
    "calc_shell_kill": "shell_kill",
    "calc_fall_kill": "fall_kill",
    "calc_mushroom": "mushroom",
    "calc_coin": "coin",
    "calc_kldivergent_level1": "kl_level1",
    "calc_kldivergent_level3": "kl_level3",
}

#: Keys that a restart may change: they decide what fails, not what a game's result is.
CHANGEABLE = ("simulator.heap_mb", "simulator.deadline_seconds")

#: CPU time of one game with 1250 nodes per tick on the development machine (docs/mario.md): 0.01 s
#: where the agent gets through, 0.2 s and more where it is stuck.
_SECONDS_PER_GAME = 0.03
#: Milliseconds per tick of the published agent, which a jar of one's own has, too.
PUBLISHED_MS = 40
#: Wall time of one game of it (mario.md section 13); with our engine in proportion to its limit.
_SECONDS_PER_WALLCLOCK_GAME = 1.3


class SimulatorSettings(Settings):
    """The Java engine and its planning agent, or a jar of the user's own."""

    jar: str = Field(
        BUILTIN,
        min_length=1,
        description="builtin: our engine and A* agent; else the path of a jar with the public "
        "interface of the Mario AI Framework (engine.core.MarioGame), which then needs agent.",
    )
    agent: str | None = Field(
        None,
        min_length=1,
        description="With a jar of your own: which agents.NAME.Agent plays, e.g. robinBaumgarten.",
    )
    planner: Literal["nodes", "wallclock"] = Field(
        "nodes",
        description="What ends our agent's search in each tick. nodes: budget search nodes, so "
        "that a game is the same each time; wallclock: budget_ms milliseconds, so that results "
        "depend on the machine and its load, as published. A jar of your own has its own 40 ms.",
    )
    budget: int = Field(
        1250,
        ge=1,
        le=1_000_000,
        description="planner = nodes: search nodes per tick. About 1000 (busy machine) to 1850 "
        "(idle one) are what the published 40 ms bought (docs/mario.md).",
    )
    budget_ms: int = Field(
        1,
        ge=1,
        le=10_000,
        description="planner = wallclock: milliseconds per tick. In 1 ms our engine takes about "
        "the nodes that the published one takes in its 40 ms (docs/mario_agent.md); more "
        "milliseconds make another, more thorough agent.",
    )
    budget_spread: float = Field(
        0.0,
        ge=0,
        le=2,
        description="planner = nodes: standard deviation of the logarithm of a rollout's budget, "
        "drawn anew for each rollout (seeded): rollouts then differ about as the published ones "
        "did, by 0.2 (idle machine) to 0.4 (busy one). 0: all rollouts alike, played once.",
    )
    timer_seconds: int = Field(
        20, ge=1, le=1000, description="In-game seconds until a rollout ends."
    )
    start_state: Literal[0, 1, 2] = Field(
        0, description="Mario at the start: 0 small, 1 large, 2 with fire."
    )
    heap_mb: int = Field(
        256, ge=32, le=65_536, description="Memory of each rank's Java heap, in MB."
    )
    deadline_seconds: float = Field(
        300.0,
        gt=0,
        description="A Java process that takes longer for one evaluation, in CPU time, or that "
        "is idle for so long counts as hung: it is started afresh, the evaluation tried once more "
        "and then recorded as failed.",
    )

    @field_validator("jar")
    @classmethod
    def _absolute(cls, jar: str) -> str:
        return jar if jar == BUILTIN else _absolute_path(jar)

    @model_validator(mode="after")
    def _fits_together(self) -> SimulatorSettings:
        problems = []
        if self.jar == BUILTIN and self.agent is not None:
            message = f'= "{self.agent}": only a jar of your own has other agents; '
            problems.append(("agent", message + "leave it out or set jar too"))
        if self.jar != BUILTIN and self.agent is None:
            message = "is missing: jar needs the name of an agent in it, e.g. "
            problems.append(("agent", message + 'agent = "robinBaumgarten"'))
        if self.budget_spread and (self.jar != BUILTIN or self.planner == "wallclock"):
            message = f"= {self.budget_spread:g}: rollouts differ by themselves here; "
            problems.append(("budget_spread", message + "expected 0 (or leave it out)"))
        if problems:
            raise problems_error(problems)
        return self

    @property
    def deterministic(self) -> bool:
        """Whether the result of a task depends on the task alone."""
        return self.jar == BUILTIN and self.planner == "nodes"


class MarioSettings(Settings):
    """Platform levels from a latent space, played by a planning agent in a Java engine."""

    name: Literal["mario"] = Field(description="Selects this domain.")
    generator: str = Field(
        BUILTIN,
        min_length=1,
        description="builtin: the level generator that comes with the package; else the path of "
        "a published netG state dict or of a file that train-generator wrote.",
    )
    rollouts: int = Field(
        5,
        ge=1,
        le=1000,
        description="Games per evaluation. With a node budget and no spread they are all the "
        "same game, which is played once.",
    )
    simulator: SimulatorSettings = Field(
        default_factory=lambda: SimulatorSettings(),
        description="The engine and the agent that plays.",
    )

    @field_validator("generator")
    @classmethod
    def _absolute(cls, generator: str) -> str:
        """Makes a path absolute, so that a restart from another folder finds the same file."""
        return generator if generator == BUILTIN else _absolute_path(generator)


SETTINGS = MarioSettings


def _absolute_path(path: str) -> str:
    # Unlike Path.expanduser, leaves a "~name" that no user has as it is: it is missed as a file.
    return str(Path(os.path.expanduser(path)).absolute())


def cost_facts(settings: MarioSettings) -> CostFacts:
    """What one evaluation costs, for estimates before a run."""
    simulator = settings.simulator
    if simulator.deterministic:
        games = settings.rollouts if simulator.budget_spread else 1
        seconds = games * _SECONDS_PER_GAME * simulator.budget / 1250
        basis = f"{games} game(s) of {simulator.budget} nodes per tick at most"
    else:
        limit = simulator.budget_ms if simulator.jar == BUILTIN else PUBLISHED_MS
        seconds = settings.rollouts * _SECONDS_PER_WALLCLOCK_GAME * limit / PUBLISHED_MS
        basis = f"{settings.rollouts} games of {limit} ms per tick at most"
    return CostFacts(
        seconds=seconds,
        level_shape=(HEIGHT, WIDTH),
        tile_count=17,
        solution_bytes=8 * LATENTS,
        basis=basis,
        planes=4,
    )
