"""The file format of the journal.

The file is a header and entries of varying length, all little-endian:

    header  8 bytes "DSAGEJNL", 4 version, 32 key: SHA-256 of what the results depend on
    entry   16 checksum (BLAKE2b of the rest), 4 length of result, 4 length of reason,
            8 evaluation, 16 task (BLAKE2b), 1 failed, then result and reason (UTF-8)

It ends wherever the program was killed: an unfinished entry at the end is cut off.
"""

from __future__ import annotations

import logging
import struct
from dataclasses import dataclass
from hashlib import blake2b, sha256
from pathlib import Path
from typing import Any

_log = logging.getLogger("dsage_mpi.outer")

_MAGIC = b"DSAGEJNL"
_VERSION = 1
_HEADER = struct.Struct("<8sI32s")
_ENTRY = struct.Struct("<IIQ16s?")
_DIGEST_SIZE = 16
#: No simulator's answer is longer; a longer one is a damaged length.
_MOST_BYTES = 1 << 30


@dataclass(frozen=True)
class Entry:
    """One finished evaluation.

    Attributes:
        task: Hash of its task.
        result: Bytes of its result.
        reason: Why it failed; None if it did not.
    """

    task: bytes
    result: bytes
    reason: str | None


def header_of(key: str) -> bytes:
    """The header of a journal whose entries hold under ``key``."""
    return _HEADER.pack(_MAGIC, _VERSION, sha256(key.encode()).digest())


def task_hash(task: Any) -> bytes:
    """Hash (16 bytes) of one task record."""
    return blake2b(task.tobytes(), digest_size=_DIGEST_SIZE).digest()


def read_entries(path: Path) -> dict[int, Entry]:
    """Evaluation number -> entry, of any journal, for tests and the curious."""
    with path.open("rb") as file:
        header = file.read(_HEADER.size)
    return read(path, header)[0]


def read(path: Path, header: bytes) -> tuple[dict[int, Entry], int]:
    """All whole entries, and where the last of them ends (0 if the file is of no use)."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return {}, 0
    except OSError as error:
        _log.warning("cannot read %s: %s", path, error.strerror)
        return {}, 0
    if data[: _HEADER.size] != header:
        if len(data) > _HEADER.size:
            _log.warning("%s is not the journal of this configuration: starting it afresh", path)
        return {}, 0
    entries: dict[int, Entry] = {}
    end = _HEADER.size
    while (unpacked := _unpack(data, end)) is not None:
        number, entry, end = unpacked
        entries[number] = entry
    if end < len(data):
        _log.warning(
            "%s: %d bytes after entry %d are unfinished or damaged and left out",
            path,
            len(data) - end,
            len(entries),
        )
    return entries, end


def pack(number: int, entry: Entry) -> bytes:
    """Evaluation ``number`` as bytes of the file."""
    failed = entry.reason is not None
    reason = (entry.reason or "").encode(errors="surrogatepass")
    head = _ENTRY.pack(len(entry.result), len(reason), number, entry.task, failed)
    body = head + entry.result + reason
    return blake2b(body, digest_size=_DIGEST_SIZE).digest() + body


def _unpack(data: bytes, start: int) -> tuple[int, Entry, int] | None:
    """Number, entry and end of the entry at ``start``; None if there is no whole one."""
    body = start + _DIGEST_SIZE
    if body + _ENTRY.size > len(data):
        return None
    result_size, reason_size, number, task, failed = _ENTRY.unpack_from(data, body)
    middle = body + _ENTRY.size + result_size
    end = middle + reason_size
    if max(result_size, reason_size) > _MOST_BYTES or end > len(data):
        return None
    if blake2b(data[body:end], digest_size=_DIGEST_SIZE).digest() != data[start:body]:
        return None
    reason = data[middle:end].decode(errors="surrogatepass") if failed else None
    return number, Entry(task, data[middle - result_size : middle], reason), end
