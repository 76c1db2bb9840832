#!/usr/bin/env bash
# Ends the jobs and the daemons of the Slurm that start.sh DIR started, and only those.
dir=$(cd "$1" && pwd -P) || exit 1
export SLURM_CONF=$dir/slurm.conf
scancel --user="$(id -un)" 2>/dev/null
sleep 1
for file in "$dir"/slurmd.*.pid "$dir/slurmctld.pid"; do
  if [ -s "$file" ]; then kill "$(cat "$file")" 2>/dev/null; fi
done
exit 0
