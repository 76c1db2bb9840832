#!/usr/bin/env bash
# Installs the Slurm that tests/slurm starts (make test calls this as root on Debian and Ubuntu).
# Tests that need it are skipped where it is missing, so nothing here is an error.
set -uo pipefail
if command -v slurmctld >/dev/null && command -v slurmd >/dev/null && command -v sbatch >/dev/null; then
  exit 0
fi
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
  echo "no Slurm here: the tests of the job scripts will be skipped."
  exit 0
fi
echo "installing Slurm for the tests of the job scripts ..."
install() {
  DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
    slurmctld slurmd slurm-client slurm-wlm-basic-plugins
}
log=$(mktemp)
if ! { install || { apt-get update -q && install; }; } >"$log" 2>&1 </dev/null; then
  echo "could not install Slurm; the tests of the job scripts will be skipped. Last lines:"
  tail -n 3 "$log"
fi
rm -f "$log"
exit 0
