#!/usr/bin/env bash
# The batch script of a training, which slurm_train.sh hands to Slurm: not to be called by hand.
#
#   slurm_job.sh .../tools/slurm.sh COMMAND...
#
# USR1, which Slurm sends when the time is nearly up, goes on to the tasks, which save and end; then the job is queued
# again. After `scancel` it is not.
source "$1"
shift
stopped=
trap 'stopped=1; kill -USR1 "$step"' USR1
meet exec srun --kill-on-bad-exit=1 ${SRUN_ARGS:-} "$@" &
step=$!
code=0
wait "$step" || code=$?
while [ "$code" -gt 128 ] && kill -0 "$step" 2>/dev/null; do # the trap has ended `wait`, not the step
    code=0
    wait "$step" || code=$?
done
[ -z "$stopped" ] || scontrol requeue "$SLURM_JOB_ID"
exit "$code"
