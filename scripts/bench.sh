#!/usr/bin/env bash
# Runs benchmarks one after the other and prints their tables: `make bench`.
#
#   scripts/bench.sh [NAME [ARGUMENT...]]    # benchmarks/NAME.py; all of them when none is named
#
# A benchmark is a module in benchmarks/ that can be run by itself. One whose first lines tell to
# start it as `mpirun -n N ...` is started on N ranks.
set -euo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
VENV=$ROOT/.venv
cd "$ROOT"
export PATH=$VENV/bin:$PATH
# shellcheck source=lib/mpi.sh
. scripts/lib/mpi.sh

# Arguments of those that cannot do without, when all are run.
declare -A ARGUMENTS=([maze_agent_scores]="builtin --count 20")

# bench NAME [ARGUMENT...]: runs one, in a subshell because its launcher may need variables set.
bench() (
  name=$1
  shift
  ranks=$(sed -n '1,15s/.*mpirun -n \([0-9]*\).*/\1/p' "benchmarks/$name.py" | head -n 1)
  MPIRUN=()
  [ -z "$ranks" ] || set_mpirun "$ranks"
  set -- "${MPIRUN[@]}" python -m "benchmarks.$name" "$@"
  printf '\n+ %s\n' "$*"
  exec "$@"
)

if [ $# -gt 0 ]; then
  if [ ! -f "benchmarks/$1.py" ]; then
    printf 'there is no benchmarks/%s.py; there are:\n' "$1" >&2
    printf '  %s\n' benchmarks/*.py >&2
    exit 2
  fi
  bench "$@"
  exit
fi

failed=()
for file in benchmarks/*.py; do
  grep -q '__main__' "$file" || continue
  name=$(basename "$file" .py)
  read -ra arguments <<<"${ARGUMENTS[$name]:-}"
  bench "$name" "${arguments[@]}" || failed+=("$name")
done
if [ "${#failed[@]}" -gt 0 ]; then
  printf '\nfailed: %s\n' "${failed[*]}" >&2
  exit 1
fi
