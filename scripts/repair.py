"""Forgets installed packages whose files are not all there, so that pip installs them again.

A set-up that was killed while pip was unpacking leaves packages that pip takes for installed and
that Python cannot import. Run with the virtual environment's Python; prints what it forgot.
"""

from __future__ import annotations

import shutil
import sysconfig
from importlib.metadata import Distribution, distributions
from pathlib import Path


def is_broken(distribution: Distribution) -> bool:
    """Returns whether the package lacks its list of files or any file on it."""
    files = distribution.files
    if not files:
        return True
    return any(
        not Path(distribution.locate_file(file)).exists()
        for file in files
        if file.suffix != ".pyc"  # compiled on demand, and free to disappear
    )


def forget(site_packages: Path) -> list[str]:
    """Removes the metadata of broken packages and pip's half-removed leftovers.

    Args:
        site_packages: The folder to mend.

    Returns:
        The names of what was removed.
    """
    removed = []
    for distribution in list(distributions(path=[str(site_packages)])):
        metadata = Path(str(distribution.locate_file("."))) / metadata_folder(distribution)
        if metadata.is_dir() and is_broken(distribution):
            shutil.rmtree(metadata)
            removed.append(metadata.name)
    for leftover in site_packages.glob("~*"):  # pip renames to this while it replaces a package
        shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()
        removed.append(leftover.name)
    return removed


def metadata_folder(distribution: Distribution) -> str:
    """Returns the name of the package's ``.dist-info`` folder."""
    return Path(str(getattr(distribution, "_path", ""))).name


if __name__ == "__main__":
    print("\n".join(forget(Path(sysconfig.get_path("purelib")))))
