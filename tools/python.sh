# Sourced by the shell scripts here: sets ROOT, and PYTHON to the interpreter of the environment in use.
# The active virtual environment comes first, then the .venv that quickstart.sh made, then plain python3.
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
if [ -n "${VIRTUAL_ENV:-}" ]; then
    PYTHON=$VIRTUAL_ENV/bin/python PYTHON_FROM=venv
elif [ -n "${CONDA_PREFIX:-}" ] && [ "${CONDA_DEFAULT_ENV:-}" != base ]; then
    PYTHON=$CONDA_PREFIX/bin/python PYTHON_FROM=conda
elif [ -x "$ROOT/.venv/bin/python" ]; then
    PYTHON=$ROOT/.venv/bin/python PYTHON_FROM=.venv
else
    PYTHON=${PYTHON:-python3} PYTHON_FROM=path
fi
export PYTHONPATH=$ROOT${PYTHONPATH:+:$PYTHONPATH}

# usage SCRIPT: prints the comment at the head of the script and ends it.
usage() {
    sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$1" >&2
    exit 2
}
