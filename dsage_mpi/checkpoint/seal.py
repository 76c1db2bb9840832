"""The seal: 512 readable bytes at the head of a checkpoint, with a SHA-256 of all the others.

It is checked before HDF5 sees the file: a flipped bit anywhere is noticed, also in HDF5's own
structures, which HDF5 1.10 reads unchecked and may crash on. HDF5 skips such a head by itself
(its "user block"), so that h5dump and h5py read the file as it is.

    tail -c +513 FILE | sha256sum       the same digits as in the second line of FILE
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from dsage_mpi.core.state import CheckpointError

FORMAT = "dsage_mpi checkpoint"
SCHEMA = 3
#: Length of the head in bytes; HDF5 allows powers of two from 512 on.
HEAD_BYTES = 512
_HDF5_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_UNFINISHED = f"{FORMAT}, unfinished\n".encode()


def mark_unfinished(path: Path) -> None:
    """Fills the head of a file that is being written."""
    _write_head(path, _UNFINISHED.ljust(HEAD_BYTES))


def seal(path: Path) -> None:
    """Fills the head of a finished file; the file must not change any more.

    Raises:
        OSError: It cannot be read or written.
    """
    _write_head(path, _head(*_measure(path)))


def check_seal(path: Path) -> None:
    """Checks every byte of the file.

    Raises:
        CheckpointError: Foreign, newer, older, unfinished, truncated or damaged file.
        OSError: It cannot be read.
    """
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    _check_kind(path, head)
    digest, size = _measure(path)
    expected = _head(digest, size)
    if head == expected:
        return
    announced = _field(head, b"bytes after this head: ")
    if announced.isdigit() and int(announced) != size:
        raise CheckpointError(
            f"{path} is damaged: it has {size} bytes after its head, {int(announced)} were written"
        )
    where = "its head does" if digest.encode() in head else "its bytes do"
    raise CheckpointError(f"{path} is damaged: {where} not match its checksum")


def _check_kind(path: Path, head: bytes) -> None:
    if not head:
        raise CheckpointError(f"{path} is empty")
    if head.startswith(_HDF5_SIGNATURE):
        raise CheckpointError(
            f"{path} is an HDF5 file, but no {FORMAT} of this version: one without a seal is "
            "foreign, or of schema 1 (before the first release), which is no longer read"
        )
    if head.startswith(_UNFINISHED):
        raise CheckpointError(f"{path} was not written to its end")
    if not head.startswith(f"{FORMAT}, schema ".encode()):
        raise CheckpointError(f"{path} is no {FORMAT}, or damaged at its beginning")
    schema = _field(head, f"{FORMAT}, schema ".encode())
    if schema != str(SCHEMA).encode():
        older = schema.isdigit() and int(schema) < SCHEMA
        remedy = "go on with the version that wrote it" if older else "update dsage_mpi"
        raise CheckpointError(
            f"{path} has schema {schema.decode('ascii', 'replace')}, this version reads schema "
            f"{SCHEMA}: {remedy} (or the file is damaged)"
        )


def _field(head: bytes, name: bytes) -> bytes:
    """What follows ``name`` in its line; empty if there is no such line."""
    _, found, rest = head.partition(name)
    return rest.partition(b"\n")[0] if found else b""


def _measure(path: Path) -> tuple[str, int]:
    """SHA-256 and number of the bytes after the head."""
    with path.open("rb") as file:
        file.seek(HEAD_BYTES)
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return digest, max(0, file.tell() - HEAD_BYTES)


def _head(digest: str, size: int) -> bytes:
    text = (
        f"{FORMAT}, schema {SCHEMA}\n"
        f"{digest}  SHA-256 of all bytes after this head\n"
        f"bytes after this head: {size}\n"
        f"The HDF5 file begins at byte {HEAD_BYTES}; h5dump and h5py find it by themselves.\n"
    )
    return text.encode().ljust(HEAD_BYTES - 1) + b"\n"


def _write_head(path: Path, head: bytes) -> None:
    with path.open("r+b") as file:
        file.write(head)
