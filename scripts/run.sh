#!/usr/bin/env bash
# Runs the main job on this machine's cores: `make run`.
#
#   scripts/run.sh INPUT [RANKS] [ARGUMENT...]
#
# RANKS, when empty or left out, is one per core and one for the manager, rank 0.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
VENV=$ROOT/.venv
export PATH=$VENV/bin:$PATH
# shellcheck source=lib/mpi.sh
. "$ROOT/scripts/lib/mpi.sh"

if [ $# -lt 1 ]; then
  echo "usage: scripts/run.sh INPUT [RANKS] [ARGUMENT...]" >&2
  exit 2
fi
input=$1
ranks=${2:-$(default_ranks)}
shift "$(($# < 2 ? $# : 2))"
if ! [[ $ranks =~ ^[1-9][0-9]*$ ]]; then
  echo "RANKS=$ranks is not a number of ranks: give a whole number of 1 or more." >&2
  exit 2
fi
if [ ! -f "$input" ]; then
  echo "there is no input file $input; those that come with dsage_mpi are in inputs/." >&2
  exit 2
fi

set_mpirun "$ranks"
set -- "${MPIRUN[@]}" python -m dsage_mpi "$input" "$@"
printf '+'
printf ' %q' "$@"
printf '\n'
exec "$@"
