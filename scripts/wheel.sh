#!/usr/bin/env bash
# Builds the wheel and the source archive into dist/ and checks what is in them: `make wheel`.
set -euo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
cd "$ROOT"
export PATH=$ROOT/.venv/bin:$PATH PIP_DISABLE_PIP_VERSION_CHECK=1

mkdir -p dist
# The build backend itself makes the source archive, so no further tool is needed; the wheel is
# built from that archive, which proves that the archive is complete.
archive=$(python -c 'import scikit_build_core.build as build; print(build.build_sdist("dist"))' |
  tail -n 1) # it reports on what it does before that
python -m pip wheel --no-build-isolation --no-deps --wheel-dir dist "dist/$archive"
python scripts/check_wheel.py dist/dsage_mpi-*.whl
