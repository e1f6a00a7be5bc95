# Sourced by slurm_train.sh and slurm_test.sh.

# submit PARTITION JOB_NAME COMMAND...: runs the command as GPUS tasks, each of which knows where they meet.
submit() {
    local partition=$1 job=$2 gpus=${GPUS:-8}
    local per_node=${GPUS_PER_NODE:-$((gpus < 8 ? gpus : 8))}
    shift 2
    if ! command -v srun >/dev/null; then
        echo "error: srun not found: this is no Slurm cluster; use tools/dist_train.sh or tools/dist_test.sh" >&2
        exit 1
    fi
    # The first node and the number of the job are known only inside it.
    exec srun --partition="$partition" --job-name="$job" --gres="gpu:$per_node" --ntasks="$gpus" \
        --ntasks-per-node="$per_node" --cpus-per-task="${CPUS_PER_TASK:-5}" --kill-on-bad-exit=1 ${SRUN_ARGS:-} \
        bash -c 'export MASTER_ADDR=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)
                 export MASTER_PORT=${PORT:-$((20000 + SLURM_JOB_ID % 20000))}; exec "$@"' task "$@"
}
