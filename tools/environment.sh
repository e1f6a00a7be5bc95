# Sourced by quickstart.sh and run_tests.sh: makes the environment ready and sets PYTHON to it.
#
# Uses the active virtual environment, or makes .venv here. Installs the package with its test extras once;
# later runs see that nothing has changed and do nothing. PYTHON=/path/to/python3.12 chooses the interpreter
# that .venv is made with.
LEAST_PYTHON=3.10
CHOSEN_PYTHON=${PYTHON:-}
NEEDED_GIB=8 # PyPI's torch for Linux brings the CUDA libraries

fail() {
    echo "error: $*" >&2
    exit 1
}

new_enough() {
    "$1" -c "import sys; sys.exit(sys.version_info < tuple(map(int, '$LEAST_PYTHON'.split('.'))))" 2>/dev/null
}

find_python() {
    local candidate
    for candidate in ${CHOSEN_PYTHON:-python3 python3.13 python3.12 python3.11 python3.10 python}; do
        if command -v "$candidate" >/dev/null && new_enough "$candidate"; then
            command -v "$candidate"
            return
        fi
    done
    fail "Python $LEAST_PYTHON or newer is needed, found $("${CHOSEN_PYTHON:-python3}" --version 2>&1 || true);" \
        "install one and name it: PYTHON=/path/to/python3.12 $0"
}

make_venv() {
    local base said
    base=$(find_python)
    echo "== Making .venv with $("$base" --version) ($base)"
    rm -rf "$ROOT/.venv" # what an interrupted run may have left
    if ! said=$("$base" -m venv "$ROOT/.venv" 2>&1); then
        rm -rf "$ROOT/.venv"
        fail "a virtual environment cannot be made (on Debian and Ubuntu: apt install python3-venv);" \
            "Python said: $(echo "$said" | tail -n 3 | tr '\n' ' ')"
    fi
}

install() {
    local home stamp now free quiet
    home=$("$PYTHON" -c 'import sys; print(sys.prefix)')
    stamp=$home/.mmseg_facenext_installed
    now=$(cat "$ROOT/pyproject.toml" "$ROOT/setup.py" "$ROOT/requirements.txt" | cksum)" $ROOT"
    [ "$(cat "$stamp" 2>/dev/null)" = "$now" ] && return
    free=$(df -Pk "$home" | awk 'NR == 2 { print int($4 / 1048576) }')
    "$PYTHON" -c 'import torch' 2>/dev/null || [ "$free" -ge "$NEEDED_GIB" ] ||
        fail "$free GiB are free in $home, the installation needs $NEEDED_GIB: free some space," \
            "or activate a virtual environment on another disk"
    echo "== Installing into $home (the first time this downloads a few GB: torch)"
    # Without compiling: much of all that is never imported, and the rest is compiled when it is.
    quiet=--quiet
    [ -t 1 ] && quiet=
    "$PYTHON" -m pip install $quiet --disable-pip-version-check --no-compile -e "$ROOT[tests]" ||
        fail "the installation failed, see pip's message above (no network? a package mirror can be set" \
            "with PIP_INDEX_URL); run $0 again once it is mended"
    # OpenCV's default build wants libGL from the system, which servers and containers often lack.
    if ! "$PYTHON" -c 'import cv2' 2>/dev/null; then
        echo "== OpenCV finds no libGL on this machine: taking its headless build instead"
        "$PYTHON" -m pip uninstall $quiet --yes opencv-python &&
            "$PYTHON" -m pip install $quiet --disable-pip-version-check opencv-python-headless &&
            "$PYTHON" -c 'import cv2' || fail "OpenCV cannot be imported: $("$PYTHON" -c 'import cv2' 2>&1 | tail -n 1)"
    fi
    echo "$now" >"$stamp"
}

export PYTHONDONTWRITEBYTECODE= # the many processes of a training or a test would compile all that they import anew
source "$(dirname "${BASH_SOURCE[0]}")/python.sh"
if [ "$PYTHON_FROM" = path ] || { [ "$PYTHON_FROM" = .venv ] && ! "$PYTHON" -m pip --version >/dev/null 2>&1; }; then
    make_venv
    source "$(dirname "${BASH_SOURCE[0]}")/python.sh"
fi
new_enough "$PYTHON" ||
    fail "$PYTHON is $("$PYTHON" --version 2>&1), but Python $LEAST_PYTHON or newer is needed:" \
        "deactivate that environment (a .venv is then made here) or activate a newer one"
install
