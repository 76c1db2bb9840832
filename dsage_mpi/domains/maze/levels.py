"""Levels: endpoints, geometry, tile codes, the marked path and the depth-first order.

A level is a 16x16 grid of 0 (empty) and 1 (wall), row 0 at the top; cell ``(row, col)`` has the id
``16 * row + col``. Start and goal are the first diametral pair of its graph (maze.md section 1.2).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from dsage_mpi.domains.maze import _native

SIDE = 16
CELLS = SIDE * SIDE

EMPTY, WALL, START, GOAL, PATH = 0, 1, 2, 3, 4


@dataclass(frozen=True)
class LevelGeometry:
    """What the walls alone decide about ``n`` levels.

    Attributes:
        start: (n,) int16 cell id of the start, -1 where the level is degenerate.
        goal: (n,) int16 cell id of the goal, -1 where the level is degenerate.
        optimal_path_length: (n,) int16 moves from start to goal, -1 where degenerate.
        n_reachable: (n,) int16 cells connected to the start (both ends counted), 0 if degenerate.
        reachable: (n, 16, 16) bool, those cells.
    """

    start: NDArray[np.int16]
    goal: NDArray[np.int16]
    optimal_path_length: NDArray[np.int16]
    n_reachable: NDArray[np.int16]
    reachable: NDArray[np.bool_]

    @property
    def solvable(self) -> NDArray[np.bool_]:
        """(n,) bool: two adjacent free cells exist, so that the level can be played."""
        return np.asarray(self.start >= 0)


def as_levels(levels: NDArray[Any]) -> NDArray[np.uint8]:
    """Returns ``levels`` as contiguous (n, 16, 16) uint8 of 0 and 1.

    Args:
        levels: (n, 16, 16) or (n, 256) numbers, 0 for empty and 1 for wall.

    Raises:
        ValueError: if the shape is another one or a value is neither 0 nor 1.
    """
    levels = given = np.asarray(levels)
    if levels.shape[1:] not in ((SIDE, SIDE), (CELLS,)):
        raise ValueError(
            f"maze levels have shape (n, {SIDE}, {SIDE}) or (n, {CELLS}), not {levels.shape}"
        )
    if levels.dtype.kind not in "biuf":
        raise ValueError(f"maze levels are numbers 0 and 1, not of type {levels.dtype}")
    if levels.dtype in (np.uint8, np.int8, np.bool_):
        levels = levels.view(np.uint8)  # -1 as 255
        strange = levels.max(initial=0) > 1
    else:
        strange = not ((levels == 0) | (levels == 1)).all()
    if strange:
        _refuse(given)
    return np.ascontiguousarray(levels, dtype=np.uint8).reshape(-1, SIDE, SIDE)


#: Characters of walls in mazes that people write; all others are free cells.
_WALLS = "#X1"


def from_text(text: str) -> NDArray[np.uint8]:
    """Reads a maze ((1, 16, 16) of 0 and 1) written as 16 rows of 16 characters.

    Raises:
        ValueError: if it has another size; says where.
    """
    lines = text.removeprefix("\ufeff").replace("\r", "").rstrip("\n").split("\n")
    if len(lines) != SIDE:
        raise ValueError(f"{len(lines)} rows; expected {SIDE}")
    for row, line in enumerate(lines):
        if len(line) != SIDE:
            raise ValueError(f"row {row + 1} has {len(line)} columns; expected {SIDE}")
    return np.array([[[c in _WALLS for c in line] for line in lines]], np.uint8)


def _refuse(levels: NDArray[Any]) -> NoReturn:
    flat = levels.reshape(len(levels), CELLS)
    index, cell = np.argwhere((flat != 0) & (flat != 1))[0]
    row, col = divmod(int(cell), SIDE)
    raise ValueError(
        f"maze level {index + 1} has {flat[index, cell]} at row {row + 1}, column {col + 1}; "
        "a level holds only 0 (empty) and 1 (wall)"
    )


def analyse(levels: NDArray[Any]) -> LevelGeometry:
    """Finds endpoints and the playable part of every level (maze.md section 1.2).

    Args:
        levels: (n, 16, 16) or (n, 256), 0 for empty and 1 for wall.

    Raises:
        ValueError: if the shape is another one or a value is neither 0 nor 1.
    """
    start, goal, distance, count, reachable = _native.analyse(as_levels(levels))
    return LevelGeometry(start, goal, distance, count, reachable.view(np.bool_))


def mark_endpoints(levels: NDArray[Any], geometry: LevelGeometry) -> NDArray[np.int8]:
    """Tile codes ((n, 16, 16) int8): 0 empty, 1 wall, 2 start, 3 goal (degenerate: no marks)."""
    marked = as_levels(levels).astype(np.int8)
    flat = marked.reshape(-1, CELLS)
    (played,) = np.nonzero(geometry.solvable)
    flat[played, geometry.start[played]] = START
    flat[played, geometry.goal[played]] = GOAL
    return marked


def mark_optimal_path(levels: NDArray[Any], geometry: LevelGeometry) -> NDArray[np.int8]:
    """Tile codes with the marked optimal path as 4 ((n, 16, 16) int8, maze.md section 1.3).

    Runs Floyd-Warshall (milliseconds per level): its update order decides which of several optimal
    paths is marked.
    """
    ends = (np.ascontiguousarray(cells) for cells in (geometry.start, geometry.goal))
    on_path = _native.marked_paths(as_levels(levels), *ends)
    marked = mark_endpoints(levels, geometry)
    marked[on_path.view(np.bool_)] = PATH
    return marked


def depth_first_order(levels: NDArray[Any], geometry: LevelGeometry) -> NDArray[np.int16]:
    """Cell ids in depth-first order from the start ((n, 256) int16, -1 after the last one).

    Neighbours are tried in the order up, left, right, down (maze.md section 1.4).
    """
    order: NDArray[np.int16] = _native.depth_first(
        as_levels(levels), np.ascontiguousarray(geometry.start)
    )
    return order
