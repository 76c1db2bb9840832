
# How ranks are started; --bind-to none lets the surrogate use the cores of its neighbours.
launcher=(mpirun --bind-to none -n @{ranks})
# Modules that were loaded when dsage_mpi was installed, MPI above all.
modules=(@{modules})
# At most so many time slots after the first.
most_restarts=@{restarts}
# The run stops so long after its start, saves itself, and goes on in the next time slot.
time_limit=@{limit}s

set -uo pipefail
export PATH=@{bin}:$PATH
if [ "${#modules[@]}" -gt 0 ]; then module load "${modules[@]}"; fi
run_dir=${DSAGE_RUN_DIR:-runs/@{name}-${job%%.*}} restart=${DSAGE_RESTART:-0} code=0
if [ -e "$run_dir/config.toml" ]; then
  set -- --restart "$run_dir"
else
  set -- @{arguments} @{threads} --run-dir "$run_dir"
fi
echo "== $(date '+%F %T') job $job, restart $restart: $*"
"${launcher[@]}" python -m dsage_mpi "$@" --time-limit "$time_limit" || code=$?
echo "== $(date '+%F %T') ended with $code"
# 0: done; 1 and 2: failed, bad input. A launcher may say 1 for any other code, so the run is asked.
case $code in
  0 | 2) exit "$code" ;;
  1) grep -q '"state": "stopped"' "$run_dir/status.json" 2>/dev/null || exit 1 ;;
esac
again="to go on: this script once more, with DSAGE_RUN_DIR=$run_dir"
if [ -e "$run_dir/STOP" ]; then echo "stopped on request; $again" && exit "$code"; fi
if [ "$restart" -ge "$most_restarts" ]; then
  echo "this was restart $restart of at most $most_restarts; $again"
  exit "$code"
fi
dsage_next "$run_dir" "$((restart + 1))" || { echo "cannot submit the next time slot; $again" && exit "$code"; }
