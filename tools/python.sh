# Sourced by the shell scripts here: sets PYTHON to the environment in use and makes the package importable.
# The active virtual environment comes first, then the .venv that quickstart.sh made, then plain python3.
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
if [ -n "${VIRTUAL_ENV:-}" ]; then
    PYTHON=$VIRTUAL_ENV/bin/python
elif [ -n "${CONDA_PREFIX:-}" ] && [ "${CONDA_DEFAULT_ENV:-}" != base ]; then
    PYTHON=$CONDA_PREFIX/bin/python
elif [ -x "$ROOT/.venv/bin/python" ]; then
    PYTHON=$ROOT/.venv/bin/python
else
    PYTHON=python3
fi
export PYTHONPATH=$ROOT${PYTHONPATH:+:$PYTHONPATH}
