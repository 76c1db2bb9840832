# What the job scripts beside this file share: finding the installation, starting the ranks, and
# going on in the next time slot until the run is done. Nothing here is specific to a site.
#
# Exit codes of the program (docs/commands.md) decide what happens:
#   0      done: the job ends
#   1, 2   failed, or bad input: the job ends; trying again would give the same
#   3      stopped in time, can go on: the job is put back into the queue
#   other  killed (a node or a rank was lost, memory ran out): back into the queue as well

# dsage_job: prints this job's number as Slurm's commands want it. A task of an array needs both of
# its numbers: its SLURM_JOB_ID alone may be the array's, which means all tasks to them.
dsage_job() {
  if [ -n "${SLURM_ARRAY_TASK_ID:-}" ]; then
    printf '%s_%s' "$SLURM_ARRAY_JOB_ID" "$SLURM_ARRAY_TASK_ID"
  else
    printf '%s' "$SLURM_JOB_ID"
  fi
}

# dsage_ask SCRIPT ARGUMENT...: SCRIPT was not submitted but started by hand. With --dry-run among
# the arguments it says how long the run would take in the job that sbatch would make of SCRIPT, whose
# options may be among the arguments too, as --ntasks=128.
dsage_ask() {
  local script=$1 asked="" time="" options="" lines
  local -a arguments=()
  shift
  for word in "$@"; do
    case $word in
      --dry-run) asked=yes ;;
      --time=*) time=$word options+=" $word" ;;
      --ntasks=* | --cpus-per-task=* | --nodes=* | --gres=* | --gpus=*) options+=" $word" ;;
      *) arguments+=("$word") ;;
    esac
  done
  if [ -z "$asked" ]; then
    echo "$script is for sbatch. To see how long its run would take, put --dry-run behind it:" \
      "bash $script --dry-run [--ntasks=N --time=HH:MM:SS ...] [INPUT.toml ...]" >&2
    exit 2
  fi
  if [ "${#arguments[@]}" -eq 0 ]; then arguments=(inputs/maze.toml); fi
  dsage_python || exit 1
  lines=$(sed -n 's/^#SBATCH \(--[a-z-]*=[^ ]*\).*/\1/p; s/^#SBATCH hetjob.*/:/p' "$script" | tr '\n' ' ')
  DSAGE_SBATCH="${lines/ : / $time : }$options" exec "${PYTHON[@]}" -m dsage_mpi "${arguments[@]}" --dry-run
}

# dsage_python: finds the Python that has dsage_mpi: the one of the virtual environment here, one that
# was activated (a folder made by `dsage_mpi init` has none), or with DSAGE_IMAGE the container's of
# that name (docs/container.md).
dsage_python() {
  if [ -n "${DSAGE_IMAGE:-}" ]; then
    PYTHON=(apptainer exec "$DSAGE_IMAGE" python)
    return
  fi
  PYTHON=(python)
  export PATH=$PWD/.venv/bin:$PATH
  if [ ! -x .venv/bin/python ] && ! python -c 'import dsage_mpi' 2>/dev/null; then
    echo "no .venv in $PWD, and no python with dsage_mpi: run 'make setup' there first and submit from" \
      "there, or activate the environment that it is installed in." >&2
    return 1
  fi
}

# dsage_setup: goes to the project's folder and finds its Python.
dsage_setup() {
  cd "$SLURM_SUBMIT_DIR" || exit 1
  # Since 22.05 srun does not know by itself, and would pin every task to one core.
  if [ -n "${SLURM_CPUS_PER_TASK:-}" ]; then export SRUN_CPUS_PER_TASK=$SLURM_CPUS_PER_TASK; fi
  dsage_python || exit 1
  if [ -n "${DSAGE_IMAGE:-}" ]; then
    # Inside there is no scontrol to ask for it, and Slurm before 23.02 does not tell. The components
    # of a heterogeneous job, a line each, end together.
    SLURM_JOB_END_TIME=${SLURM_JOB_END_TIME:-$(date -d "$(squeue -h -j "$(dsage_job)" -o %e | head -n 1)" +%s)}
    export SLURM_JOB_END_TIME
  fi
}

# dsage_mpi_plugin: how srun hands the ranks to MPI: pmix for OpenMPI, pmi2 for MPICH (the one from
# PyPI too). `srun --mpi=list` shows what a cluster has; DSAGE_SRUN_MPI overrides this choice.
dsage_mpi_plugin() {
  if [ -n "${DSAGE_SRUN_MPI:-}" ]; then
    printf '%s' "$DSAGE_SRUN_MPI"
  elif "${PYTHON[@]}" -c '
import mpi4py
mpi4py.rc.initialize = False  # ask for the name only: this is no MPI job yet
from mpi4py import MPI
raise SystemExit("MPICH" not in MPI.Get_library_version())'; then
    printf 'pmi2'
  else
    printf 'pmix'
  fi
}

