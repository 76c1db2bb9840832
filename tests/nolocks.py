"""File systems without locks: a preloaded library in which ``flock`` fails for what is there."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

#: Error NUMBER for files below any of the folders in NO_LOCKS_UNDER, separated by colons.
_SOURCE = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int flock(int file, int operation) {
  char link[64], name[4096], folders[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  ssize_t length = readlink(link, name, sizeof name - 1);
  name[length < 0 ? 0 : length] = 0;
  const char *value = getenv("NO_LOCKS_UNDER");
  snprintf(folders, sizeof folders, "%s", value ? value : "");
  for (char *folder = strtok(folders, ":"); folder; folder = strtok(NULL, ":"))
    if (!strncmp(name, folder, strlen(folder))) {
      errno = NUMBER;
      return -1;
    }
  int (*next)(int, int) = (int (*)(int, int))dlsym(RTLD_NEXT, "flock");
  return next(file, operation);
}
"""


def without_locks(library: Path, number: int, *folders: Path) -> dict[str, str]:
    """Environment variables with which ``flock`` fails below folders, in HDF5 as well.

    Args:
        library: Where to build what makes it fail.
        number: The error.
        folders: Where there are no locks.
    """
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("no C compiler on this machine")
    command = [compiler, "-shared", "-fPIC", f"-DNUMBER={number}", "-x", "c", "-", "-o", library]
    subprocess.run([*command, "-ldl"], input=_SOURCE, text=True, check=True, timeout=60)
    places = os.pathsep.join(str(folder.resolve()) for folder in folders)
    return {"LD_PRELOAD": str(library), "NO_LOCKS_UNDER": places}
