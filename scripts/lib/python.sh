# Which Python to build the virtual environment from.

# The range that the package and its pinned wheels (torch above all) support.
# pyproject.toml's requires-python states the lower bound too; tests/scripts/test_files.py compares them.
PYTHON_OLDEST=11
PYTHON_NEWEST=14

# python_suits COMMAND: whether COMMAND starts a Python in the supported range. It is really
# started: version managers put commands on PATH that exist and refuse to run.
python_suits() {
  "$1" -c "import sys
sys.exit(not (3, $PYTHON_OLDEST) <= sys.version_info[:2] <= (3, $PYTHON_NEWEST))" 2>/dev/null
}

# find_python: prints the Python to use, or nothing. $PYTHON wins; then the machine's default
# python3, whose -venv and -dev packages are the likeliest to be there; then the newest that fits.
find_python() {
  local minor
  if [ -n "${PYTHON:-}" ]; then
    if python_suits "$PYTHON"; then command -v "$PYTHON"; fi
    return 0
  fi
  if python_suits python3; then
    command -v python3
    return 0
  fi
  for ((minor = PYTHON_NEWEST; minor >= PYTHON_OLDEST; minor--)); do
    if python_suits "python3.$minor"; then
      command -v "python3.$minor"
      return 0
    fi
  done
}

# python_has_venv PYTHON: Debian and Ubuntu split ensurepip off into python3-venv.
python_has_venv() { "$1" -c 'import ensurepip, venv' 2>/dev/null; }

# python_has_headers PYTHON: whether C extensions can be compiled for it.
python_has_headers() {
  "$1" -c 'import os, sys, sysconfig
sys.exit(not os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h")))' 2>/dev/null
}

# python_apt_stem PYTHON: the Debian package name that -venv and -dev are appended to.
python_apt_stem() {
  local name
  name=$(basename "$1")
  case $name in
    python3.*) printf '%s' "$name" ;;
    *) printf 'python3' ;;
  esac
}