# dsage_option NAME ARGUMENT...: prints the value of option NAME (NAME VALUE or NAME=VALUE).
dsage_option() {
  local name=$1
  shift
  while [ $# -gt 0 ]; do
    case $1 in
      "$name") printf '%s' "${2:-}" && return ;;
      "$name"=*) printf '%s' "${1#*=}" && return ;;
    esac
    shift
  done
}

# dsage_run_dir DEFAULT ARGUMENT...: prints the run directory that the arguments name.
dsage_run_dir() {
  local default=$1 run_dir restart
  shift
  run_dir=$(dsage_option --run-dir "$@")
  restart=$(dsage_option --restart "$@")
  case $restart in */checkpoints/*.h5) restart=${restart%/checkpoints/*} ;; esac
  printf '%s' "${run_dir:-${restart:-$default}}"
}

# dsage_arguments RUN_DIR ARGUMENT...: fills the array ARGUMENTS with those of this start. The
# first start of a job takes what the user gave (a folder that is in use is refused by the program,
# and not gone on with as if it were this run), every later one continues what it left.
dsage_arguments() {
  local run_dir=$1
  shift
  ARGUMENTS=("$@")
  if [ -n "$(dsage_option --restart "$@")" ]; then
    if dsage_has_run "$run_dir"; then dsage_continue "$run_dir" "$@"; fi
  elif [ "${SLURM_RESTART_COUNT:-0}" -gt 0 ] && [ -e "$run_dir/config.toml" ]; then
    ARGUMENTS=(--restart "$run_dir")
  elif [ -z "$(dsage_option --run-dir "$@")" ]; then
    ARGUMENTS+=(--run-dir "$run_dir")
  fi
}

# dsage_has_run RUN_DIR: whether this very job has searched there before, in an earlier time slot.
dsage_has_run() {
  local status=$1/status.json
  [ "${SLURM_RESTART_COUNT:-0}" -gt 0 ] && [ -e "$status" ] &&
    grep -q "\"job_id\": \"$SLURM_JOB_ID\"" "$status" &&
    ! grep -q '"state": "starting"' "$status"
}

# dsage_continue RUN_DIR ARGUMENT...: ARGUMENTS are the user's, but from the run's newest state on
# instead of the one that he named.
dsage_continue() {
  local run_dir=$1
  shift
  ARGUMENTS=(--restart "$run_dir")
  while [ $# -gt 0 ]; do
    case $1 in
      --restart | --run-dir) shift ;;
      --restart=* | --run-dir=*) ;;
      *) ARGUMENTS+=("$1") ;;
    esac
    shift
  done
}

# dsage_run RUN_DIR MOST_RESTARTS SRUN_OPTION... -- ARGUMENT...: starts the ranks, waits, and
# decides how the job ends.
dsage_run() {
  local run_dir=$1 most=$2 code=0 restarts=${SLURM_RESTART_COUNT:-0}
  local -a options=()
  shift 2
  while [ "$1" != -- ]; do
    options+=("$1")
    shift
  done
  shift
  dsage_arguments "$run_dir" "$@"
  echo "== $(date '+%F %T') job $SLURM_JOB_ID, restart $restarts: ${ARGUMENTS[*]}"
  # --wait: when one rank has ended, the others have this many seconds to end too.
  srun --mpi="$(dsage_mpi_plugin)" --wait=60 "${options[@]}" \
    "${PYTHON[@]}" -m dsage_mpi "${ARGUMENTS[@]}" || code=$?
  echo "== $(date '+%F %T') ended with $code"
  case $code in 0 | 1 | 2) exit "$code" ;; esac
  if [ -e "$run_dir/STOP" ]; then
    echo "stopped on request; to go on: sbatch with --restart $run_dir"
    exit "$code"
  fi
  if [ "$restarts" -ge "$most" ]; then
    echo "this was restart $restarts of at most $most; to go on: sbatch with --restart $run_dir"
    exit "$code"
  fi
  # Back into the queue under the same job number; this script is ended by that.
  scontrol requeue "$(dsage_job)" || {
    echo "this cluster does not requeue; to go on: sbatch with --restart $run_dir"
    exit "$code"
  }
  sleep 60
}
