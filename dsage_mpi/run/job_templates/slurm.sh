#!/bin/bash
# Runs @{arguments}
# under Slurm until it is done, over as many time slots as that takes (docs/hpc.md). Written by
#   @{command}
#
#   sbatch @{script}                   # from @{folder}
#   sbatch @{script} --seed 7          # anything else that `python -m dsage_mpi` takes
#   bash @{script} --dry-run           # how long will it take? submits nothing
#
# Every line below can be changed; '#SBATCH' lines are read by sbatch, up to the first command.
#SBATCH --job-name=@{name}
#SBATCH --time=@{hours}:@{minutes}:@{seconds}
# The run is told 120 s before the end of a time slot; it saves itself and goes on in the next one.
#SBATCH --signal=USR1@120
#SBATCH --requeue
#SBATCH --output=%x-%j.out
#SBATCH --open-mode=append
@account|#SBATCH --account=@{account}
@het|# Component 0: rank 0, which trains the surrogate and keeps the archive.
@het|#SBATCH --nodes=1
@het|#SBATCH --ntasks=1
@het|#SBATCH --cpus-per-task=@{surrogate_cores}
@het|#SBATCH --mem-per-cpu=@{root_core_memory}M
@gpu|#SBATCH --gres=gpu:1
@gpu_partition|#SBATCH --partition=@{gpu_partition}
@het|#SBATCH hetjob
@het|# Component 1: the simulators, a core each.
@plain|# Rank 0 trains the surrogate and keeps the archive; all others simulate, a core each.
#SBATCH --nodes=@{nodes}
#SBATCH --ntasks=@{tasks}
#SBATCH --cpus-per-task=1
#SBATCH --mem-per-cpu=@{core_memory}M
@partition|#SBATCH --partition=@{partition}

# Modules that were loaded when dsage_mpi was installed, MPI above all.
modules=(@{modules})
# At most so many time slots after the first.
most_restarts=@{restarts}
@plain|# Cores of rank 0's node that the surrogate trains on where there is no GPU; results depend on it.
@plain|surrogate_threads=@{surrogate_cores}

set -uo pipefail
export PATH=@{bin}:$PATH DSAGE_MOST_RESTARTS=$most_restarts
@plain|export DSAGE_SURROGATE_THREADS=$surrogate_threads
if [ "${#modules[@]}" -gt 0 ]; then module load "${modules[@]}"; fi
. @{common}
# sbatch starts a copy of this file, of that name.
if [ "${0##*/}" != slurm_script ]; then dsage_ask "$0" @{arguments} "$@"; fi
set -- @{arguments} "$@"
dsage_setup
run_dir=$(dsage_run_dir "runs/$SLURM_JOB_NAME-$SLURM_JOB_ID" "$@")
@het|dsage_run "$run_dir" "$most_restarts" --het-group=0,1 -- "$@"
@plain|dsage_run "$run_dir" "$most_restarts" -- "$@"
