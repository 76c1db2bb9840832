#!/usr/bin/env bash
# Builds the container image from apptainer.def: `make container`.
#
#   scripts/container.sh [IMAGE] [OPTION...]
#
# IMAGE, when empty or left out, is dsage_mpi.sif. OPTIONs go to `apptainer build`, for instance
# --build-arg TORCH=cuda; the arguments that there are stand at the top of apptainer.def.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
image=${1:-dsage_mpi.sif}
shift "$(($# < 1 ? $# : 1))"

# builder: the command that builds images, or nothing.
builder() { command -v apptainer || command -v singularity || true; }

# commit: the commit that the files are of; with -dirty if they differ from it.
commit() { git -C "$ROOT" describe --always --dirty --abbrev=40 2>/dev/null || printf unknown; }

apptainer=$(builder)
if [ -z "$apptainer" ]; then
  cat >&2 <<'END'
there is no apptainer here (nor singularity), which builds container images. To get it:
  on a cluster: module load apptainer, or look for it under `module avail`
  Fedora, and RHEL and relatives with EPEL: dnf install apptainer
  Ubuntu: add-apt-repository ppa:apptainer/ppa, then apt-get install apptainer
  Debian: apt-get install apptainer, in unstable only
No root is needed to build, see docs/container.md. Images can be copied from another machine, too.
END
  exit 1
fi

# %files are looked for from here. Built beside and renamed: jobs that use the old image keep it,
# and a build that fails leaves it alone.
image=$(realpath -m "$image")
if [ -d "$image" ]; then
  echo "$image is a folder: name a file (make container IMAGE=...), or remove the folder." >&2
  exit 2
fi
cd "$ROOT"
new=$(mktemp -u "$image.XXXXXX")
trap 'rm -rf "$new"' EXIT
"$apptainer" build --build-arg COMMIT="$(commit)" "$@" "$new" apptainer.def
mv -T "$new" "$image"
printf '%s: %s\n' "$image" "$(du -sh "$image" | cut -f 1)"
