"""A worker's heartbeat while its simulator takes long."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator


class Heartbeat:
    """Calls ``beat`` now and then from a thread of its own, while the main thread simulates.

    Never while the main thread does anything else: MPI sees one thread at a time.

    Args:
        beat: Must be quick; what it raises ends the beating.
        seconds: Time between two beats. What takes less than that never causes one.
    """

    def __init__(self, beat: Callable[[], None], seconds: float) -> None:
        self._beat = beat
        self._seconds = seconds
        self._lock = threading.Lock()
        self._busy_since: float | None = None
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)
        self._thread.start()

    @contextlib.contextmanager
    def simulating(self) -> Iterator[None]:
        """The main thread calls nothing of MPI in here, but within ``calling``."""
        with self._lock:
            self._busy_since = time.perf_counter()
        try:
            yield
        finally:
            with self._lock:
                self._busy_since = None

    @contextlib.contextmanager
    def calling(self) -> Iterator[None]:
        """The main thread may call MPI in here, briefly, while it is ``simulating``."""
        with self._lock:
            yield

    def close(self) -> None:
        """No beat comes after this."""
        self._closed.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._closed.wait(self._seconds):
            with self._lock:
                since = self._busy_since
                if since is not None and time.perf_counter() - since >= self._seconds:
                    self._beat()
