#!/usr/bin/env bash
# Makes the runs behind the pictures of README.md and docs/, and draws all of them: `make showcase`.
#
#   scripts/showcase.sh [runs|pictures]    # one of the two alone
#
# About half an hour of one core. Everything goes on where it stopped. The runs stay in
# build/showcase/, the pictures go to docs/pictures/.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export PATH=$PWD/.venv/bin:$PATH OMP_NUM_THREADS=1
RUNS=build/showcase
PICTURES=docs/pictures

# The clock of these runs is the CPU time of their process, so that other programs do not matter.
# scripts/showcase/clock
maze_study() {
  PYTHONPATH=scripts/showcase/clock \
    dsage_mpi sweep inputs/studies/maze_showcase.toml --study-dir "$RUNS/maze"
}

# run NAME INPUT [OPTION...]: a run, unless it is done; one that was stopped goes on.
run() {
  local dir=$PWD/$RUNS/$1 input=$2
  shift 2
  if [ -e "$dir/archive.npz" ]; then return; fi
  if [ -e "$dir/config.toml" ]; then
    dsage_mpi --restart "$dir"
  else
    dsage_mpi "$input" --run-dir "$dir" "$@"
  fi
}

mario_run() {
  run mario inputs/mario_quick.toml --set title="Mario levels" --set algorithm.method=map_elites \
    --set algorithm.max_evaluations=1200
}

lake_run() (
  root=$PWD
  RUNS=../../$RUNS
  cd examples/gymnasium
  run lake "$root/examples/gymnasium/frozen_lake.toml"
)

pictures() {
  mkdir -p "$PICTURES"
  python scripts/showcase/mazes.py "$RUNS/maze/dsage/seed-0" "$PICTURES/mazes.gif"
  python scripts/showcase/archive.py "$RUNS/maze/dsage/seed-0" "$PICTURES/archive.png"
  python scripts/showcase/curves.py "$RUNS/maze" "$PICTURES/curves.png"
  python scripts/showcase/loop.py "$PICTURES/loop.png"
  python scripts/showcase/surrogate.py "$RUNS/maze/dsage/seed-0" "$PICTURES/surrogate.png"
  dsage_mpi render "$RUNS/mario" --along jumps --count 4 --output "$PICTURES/mario.png"
  (cd examples/gymnasium && dsage_mpi render "../../$RUNS/lake" --along steps --count 8 \
    --show level --output "../../$PICTURES/lake.png")
  python scripts/showcase/smaller.py "$PICTURES"/mario.png "$PICTURES"/lake.png
}

if [ "${1:-runs}" = runs ]; then
  maze_study
  mario_run
  lake_run
  dsage_mpi compare "$RUNS/maze"
fi
if [ "${1:-pictures}" = pictures ]; then pictures; fi
