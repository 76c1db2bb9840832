"""Finds a network's tensors in what people save: under other keys, renamed, without their module.

``DataParallel`` puts ``module.`` before every name, ``torch.compile`` ``_orig_mod.``; checkpoints
keep the state dict under ``state_dict``, ``netG`` or ``model``, beside an optimizer's; and tools
that take no colons in names write dots. ``network.main.state_dict()`` lacks ``main.``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from dsage_mpi.core.domain import DomainError

#: Tables in each other that are looked into.
_DEEPEST = 4


def unwrapped(
    loaded: Mapping[str, Any],
    names_of: Callable[[Mapping[str, Any]], Collection[str]],
    told: str,
    error: type[DomainError],
) -> dict[str, Any]:
    """The tensors of one network by their own names, wherever in ``loaded`` they are.

    What belongs to no network that is looked for stays as it is, for others to complain about.

    Args:
        loaded: What a file holds.
        names_of: The names that a network has whose tensors these, perhaps with prefixes, may be.
        told: The file and what it is for, for messages.
        error: What to raise.

    Raises:
        DomainError: as ``error``, if the file has several such networks.
    """
    found = [(where, *_renamed(table, names_of(table))) for where, table in _tables(loaded)]
    most = max(count for _, _, count in found)
    if most == 0:
        return dict(loaded)
    best = [(where, tensors) for where, tensors, count in found if count == most]
    if len(best) > 1:
        several = ", ".join(repr(where) for where, _ in best)
        raise error(f"{told}: holds several such networks ({several}); save one of them alone")
    return best[0][1]


def dotted(name: str) -> str:
    """``name`` with dots for the colons of the published names."""
    return name.replace(":", ".")


def _tables(loaded: Mapping[str, Any], where: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """(path, table) of ``loaded`` and of all tables in it."""
    yield where, loaded
    if where.count("/") < _DEEPEST:
        for name, value in loaded.items():
            if isinstance(value, Mapping):
                yield from _tables(value, f"{where}/{name}")


def _renamed(table: Mapping[str, Any], names: Collection[str]) -> tuple[dict[str, Any], int]:
    """``table`` without the prefix that most of ``names`` have in it, and how many have it."""
    own = {dotted(name): name for name in names}
    prefixes = _prefixes(table, own)
    if not prefixes and len(roots := {name.partition(".")[0] for name in own}) == 1:
        # The one module that all of the network is in, saved without it.
        root = f"{roots.pop()}."
        own = {short.removeprefix(root): name for short, name in own.items()}
        prefixes = _prefixes(table, own)
    if not prefixes:
        return dict(table), 0
    (prefix, count), *_ = prefixes.most_common(1)
    inside = {
        dotted(key)[len(prefix) :]: (key[len(prefix) :], value)
        for key, value in table.items()
        if dotted(key).startswith(prefix)
    }
    return {own.get(short, key): value for short, (key, value) in inside.items()}, count


def _prefixes(table: Mapping[str, Any], names: Collection[str]) -> Counter[str]:
    """What stands before ``names`` in ``table``, and how often."""
    prefixes: Counter[str] = Counter()
    for key in map(dotted, table):
        for name in names:
            if key == name or key.endswith(f".{name}"):
                prefixes[key.removesuffix(name)] += 1
    return prefixes


def listing(problems: Collection[str]) -> str:
    """Some problems for a message, in four lines at most."""
    shown = list(problems)[:6]
    lines = ["; ".join(shown[k : k + 2]) for k in range(0, len(shown), 2)]
    if len(problems) > len(shown):
        lines.append(f"... and {len(problems) - len(shown)} more")
    return "\n  ".join(lines)


def some_names(tensors: Mapping[str, Any]) -> str:
    """What a file has instead, in a few words."""
    names = [name if len(name) <= 40 else f"{name[:37]}..." for name in map(str, tensors)]
    rest = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"{', '.join(names[:3])}{rest}" if names else "nothing"
