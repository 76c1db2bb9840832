"""Work of rank 0 that other ranks may share: the contract between who has it and who spreads it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

#: Anything, as plain bytes ((n,) uint8).
Bytes = NDArray[np.uint8]


class NotWantedError(Exception):
    """Raised by a service that gave up because something more urgent waits for its rank."""


class Service(Protocol):
    """What a rank computes for rank 0 beside its simulations.

    An answer depends on state and request alone: rank 0 may compute any of them itself instead.
    What either method raises, but for `NotWantedError`, ends this rank's service, and costs
    nothing else.
    """

    def load(self, state: Bytes) -> None:
        """Takes what all later requests are about."""
        ...

    def __call__(self, request: Bytes, is_wanted: Callable[[], bool]) -> Bytes:
        """Answers one request.

        Args:
            request: What to answer.
            is_wanted: Whether this rank has nothing more urgent to do; to be asked now and then
                by what takes long.

        Raises:
            NotWantedError: It had.
        """
        ...


class Compute(Protocol):
    """Rank 0's side of it.

    Attributes:
        ranks: How many compute at most, this one included.
    """

    ranks: int

    def load(self, state: Bytes) -> None:
        """Sets the state of all later requests, wherever they are answered."""
        ...

    def map(
        self,
        requests: Sequence[Bytes],
        local: Callable[[int], NDArray[Any]],
        *,
        prefetch: int = 1,
        on_wait: Callable[[], None] = lambda: None,
    ) -> list[NDArray[Any] | Bytes]:
        """Answers all requests, here and on ranks that have nothing else to do.

        An answer that this rank has given, or begun to give, is the one that is returned.

        Args:
            requests: What to answer.
            local: Answers the k-th of them here, once at most; what it raises is raised.
            prefetch: Requests that wait at a rank while it answers another.
            on_wait: Called while this rank waits for others; what it raises is raised.

        Returns:
            The answers in the order of the requests: what ``local`` gave, or bytes.
        """
        ...

    def poll(self) -> None:
        """Keeps other ranks at the requests of ``map``; for a ``local`` that takes long."""
        ...
