#!/usr/bin/env bash
# Builds the site from docs/ into build/site: `make docs`. A warning is an error.
#
#   scripts/docs.sh [--install]    # --install: only see to it that Sphinx is there
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
PYTHON=.venv/bin/python

mapfile -t needed < <("$PYTHON" scripts/pyproject.py requirements docs)
if ! "$PYTHON" -c 'import furo, myst_parser, sphinx' 2>/dev/null; then
  echo "installing ${needed[*]} into .venv ..."
  "$PYTHON" -m pip install --quiet --disable-pip-version-check "${needed[@]}"
fi
[ "${1:-}" != --install ] || exit 0
"$PYTHON" -m sphinx --fresh-env --fail-on-warning --keep-going --quiet -b html \
  -d build/site-cache docs build/site
echo "built: build/site/index.html"
