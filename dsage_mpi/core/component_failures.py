"""Failures of components that others wrote: which component, what it was doing, where it failed."""

from __future__ import annotations

import sysconfig
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

_PACKAGE = Path(__file__).resolve().parent.parent
#: Folders whose code is nobody's own: this package, installed ones, Python itself.
_NOT_THEIRS = (
    str(_PACKAGE),
    *(sysconfig.get_path(name) for name in ("purelib", "platlib", "stdlib", "platstdlib")),
)
#: Frames that a message shows.
_MOST_FRAMES = 4


class ComponentFailedError(Exception):
    """A component of somebody's failed; the message names it and shows its author's lines."""


@contextmanager
def failures_of(what: str, raised: type[Exception] = ComponentFailedError) -> Iterator[None]:
    """Names the component when the block fails.

    Errors of this package's own classes pass as they are: a component may call what a user stops.

    Args:
        what: The component and what it is asked for, e.g. ``emitters.kind = "blocks:B", ask()``.
        raised: What is raised for whatever else the block raises, with a few lines of it.
    """
    try:
        yield
    except MemoryError:
        raise
    # SystemExit, too: a component that ends the program would end the run as if it were done.
    except (Exception, SystemExit) as error:
        if type(error).__module__.partition(".")[0] == __name__.partition(".")[0]:
            raise
        raise raised(f"{what} failed: {told(error)}") from None


class Guarded:
    """A component of somebody's, every method of which is called in ``failures_of``.

    Args:
        component: The component.
        what: What messages call it.
    """

    def __init__(self, component: Any, what: str) -> None:
        self._component, self._what = component, what

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._component, name)
        return partial(self._call, name, found) if callable(found) else found

    def _call(self, name: str, method: Any, *arguments: Any, **named: Any) -> Any:
        with failures_of(f"{self._what}, {name}()"):
            return method(*arguments, **named)


def told(error: BaseException) -> str:
    """The error in one line, and below it the lines of the author's code that led to it."""
    text = "".join(traceback.format_exception_only(error)).strip()
    frames = traceback.extract_tb(error.__traceback__)
    theirs = [frame for frame in frames if not frame.filename.startswith(_NOT_THEIRS)]
    elsewhere = [frame for frame in frames if not frame.filename.startswith(str(_PACKAGE))]
    shown = (theirs or elsewhere)[-_MOST_FRAMES:]
    return text + "".join(f"\n{line}".rstrip() for line in traceback.format_list(shown))
