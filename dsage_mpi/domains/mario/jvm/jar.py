"""Where the jars are: the one of the package, or the user's own."""

from __future__ import annotations

import os
from importlib.resources import files
from pathlib import Path

from dsage_mpi.core.domain import DomainError
from dsage_mpi.domains.mario.jvm.start import GET_JAVA
from dsage_mpi.domains.mario.settings import BUILTIN
from dsage_mpi.domains.tensor_files import why_no_file

JAR = "dsage_mario.jar"


def find_jar(jar: str = BUILTIN) -> Path:
    """The jar to be played with.

    Args:
        jar: "builtin", or the path of a jar of the user's own.

    Raises:
        DomainError: There is none; says what to do.
    """
    if jar != BUILTIN:
        if not os.path.isfile(jar):
            raise DomainError(
                f'domain.simulator.jar = "{jar}": {why_no_file(Path(jar))} on this host; expected '
                "a jar file"
            )
        return Path(jar)
    # Not __file__: an editable installation has its built files elsewhere.
    path = Path(str(files("dsage_mpi.domains.mario").joinpath(JAR)))
    if not path.is_file():
        raise DomainError(
            f"the Mario engine ({JAR}) is not installed: {_why_left_out()}. To get it, {GET_JAVA}"
        )
    return path


def _why_left_out() -> str:
    """What the build has noted (see ``java/CMakeLists.txt``)."""
    note = Path(str(files("dsage_mpi.domains.mario").joinpath("left_out.txt")))
    try:
        return note.read_text(encoding="utf-8").strip()
    except OSError:
        return "there was no Java compiler when the package was built"
