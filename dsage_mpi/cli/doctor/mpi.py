"""MPI (library, launcher, do they fit together?) and the HDF5 that stands on it.

Everything here runs in child processes: a broken MPI installation may abort or hang.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterator

from dsage_mpi.cli.doctor.finding import Finding, last_line, missing, note, ok, output_of

GET_MPI = (
    "apt-get install openmpi-bin libopenmpi-dev as root, `module load openmpi` on a cluster, "
    "or pip install mpich into the virtual environment"
)
#: Variables by which a launcher tells its children that they are part of a job.
_LAUNCHER_PREFIXES = ("OMPI_", "PMIX_", "PMI_", "PRTE_", "ORTE_", "HYDRA_")
_LIBRARY = """
import json
from mpi4py import MPI
name, version = MPI.get_vendor()
print(json.dumps([name, ".".join(map(str, version)), MPI.Get_library_version().splitlines()[0]]))
"""
_SELF_TEST = "from mpi4py import MPI; print('size', MPI.COMM_WORLD.Get_size(), flush=True)"
_HDF5 = """
import json, h5py
print(json.dumps([h5py.version.hdf5_version, bool(h5py.get_config().mpi)]))
"""


def check() -> Iterator[Finding]:
    """Library, launcher, whether two ranks find each other, and HDF5."""
    environ = _clean_environ()
    vendor = None
    code, out, err = output_of([sys.executable, "-c", _LIBRARY], 60, environ)
    if code == 0:
        vendor, version, library = json.loads(last_line(out))
        yield ok("MPI library", f"{vendor} {version} ({', '.join(library.split(', ')[:2])})")
    else:
        text = f"mpi4py finds none: {last_line(err)}; runs are limited to one process"
        yield note("MPI library", text, GET_MPI)
    launcher = shutil.which("mpirun") or shutil.which("mpiexec")
    if launcher is None:
        yield note("MPI launcher", "no mpirun on PATH; runs are limited to one process", GET_MPI)
    else:
        _, out, err = output_of([launcher, "--version"], 20, environ)
        yield ok("MPI launcher", f"{launcher}: {(out or err or 'no version').splitlines()[0]}")
    if vendor is not None and launcher is not None:
        yield _self_test(launcher, vendor, environ)
    yield from _hdf5(environ)


def _self_test(launcher: str, vendor: str, environ: dict[str, str]) -> Finding:
    command = [launcher, "-n", "2", sys.executable, "-c", _SELF_TEST]
    code, out, err = output_of(command, 60, environ)
    sizes = [line.split()[1] for line in out.splitlines() if line.startswith("size ")]
    if code == 0 and sizes == ["2", "2"]:
        return ok("mpirun -n 2", "two ranks found each other")
    if sizes == ["1", "1"]:
        text = f"gives two jobs of one rank: {launcher} does not belong to the library ({vendor})"
        remedy = "put the mpirun of that library first on PATH, or install the other library"
        return note("mpirun -n 2", text, remedy)
    return note(
        "mpirun -n 2", f"fails: {last_line(err or out)}", f"see {' '.join(command[:3])} ..."
    )


def _hdf5(environ: dict[str, str]) -> Iterator[Finding]:
    code, out, err = output_of([sys.executable, "-c", _HDF5], 60, environ)
    if code != 0:
        yield missing("HDF5", f"h5py does not load: {last_line(err)}", "run `make setup` again")
        return
    version, parallel = json.loads(last_line(out))
    if parallel:
        yield ok("HDF5", f"{version}, parallel: all ranks can write checkpoints together")
    else:
        yield note(
            "HDF5",
            f"{version}, serial: rank 0 alone writes checkpoints; the files are the same",
            "nothing to do; for a parallel one see docs/install.md",
        )


def _clean_environ() -> dict[str, str]:
    """The environment without a surrounding MPI job, and with what root and small machines need."""
    environ = {k: v for k, v in os.environ.items() if not k.startswith(_LAUNCHER_PREFIXES)}
    environ |= {
        "OMPI_MCA_rmaps_base_oversubscribe": "1",
        "PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe",
        "OMPI_MCA_hwloc_base_binding_policy": "none",
    }
    if os.geteuid() == 0:
        environ |= {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}
        environ |= {"PRTE_ALLOW_RUN_AS_ROOT": "1", "PRTE_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}
    return environ
