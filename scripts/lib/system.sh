# System packages: what is missing, how to install it, and what is done without.

# What the Mario engine is compiled for; java/CMakeLists.txt says so too.
JAVA_OLDEST=17

# missing_system_parts PYTHON: one word per part that this machine lacks. PYTHON may be empty.
missing_system_parts() {
  if [ -z "$1" ]; then
    printf 'python venv headers '
  else
    python_has_venv "$1" || printf 'venv '
    python_has_headers "$1" || printf 'headers '
  fi
  command -v c++ >/dev/null || command -v g++ >/dev/null || command -v clang++ >/dev/null ||
    [ -n "${CXX:-}" ] || printf 'compiler '
  [ -n "$(system_mpirun)" ] && command -v mpicc >/dev/null || printf 'mpi '
  [ -n "$(parallel_hdf5_dir)" ] || printf 'hdf5 '
  java_suits || printf 'java '
}

# java_version: what the Java compiler says of itself, or nothing. $JAVA_HOME wins, as in CMake.
java_version() {
  local javac=${JAVA_HOME:+$JAVA_HOME/bin/}javac
  command -v "$javac" >/dev/null || javac=javac
  "$javac" -version 2>&1 | sed -n 's/^javac \([0-9].*\)/\1/p' || true
}

# java_suits: whether the Mario engine can be compiled.
java_suits() {
  local version
  version=$(java_version)
  version=${version%%[!0-9]*}
  [ "${version:-0}" -ge "$JAVA_OLDEST" ]
}

# must_have PARTS...: those of PARTS that nothing from PyPI can stand in for.
must_have() {
  local part
  for part in "$@"; do
    case $part in python | venv | headers | compiler) printf '%s ' "$part" ;; esac
  done
}

# apt_packages PYTHON PARTS...: the Debian and Ubuntu packages that supply PARTS.
apt_packages() {
  local stem part python=$1
  shift
  if [ -n "$python" ]; then stem=$(python_apt_stem "$python"); else stem=$(apt_python_stem); fi
  for part in "$@"; do
    case $part in
      python) printf '%s ' "$stem" ;;
      venv) printf '%s-venv ' "$stem" ;;
      headers) printf '%s-dev ' "$stem" ;;
      compiler) printf 'g++ ' ;;
      mpi) printf 'openmpi-bin libopenmpi-dev ' ;;
      hdf5) printf 'libhdf5-openmpi-dev ' ;;
      java) printf '%s ' "$(apt_jdk)" ;;
    esac
  done
}

# apt_jdk: the oldest JDK that will do, or the release's default where that is newer (Debian 13 no
# longer has the oldest, Ubuntu 22.04's default is too old).
apt_jdk() {
  local default
  default=$(apt-cache policy default-jdk-headless 2>/dev/null |
    sed -n 's/^ *Candidate: \([0-9]*:\)\{0,1\}1\.\([0-9]*\).*/\2/p')
  if [ "${default:-0}" -gt "$JAVA_OLDEST" ]; then
    printf 'default-jdk-headless'
  else
    printf 'openjdk-%s-jdk-headless' "$JAVA_OLDEST"
  fi
}

# apt_python_stem: python3 where the release's default is new enough, else the newest python3.N
# that the release offers beside it (Ubuntu 22.04: default 3.10, python3.11 beside it).
apt_python_stem() {
  local default minor
  default=$(apt-cache policy python3 2>/dev/null | sed -n 's/^ *Candidate: 3\.\([0-9]*\).*/\1/p')
  if [ "${default:-0}" -lt "$PYTHON_OLDEST" ]; then
    for ((minor = PYTHON_NEWEST; minor >= PYTHON_OLDEST; minor--)); do
      if apt-cache show "python3.$minor-venv" >/dev/null 2>&1; then
        printf 'python3.%s' "$minor"
        return 0
      fi
    done
  fi
  if [ "${default:-$PYTHON_OLDEST}" -lt "$PYTHON_OLDEST" ]; then
    printf 'python3.%s' "$PYTHON_OLDEST"
  else
    printf 'python3'
  fi
}

# root_prefix: prints 'root' or 'sudo' where packages can be installed without asking anything.
root_prefix() {
  if [ "$(id -u)" -eq 0 ]; then
    printf 'root'
  elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    printf 'sudo'
  fi
}

# install_system PYTHON PARTS...: installs with apt-get; a step, so its output goes to the log.
install_system() {
  local python=$1 prefix=()
  shift
  [ "$(root_prefix)" = root ] || prefix=(sudo -n)
  # A stale or partly unreachable index is no reason to stop: the install below decides.
  "${prefix[@]}" apt-get update || true
  local packages
  read -ra packages <<<"$(apt_packages "$python" "$@")"
  "${prefix[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y --no-install-recommends "${packages[@]}"
  note "${packages[*]}"
}

# describe_parts PARTS...: one line per missing part, in words.
describe_parts() {
  local part
  for part in "$@"; do
    case $part in
      python) printf 'Python 3.%s to 3.%s\n' "$PYTHON_OLDEST" "$PYTHON_NEWEST" ;;
      venv) printf "Python's venv and ensurepip modules\n" ;;
      headers) printf "Python's C headers (Python.h)\n" ;;
      compiler) printf 'a C++ compiler\n' ;;
      mpi) printf 'an MPI with mpirun and mpicc\n' ;;
      hdf5) printf 'HDF5 built for that MPI (parallel HDF5), with headers\n' ;;
      java) printf 'a Java compiler (JDK %s or newer), for the Mario domain\n' "$JAVA_OLDEST" ;;
    esac
  done
}

# how_to_get PYTHON PARTS...: the exact commands for this machine, one line each.
how_to_get() {
  if command -v apt-get >/dev/null; then
    printf 'sudo apt-get update && sudo apt-get install -y %s\n' "$(apt_packages "$@" | sed 's/ $//')"
  else
    printf 'with your package manager, under names like: gcc-c++ python3.%s-devel openmpi-devel hdf5-openmpi-devel java-%s-openjdk-devel\n' \
      "$PYTHON_OLDEST" "$JAVA_OLDEST"
  fi
  printf 'on a cluster: module load a Python >= 3.%s, a compiler, an MPI, a parallel HDF5 and a JDK, then again\n' \
    "$PYTHON_OLDEST"
  case " $* " in
    *" python "*) printf 'or name a Python that PATH does not show: make setup PYTHON=/path/to/python3.%s\n' "$PYTHON_OLDEST" ;;
  esac
}
