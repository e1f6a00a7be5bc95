#!/usr/bin/env bash
# Score a checkpoint on the GPUs of this machine (or CPU processes, where there is no GPU).
#
#   ./tools/dist_test.sh CONFIG CKPT PROCESSES [options of tools/test.py]
#   ./tools/dist_test.sh CONFIG CKPT 8 --eval mIoU mFscore
#
# Several machines: run it on each with NNODES, NODE_RANK, MASTER_ADDR and, if 29500 is taken, PORT set.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/python.sh"
[ $# -ge 3 ] || usage "$0"
exec "$PYTHON" -m mmseg_facenext.cli.launch "$3" "$ROOT/tools/test.py" "$1" "$2" --launcher pytorch "${@:4}"
