#!/bin/bash
# Runs @{arguments}
# under LSF until it is done, over as many time slots as that takes (docs/hpc.md). Written by
#   @{command}
#
#   bsub < @{script}                   # from @{folder}
#
# Every line below can be changed; '#BSUB' lines are read by bsub.
#BSUB -J @{name}
#BSUB -W @{all_hours}:@{minutes}
# Rank 0 trains the surrogate and keeps the archive; all others simulate, a core each.
#BSUB -n @{ranks}
#BSUB -R "span[ptile=@{cores}]"
@gpu|#BSUB -gpu "num=1"
# Memory of each core; a site may count without a unit, or by node: ask there.
#BSUB -R "rusage[mem=@{core_memory}MB]"
#BSUB -o @{name}-%J.out
@account|#BSUB -P @{account}
@partition|#BSUB -q @{partition}

# dsage_next RUN_DIR RESTART: submits the next time slot.
dsage_next() { bsub -env "all,DSAGE_RUN_DIR=$1,DSAGE_RESTART=$2" < @{script_path}; }
job=${LSB_JOBID:-none}
cd "${LS_SUBCWD:-.}" || exit 1
