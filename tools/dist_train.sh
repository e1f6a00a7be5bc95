#!/usr/bin/env bash
# Train on the GPUs of this machine (or CPU processes, where there is no GPU).
#
#   ./tools/dist_train.sh CONFIG PROCESSES [options of tools/train.py]
#   ./tools/dist_train.sh CONFIG 8 --amp bf16 --work-dir work_dirs/mine
#
# Several machines: run it on each with NNODES, NODE_RANK, MASTER_ADDR and, if 29500 is taken, PORT set.
# MAX_RESTARTS=3: if a process dies, start all of them again from the last checkpoint, up to 3 times.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/python.sh"
[ $# -ge 2 ] || usage "$0"
exec "$PYTHON" -m mmseg_facenext.cli.launch "$2" "$ROOT/tools/train.py" "$1" --launcher pytorch "${@:3}"
