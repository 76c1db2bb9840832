#!/usr/bin/env bash
# Sets up everything that dsage_mpi needs on this machine: `make setup`.
#
# Safe to run again at any time: every step that is still up to date is skipped, an interrupted
# one is repeated. Environment variables that it heeds:
#   PYTHON           the Python to build .venv from (default: the first that fits, see lib/python.sh)
#   TORCH_INDEX_URL  a package index to take torch from, for instance a CPU-only one
#   HDF5_DIR         a parallel HDF5 to build h5py against (default: found, see lib/mpi.sh)
#   DSAGE_MARIO      the Mario engine: ON (an error without a JDK), OFF, AUTO (default: where there is one)
#   DEV              `no` leaves out the tools for tests, lint and types (default: yes)
set -euo pipefail
export LC_ALL=C.UTF-8

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
VENV=$ROOT/.venv
LOG=$VENV/setup.log
STAMPS=$VENV/stamps
export PATH=$VENV/bin:$PATH
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 PIP_PROGRESS_BAR=off
unset PYTHONPATH PYTHONHOME

cd "$ROOT"
# shellcheck source=lib/steps.sh
. scripts/lib/steps.sh
# shellcheck source=lib/python.sh
. scripts/lib/python.sh
# shellcheck source=lib/mpi.sh
. scripts/lib/mpi.sh
# shellcheck source=lib/system.sh
. scripts/lib/system.sh
# shellcheck source=lib/install.sh
. scripts/lib/install.sh

main() {
  local started
  started=$(now)
  mkdir -p "$STAMPS"
  trap 'printf "\nset-up interrupted; the next one goes on from here.\n" >&2; exit 130' INT TERM
  wait_for_other_setup
  set_up_system
  set_up_venv
  repair_unfinished

  local mpi
  mpi=$(mpi_fingerprint)
  do_if_stale tools "$(requirement_list build set-up)" "build tools" install_tools
  do_if_stale mpi "$mpi|$(runtime_requirement mpi4py)" "MPI for Python" install_mpi
  if ! torch_is_fresh; then
    announce_torch
    step "PyTorch" install_torch
    stamp torch "$(torch_key)"
  fi
  do_if_stale h5py "$mpi|$(runtime_requirement h5py)" "$(h5py_title)" install_h5py
  do_if_stale packages "$(package_list)" "Python packages" install_packages
  do_if_stale extension "$(python scripts/pyproject.py build-key)|$(java_version)|${DSAGE_MARIO:-}" \
    "dsage_mpi, its C++ and Java code" install_extension
  printf 'dsage_mpi is set up in %s (%s s).\n' "$VENV" "$(elapsed "$started")"
}

# do_if_stale NAME KEY TITLE COMMAND: a step that is skipped while KEY is what it was.
do_if_stale() {
  if ! fresh "$1" "$2"; then
    step "$3" "$4"
    stamp "$1" "$2"
  fi
}

# Two set-ups at once would spoil each other's installs. The lock is the project folder itself,
# is given back by the kernel however this ends, and needs no file.
wait_for_other_setup() {
  command -v flock >/dev/null || return 0
  exec 9<"$ROOT"
  if ! flock -n 9; then
    echo "another set-up of this folder is running; waiting for it ..."
    flock 9
  fi
}

set_up_system() {
  local python missing
  python=$(existing_python)
  [ -n "$python" ] || python=$(find_python)
  if [ -n "${PYTHON:-}" ] && [ -z "$python" ]; then
    fail "PYTHON=$PYTHON is not a Python 3.$PYTHON_OLDEST to 3.$PYTHON_NEWEST that starts." \
      "Name another one, or leave PYTHON unset to have one looked for."
  fi
  missing=$(missing_system_parts "$python")
  # Stamped with what is missing, so that an offer that did not help is not made at every run.
  if [ -n "$missing" ] && ! fresh system "$missing"; then
    supply_system "$python" "$missing"
    [ -n "$python" ] || python=$(find_python)
    missing=$(missing_system_parts "$python")
  fi
  require_system "$python" "$missing"
  if [ -n "$missing" ] && ! fresh system "$missing"; then announce_missing "$python" "$missing"; fi
  stamp system "$missing"
  SYSTEM_PYTHON=$python
}

# supply_system PYTHON MISSING: installs system packages where that needs no question.
supply_system() {
  local -a parts
  read -ra parts <<<"$2"
  if command -v apt-get >/dev/null && [ -n "$(root_prefix)" ]; then
    step "system packages" install_system_or_go_on "$1" "${parts[@]}"
  fi
}

# A failed install (no network, no such package) may still leave a way through: what is then
# missing is looked at again, and named.
install_system_or_go_on() {
  install_system "$@" || note "could not install $(apt_packages "$@")"
}

# require_system PYTHON MISSING: stops when something is missing that cannot be done without.
require_system() {
  local -a parts needed
  read -ra parts <<<"$2"
  read -ra needed <<<"$(must_have "${parts[@]}")"
  [ "${#needed[@]}" -gt 0 ] || return 0
  local -a lines
  mapfile -t lines < <(describe_parts "${parts[@]}" | sed 's/^/- /')
  lines+=("" "To get it:")
  mapfile -t -O "${#lines[@]}" lines < <(how_to_get "$1" "${parts[@]}" | sed 's/^/  /')
  fail "this machine lacks, and this user cannot install:" "${lines[@]}"
}

# announce_missing PYTHON MISSING: what is used in place of missing parts, and how to get them.
announce_missing() {
  local -a parts lines
  read -ra parts <<<"$2"
  case " $2" in
    *" mpi "*) notice "no MPI with mpirun and mpicc here: the one from PyPI is used (in .venv)." ;;
  esac
  case " $2" in
    *" hdf5 "*) notice "no parallel HDF5 here: h5py's serial build is used, and rank 0 alone writes checkpoints." ;;
  esac
  case " $2" in
    *" java "*) notice "no JDK $JAVA_OLDEST or newer here: mazes run, the Mario domain does not." ;;
  esac
  mapfile -t lines < <(how_to_get "$1" "${parts[@]}")
  notice "to have it all:" "${lines[@]/#/  }"
}

main
