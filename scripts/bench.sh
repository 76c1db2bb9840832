#!/usr/bin/env bash
# Runs benchmarks one after the other and prints their tables: `make bench`.
#
#   scripts/bench.sh [NAME...]     # benchmarks/NAME.py; all of them when none is named
#
# A benchmark is a module in benchmarks/ that can be run by itself; those that measure several
# ranks start mpirun themselves.
set -euo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
cd "$ROOT"
export PATH=$ROOT/.venv/bin:$PATH

if [ $# -eq 0 ]; then
  mapfile -t modules < <(grep -l '__main__' benchmarks/*.py 2>/dev/null | sort)
  [ "${#modules[@]}" -eq 0 ] || set -- "${modules[@]##*/}"
fi
if [ $# -eq 0 ]; then
  echo "there is no benchmark in benchmarks/." >&2
  exit 1
fi

failed=()
for name in "$@"; do
  name=${name%.py}
  printf '\n== %s\n' "$name"
  python -m "benchmarks.$name" || failed+=("$name")
done
if [ "${#failed[@]}" -gt 0 ]; then
  printf '\nfailed: %s\n' "${failed[*]}" >&2
  exit 1
fi
