#!/usr/bin/env bash
# Sets everything up, then checks style, types, documentation and behaviour. Arguments go to pytest.
#
#   ./tools/run_tests.sh                 # everything but what is marked slow or gpu
#   ./tools/run_tests.sh -k mscan        # some tests
#   ./tools/run_tests.sh -m slow         # the ones that take minutes
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"
cd "$ROOT"
echo "== Style (ruff)"
"$PYTHON" -m ruff check .
"$PYTHON" -m ruff format --check --quiet . || fail "unformatted files: run $PYTHON -m ruff format ."
echo "== Types (mypy), documentation (mkdocs)"
NO_MKDOCS_2_WARNING=1 "$PYTHON" -m mkdocs build --strict --quiet --site-dir work_dirs/site &
documentation=$!
"$PYTHON" -c 'import mmseg_facenext.register' &>/dev/null & # mypy leaves a core free: compile what the tests import
"$PYTHON" -m mypy
wait $documentation
echo "== Tests (pytest)"
# Several processes; the tests of a file stay together, for they share what they train.
exec "$PYTHON" -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder "$@"
