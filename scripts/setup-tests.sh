#!/usr/bin/env bash
# Installs what some tests start: Slurm (tests/slurm), networks for hosts (tests/hosts), a browser
# (tests/report/page), as root on Debian and Ubuntu, and Sphinx (tests/docs), into .venv. Tests that
# need it are skipped where it is missing, so nothing here is an error.
set -uo pipefail

install() {
  DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@"
}

# Installs packages, all or none, or says that tests will be skipped.
provide() {
  local skipped="the tests that need $* will be skipped." log
  if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    echo "not installed here: $skipped"
    return
  fi
  echo "installing $* for tests ..."
  log=$(mktemp)
  if ! { install "$@" || { apt-get update -q && install "$@"; }; } >"$log" 2>&1 </dev/null; then
    echo "could not install them; $skipped Last lines:"
    tail -n 3 "$log"
  fi
  rm -f "$log"
}

packages=()
for program in slurmctld slurmd sbatch; do
  if ! command -v "$program" >/dev/null; then
    packages=(slurmctld slurmd slurm-client slurm-wlm-basic-plugins)
  fi
done
if ! command -v ip >/dev/null; then packages+=(iproute2); fi
if [ "${#packages[@]}" -gt 0 ]; then provide "${packages[@]}"; fi
# By itself: Ubuntu has no such package, and Slurm does not depend on it.
if ! command -v chromium >/dev/null || ! command -v chromedriver >/dev/null; then
  provide chromium chromium-driver
fi
bash "$(dirname "${BASH_SOURCE[0]}")/docs.sh" --install || echo "the tests of the site will be skipped."
exit 0
