#!/usr/bin/env bash
# Score a checkpoint on a Slurm cluster, one task per GPU.
#
#   [GPUS=8 GPUS_PER_NODE=8 CPUS_PER_TASK=5 SRUN_ARGS=...] \
#       ./tools/slurm_test.sh PARTITION JOB_NAME CONFIG CKPT [options of tools/test.py]
#
# GPUS counts those of all nodes. PORT is the port that the tasks meet at (default: one of the job's own).
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/python.sh"
source "$ROOT/tools/slurm.sh"
[ $# -ge 4 ] || usage "$0"
submit srun "$1" "$2" --kill-on-bad-exit=1 ${SRUN_ARGS:-} bash -c 'source "$1"; shift; meet exec "$@"' \
    task "$ROOT/tools/slurm.sh" "$PYTHON" -u "$ROOT/tools/test.py" "${@:3}" --launcher slurm
