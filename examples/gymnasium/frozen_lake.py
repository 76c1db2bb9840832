"""Maps of FrozenLake, a Gymnasium environment. See docs/tutorials/own_environment.md."""

from __future__ import annotations

import gymnasium
import numpy as np
from pydantic import Field
from scipy.sparse.csgraph import shortest_path

from dsage_mpi import DomainBase, Measure

ICE, HOLE, START, GOAL = range(4)
SIZE, MOST_STEPS, FAR = 8, 150, 200
COLOURS = np.array([[222, 238, 247], [38, 70, 110], [242, 142, 43], [76, 160, 84]], np.uint8)


class FrozenLake(DomainBase):
    """8 x 8 tiles of slippery ice and holes; the agent walks from one corner to the other."""

    MEASURES = {
        "holes": Measure(0, SIZE**2, "tiles", "holes in the ice"),
        "steps": Measure(0, MOST_STEPS, "steps", "mean length of an episode"),
    }
    TILES = 4  # a solution has ice and holes; a level has start and goal, too
    OCCUPANCY = True
    SECONDS = 0.03

    class Settings(DomainBase.Settings):
        """Keys of ``[domain]``."""

        episodes: int = Field(20, ge=1, description="Episodes per evaluation.")

    def sample(self, rng):
        """A random map: anything from bare ice to many holes."""
        return (rng.random((SIZE, SIZE)) < rng.uniform(0, 0.5)).astype(int)

    def level(self, solution):
        """The map with start and goal."""
        level = solution.copy()
        level[0, 0], level[-1, -1] = START, GOAL
        return level

    def simulate(self, level, seed):
        """Episodes of one agent; maps that it masters are the good ones."""
        rows = ["".join("FHSG"[tile] for tile in row) for row in level]
        env = gymnasium.make("FrozenLake-v1", desc=rows, max_episode_steps=MOST_STEPS)
        policy = careful_policy(env.unwrapped.P, level)
        visits, reached = np.zeros(SIZE**2), 0
        for episode in range(self.settings.episodes):
            state, _ = env.reset(seed=seed % 2**31 if episode == 0 else None)
            over = False
            while not over:
                visits[state] += 1
                state, reward, ended, truncated, _ = env.step(policy[state])
                over = ended or truncated
            reached += reward > 0
        visits = visits.reshape(SIZE, SIZE) / self.settings.episodes
        success, holes = reached / self.settings.episodes, (level == HOLE).sum()
        return {"objective": success, "holes": holes, "steps": visits.sum(), "occupancy": visits}

    def draw(self, level):
        """Discs on ice: holes, start, goal."""
        y, x = np.mgrid[-1:1:24j, -1:1:24j]
        disc, edge = (np.tile(m, level.shape) for m in (x**2 + y**2 < 0.7, np.maximum(x, y) > 0.95))
        colours = COLOURS[level].repeat(24, axis=0).repeat(24, axis=1)
        picture = np.where(disc[..., None], colours, COLOURS[ICE])
        return np.where(edge[..., None], 255, picture).astype(np.uint8)


def careful_policy(transitions, level):
    """For each tile the move after which the goal is nearest on average, holes being far."""
    steps = np.zeros((SIZE**2, SIZE**2))
    for state, moves in transitions.items():
        for _, after, _, _ in (outcome for move in moves.values() for outcome in move):
            steps[state, after] = level.flat[after] != HOLE
    distance = np.minimum(shortest_path(steps)[:, -1], FAR)
    return [
        min(moves, key=lambda m: sum(p * distance[after] for p, after, _, _ in moves[m]))
        for moves in transitions.values()
    ]
