# Which MPI and which HDF5 this machine has, and how to start ranks with them.
#
# The file that sources this sets VENV, the folder of the virtual environment.

# mpi_flavour [MPIRUN]: openmpi4, openmpi5, mpich (Intel MPI and other relatives too) or none.
mpi_flavour() {
  local mpirun=${1:-mpirun} version
  if ! command -v "$mpirun" >/dev/null; then
    printf 'none'
    return 0
  fi
  version=$("$mpirun" --version 2>&1 </dev/null | head -n 3) || true
  case $version in
    *"Open MPI) "[1-4].* | *"OpenRTE) "[1-4].*) printf 'openmpi4' ;;
    *"Open MPI"* | *PRTE* | *prte*) printf 'openmpi5' ;;
    *HYDRA* | *MPICH* | *Intel*) printf 'mpich' ;;
    *) printf 'unknown' ;;
  esac
}

# system_mpirun: the mpirun that does not come out of the virtual environment, or nothing.
system_mpirun() {
  local path
  while read -r path; do
    case $path in
      "$VENV"/*) ;;
      *)
        printf '%s' "$path"
        return 0
        ;;
    esac
  done < <(type -aP mpirun)
}

# cpu_count: the cores that this process may use.
cpu_count() { nproc 2>/dev/null || getconf _NPROCESSORS_ONLN; }

# default_ranks: one worker per core, plus rank 0, which manages while they simulate and
# trains while they wait. So always at least two.
default_ranks() { printf '%s' "$(($(cpu_count) + 1))"; }

# set_mpirun RANKS: sets the array MPIRUN to the launcher and its options, and exports what it
# needs on this machine: permission for root, more ranks than OpenMPI counts slots, containers.
set_mpirun() {
  local ranks=$1 flavour
  flavour=$(mpi_flavour mpirun)
  MPIRUN=(mpirun -n "$ranks")
  case $flavour in
    openmpi4 | openmpi5)
      # Otherwise each rank is pinned to a core when there are at most two of them, and rank 0's
      # training threads with it.
      MPIRUN+=(--bind-to none)
      # After Ctrl-C or SIGTERM ranks have this many seconds (not one) to save the run and end. They
      # hear of it only after as many, and mpirun waits to the end whatever they do: so not more.
      case $flavour in
        openmpi4) export OMPI_MCA_odls_base_sigkill_timeout=5 ;;
        openmpi5) export PRTE_MCA_odls_base_sigkill_timeout=5 ;;
      esac
      if [ "$(id -u)" -eq 0 ]; then
        export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
      fi
      if [ -e /.dockerenv ] || [ -n "${container:-}" ]; then
        # Containers forbid the system call with which OpenMPI reads another rank's memory.
        export OMPI_MCA_btl_vader_single_copy_mechanism=none
      fi
      ;;
  esac
  # OpenMPI counts physical cores as slots; nproc counts hardware threads.
  if [ "$ranks" -gt "$(physical_cores)" ]; then
    case $flavour in
      openmpi4) export OMPI_MCA_rmaps_base_oversubscribe=1 ;;
      openmpi5) export PRTE_MCA_rmaps_default_mapping_policy=:oversubscribe ;;
    esac
  fi
}

# physical_cores: cores without hyper-threads; 1 where that cannot be read.
physical_cores() {
  local count
  count=$(lscpu -p=CORE,SOCKET 2>/dev/null | grep -v '^#' | sort -u | wc -l)
  printf '%s' "$((count > 0 ? count : 1))"
}

# parallel_hdf5_dir: the folder with include/ and lib/ of a parallel HDF5 that fits mpicc, or
# nothing. $HDF5_DIR (what cluster modules set) wins; then Debian's layout; then h5pcc's own word.
parallel_hdf5_dir() {
  local dir family=openmpi
  [ -n "$(system_mpirun)" ] && command -v mpicc >/dev/null || return 0
  case $(mpi_flavour mpirun) in mpich) family=mpich ;; esac
  for dir in "${HDF5_DIR:-}" "${HDF5_ROOT:-}" /usr/lib/*/hdf5/"$family" "$(h5pcc_prefix)"; do
    if [ -n "$dir" ] && hdf5_is_parallel "$dir"; then
      printf '%s' "$dir"
      return 0
    fi
  done
}

# h5pcc_prefix: where the parallel HDF5 compiler wrapper says that it is installed.
h5pcc_prefix() {
  command -v h5pcc >/dev/null || return 0
  h5pcc -showconfig 2>/dev/null </dev/null | sed -n 's/^ *Installation point: *//p'
}

# hdf5_is_parallel DIR: whether DIR/include has the headers of an HDF5 built with MPI.
hdf5_is_parallel() {
  grep -qsE '^#define H5_HAVE_PARALLEL 1' "$1"/include/H5pubconf*.h
}

# mpi_fingerprint: changes when another MPI or another parallel HDF5 is installed.
mpi_fingerprint() {
  local dir mpirun
  mpirun=$(system_mpirun)
  printf '%s' "$mpirun"
  [ -z "$mpirun" ] || printf '|%s' "$("$mpirun" --version 2>&1 </dev/null | head -n 3)"
  dir=$(parallel_hdf5_dir)
  [ -z "$dir" ] || printf '|%s|%s' "$dir" "$(cat "$dir"/include/H5pubconf*.h | sha256sum)"
}
