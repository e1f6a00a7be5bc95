#!/usr/bin/env bash
# Score a checkpoint on a Slurm cluster, one task per GPU.
#
#   [GPUS=8 GPUS_PER_NODE=8 CPUS_PER_TASK=5 SRUN_ARGS=...] ./tools/slurm_test.sh PARTITION JOB_NAME CONFIG CKPT [options of tools/test.py]
#
# GPUS counts those of all nodes. PORT is the port that the tasks meet at (default: one of the job's own).
set -euo pipefail
if [ $# -lt 4 ]; then
    sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0" >&2
    exit 2
fi
if ! command -v srun >/dev/null; then
    echo "error: srun not found: this is no Slurm cluster; use tools/dist_test.sh" >&2
    exit 1
fi
source "$(dirname "${BASH_SOURCE[0]}")/python.sh"
GPUS=${GPUS:-8}
GPUS_PER_NODE=${GPUS_PER_NODE:-$((GPUS < 8 ? GPUS : 8))}
# The first node of the job is known only inside it: each task asks Slurm for the list.
exec srun --partition="$1" --job-name="$2" --gres="gpu:$GPUS_PER_NODE" --ntasks="$GPUS" \
    --ntasks-per-node="$GPUS_PER_NODE" --cpus-per-task="${CPUS_PER_TASK:-5}" --kill-on-bad-exit=1 ${SRUN_ARGS:-} \
    bash -c 'export MASTER_ADDR=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)
             export MASTER_PORT=${PORT:-$((20000 + SLURM_JOB_ID % 20000))}; exec "$@"' task \
    "$PYTHON" -u "$ROOT/tools/test.py" "$3" "$4" --launcher slurm "${@:5}"
