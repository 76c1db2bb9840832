#!/bin/bash
# Runs @{arguments}
# under PBS until it is done, over as many time slots as that takes (docs/hpc.md). Written by
#   @{command}
#
#   qsub @{script}                     # from @{folder}
#
# Every line below can be changed; '#PBS' lines are read by qsub.
#PBS -N @{name}
#PBS -l walltime=@{hours}:@{minutes}:@{seconds}
# Rank 0 trains the surrogate and keeps the archive; all others simulate, a core each.
@plain|#PBS -l select=@{nodes}:ncpus=@{cores}:mpiprocs=@{cores}:mem=@{node_memory}mb@{gpus}
@het|#PBS -l select=1:ncpus=@{surrogate_cores}:mpiprocs=1:ngpus=1:mem=@{root_memory}gb+@{nodes}:ncpus=@{cores}:mpiprocs=@{cores}:mem=@{node_memory}mb
#PBS -j oe
@account|#PBS -A @{account}
@partition|#PBS -q @{partition}

# dsage_next RUN_DIR RESTART: submits the next time slot.
dsage_next() { qsub -v "DSAGE_RUN_DIR=$1,DSAGE_RESTART=$2" @{script_path}; }
job=${PBS_JOBID:-none}
cd "${PBS_O_WORKDIR:-.}" || exit 1
