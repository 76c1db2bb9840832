"""Opens what is in a checkpoint file, and refuses what this program never writes there.

Anybody can compute a seal: it shows that a file is whole, not who made it. HDF5 files can hold
things that lead out of the file (links and data elsewhere: a pipe, a password file), round in
circles, or to far more data than the file has bytes. Each item is looked at before it is opened,
and each dataset before it is read.
"""

from __future__ import annotations

import math

import h5py

from dsage_mpi.core.state import CheckpointError

#: Groups within groups that a file may have; ours have half as many.
_MOST_LEVELS = 16
#: Bytes that an attribute may have: more than any text that is written as one.
_MOST_ATTRIBUTE_BYTES = 2**16
_LINKS = {h5py.h5l.TYPE_SOFT: "a symbolic link", h5py.h5l.TYPE_EXTERNAL: "a link to another file"}
_LAYOUTS = (h5py.h5d.COMPACT, h5py.h5d.CONTIGUOUS)
_NUMBERS = (h5py.h5t.INTEGER, h5py.h5t.FLOAT, h5py.h5t.ENUM)
_SPACES = (h5py.h5s.SCALAR, h5py.h5s.SIMPLE)


class RefusedError(CheckpointError):
    """A file holds what no checkpoint holds: it comes from another program, or from an attacker."""


class Contents:
    """The items of one open file, each of which can be opened once.

    Args:
        file: The file.
        name: What it is called in messages.

    Raises:
        RefusedError: Its root attributes are none of ours.
    """

    def __init__(self, file: h5py.File, name: str) -> None:
        self._name = name
        self._bytes_left = int(file.id.get_filesize())
        root = h5py.h5g.open(file.id, b"/")
        self._seen = {h5py.h5o.get_info(root).addr}
        self._check_attributes(root, "/")

    def check(self, group: h5py.Group) -> None:
        """Looks at everything in a group, and in the groups within.

        Raises:
            RefusedError: Something is nothing that this program writes.
        """
        for key in group:
            item = self.item(group, key)
            if isinstance(item, h5py.Group):
                self.check(item)

    def item(self, group: h5py.Group, key: str) -> h5py.Group | h5py.Dataset:
        """Opens an item of a group.

        Raises:
            RefusedError: It is nothing that this program writes.
        """
        path, link = f"{group.name.rstrip('/')}/{key}", key.encode(errors="surrogateescape")
        kind = group.id.links.get_info(link).type
        if kind != h5py.h5l.TYPE_HARD:
            raise self._refusal(path, _LINKS.get(kind, "a link of an unknown kind"))
        found = h5py.h5o.get_info(group.id, link)
        if found.addr in self._seen:
            raise self._refusal(path, "a second link to what is elsewhere in the file, too")
        self._seen.add(found.addr)
        if found.type == h5py.h5o.TYPE_GROUP:
            if path.count("/") > _MOST_LEVELS:
                raise self._refusal(path, f"a group within more than {_MOST_LEVELS} others")
            opened = h5py.Group(h5py.h5g.open(group.id, link))
        elif found.type == h5py.h5o.TYPE_DATASET:
            opened = self._dataset(h5py.h5d.open(group.id, link), path)
        else:
            raise self._refusal(path, "neither a group nor a dataset")
        self._check_attributes(opened.id, path)
        return opened

    def _dataset(self, dataset: h5py.h5d.DatasetID, path: str) -> h5py.Dataset:
        """Looks where the data are first: even to ask for their shape may open other files."""
        stored = dataset.get_create_plist()
        if stored.get_layout() == h5py.h5d.VIRTUAL or stored.get_external_count():
            raise self._refusal(path, "a dataset whose data are in other files")
        if stored.get_layout() not in _LAYOUTS or stored.get_nfilters():
            raise self._refusal(path, "a dataset in pieces or with a filter")
        size = self._size(dataset, path)
        if size > self._bytes_left:
            raise self._refusal(
                path,
                f"a dataset that claims {size} bytes, for which the file has no room "
                f"({max(0, self._bytes_left)} bytes are left for it)",
            )
        self._bytes_left -= size
        return h5py.Dataset(dataset)

    def _check_attributes(self, owner: h5py.h5g.GroupID | h5py.h5d.DatasetID, path: str) -> None:
        for index in range(h5py.h5a.get_num_attrs(owner)):
            attribute = h5py.h5a.open(owner, index=index)
            if self._size(attribute, path) > _MOST_ATTRIBUTE_BYTES:
                raise self._refusal(path, "something with an attribute that is too large")

    def _size(self, data: h5py.h5d.DatasetID | h5py.h5a.AttrID, path: str) -> int:
        """Bytes that numbers or texts of fixed length take in memory."""
        kind, space = data.get_type(), data.get_space()
        if not _is_plain(kind) or space.get_simple_extent_type() not in _SPACES:
            raise self._refusal(path, "of a type that no checkpoint has (or has such an attribute)")
        entries = math.prod(int(count) for count in space.get_simple_extent_dims())
        return entries * max(int(kind.get_size()), int(kind.dtype.itemsize))

    def _refusal(self, path: str, what: str) -> RefusedError:
        return RefusedError(
            f"{self._name} was not written by this program, although its seal is valid: {path} is "
            f"{what}. Do not use a file that comes from where you do not know"
        )


def _is_plain(kind: h5py.h5t.TypeID) -> bool:
    """Whether values lie in the dataset itself: no references, nothing of variable length."""
    match kind.get_class():
        case h5py.h5t.STRING:
            return not kind.is_variable_str()
        case h5py.h5t.ARRAY:
            return _is_plain(kind.get_super())
        case h5py.h5t.COMPOUND:
            return all(_is_plain(kind.get_member_type(k)) for k in range(kind.get_nmembers()))
        case other:
            return other in _NUMBERS
