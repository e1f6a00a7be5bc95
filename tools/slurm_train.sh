#!/usr/bin/env bash
# Train on a Slurm cluster, one task per GPU, as a batch job that outlives its time limit.
#
#   [GPUS=8 GPUS_PER_NODE=8 CPUS_PER_TASK=5 SBATCH_ARGS=... SRUN_ARGS=...] \
#       ./tools/slurm_train.sh PARTITION JOB_NAME CONFIG [options of tools/train.py]
#
# GPUS counts those of all nodes. PORT is the port that the tasks meet at (default: one of the job's own). Two minutes
# before its time is up (SBATCH_ARGS=--time=12:00:00) the training saves, is queued again, and goes on from there. Its
# output goes to slurm-<job>.out (SBATCH_ARGS=--output=...).
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/python.sh"
source "$ROOT/tools/slurm.sh"
[ $# -ge 3 ] || usage "$0"
# By this name a job that starts again knows its own checkpoints.
export FACENEXT_LAUNCHED=$(date +%s).$$
submit sbatch "$1" "$2" --signal=B:USR1@120 --requeue --open-mode=append ${SBATCH_ARGS:-} \
    "$ROOT/tools/slurm_job.sh" "$ROOT/tools/slurm.sh" "$PYTHON" -u "$ROOT/tools/train.py" "${@:3}" --launcher slurm
