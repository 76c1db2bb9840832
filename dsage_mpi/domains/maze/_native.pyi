"""Types of the native extension (sources: native/)."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

def analyse(levels: NDArray[np.uint8]) -> tuple[Any, Any, Any, Any, Any]: ...
def marked_paths(
    levels: NDArray[np.uint8], start: NDArray[np.int16], goal: NDArray[np.int16]
) -> NDArray[np.uint8]: ...
def planes(
    levels: NDArray[np.uint8],
    start: NDArray[np.int16],
    goal: NDArray[np.int16],
    steps: float,
    length: float,
) -> NDArray[np.float32]: ...
def depth_first(levels: NDArray[np.uint8], start: NDArray[np.int16]) -> NDArray[np.int16]: ...
def replay(
    level: NDArray[np.uint8], direction: int, actions: NDArray[np.uint8]
) -> tuple[NDArray[np.int16], NDArray[np.float64], NDArray[np.uint8]]: ...
def views(level: NDArray[np.uint8], states: NDArray[np.int16]) -> NDArray[np.uint8]: ...
def philox(seed: int, stream: int, n: int) -> NDArray[np.uint64]: ...
def direction_stream(n: int) -> NDArray[np.uint32]: ...
def supported_isas() -> str: ...

class Agent:
    def __init__(
        self,
        weights: dict[str, NDArray[np.float32]],
        isa: str = "auto",
        bf16: bool = False,
        cached_views: int = 6144,
    ) -> None: ...
    @property
    def isa(self) -> str: ...
    def rollouts(
        self,
        levels: NDArray[np.uint8],
        seeds: NDArray[np.uint64],
        episodes: int,
        rows: int = 128,
        levels_in_flight: int = 32,
        share: bool = True,
        turns: bool = False,
        trace: bool = False,
    ) -> dict[str, Any]: ...
    def original(
        self,
        levels: NDArray[np.uint8],
        seeds: NDArray[np.uint64],
        episodes: int,
        rows: int = 200,
        turns: bool = False,
        trace: bool = False,
    ) -> dict[str, Any]: ...
    def replay_original(
        self, level: NDArray[np.uint8], episodes: int, actions: NDArray[np.uint8], noted: int = 0
    ) -> dict[str, Any]: ...
    def forward(
        self,
        views: NDArray[np.uint8],
        codes: NDArray[np.uint8],
        hidden: NDArray[np.float32],
        cell: NDArray[np.float32],
    ) -> dict[str, Any]: ...
