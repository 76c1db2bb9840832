#!/usr/bin/env bash
# Installs what some tests start: Slurm (tests/slurm), and networks for hosts (tests/hosts). make
# test calls this as root on Debian and Ubuntu. Tests that need it are skipped where it is missing,
# so nothing here is an error.
set -uo pipefail

packages=()
for program in slurmctld slurmd sbatch; do
  if ! command -v "$program" >/dev/null; then
    packages=(slurmctld slurmd slurm-client slurm-wlm-basic-plugins)
  fi
done
if ! command -v ip >/dev/null; then packages+=(iproute2); fi
if [ "${#packages[@]}" -eq 0 ]; then exit 0; fi

skipped="the tests that need ${packages[*]} will be skipped."
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
  echo "not installed here: $skipped"
  exit 0
fi
echo "installing ${packages[*]} for tests ..."
install() {
  DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${packages[@]}"
}
log=$(mktemp)
if ! { install || { apt-get update -q && install; }; } >"$log" 2>&1 </dev/null; then
  echo "could not install them; $skipped Last lines:"
  tail -n 3 "$log"
fi
rm -f "$log"
exit 0
