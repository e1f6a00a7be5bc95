# Sourced by slurm_train.sh and slurm_test.sh.

# submit PROGRAM PARTITION JOB_NAME COMMAND...: calls srun or sbatch with the options for GPUS tasks.
submit() {
    local program=$1 partition=$2 job=$3 gpus=${GPUS:-8}
    local per_node=${GPUS_PER_NODE:-$((gpus < 8 ? gpus : 8))}
    shift 3
    if ! command -v "$program" >/dev/null; then
        echo "error: $program not found: this is no Slurm cluster; use tools/dist_train.sh or tools/dist_test.sh" >&2
        exit 1
    fi
    exec "$program" --partition="$partition" --job-name="$job" --gres="gpu:$per_node" --ntasks="$gpus" \
        --ntasks-per-node="$per_node" --cpus-per-task="${CPUS_PER_TASK:-5}" "$@"
}

# meet COMMAND...: runs it, told where all tasks of the job meet. The first node and the number of the job are known
# only inside it.
meet() {
    MASTER_ADDR=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)
    MASTER_PORT=${PORT:-$((20000 + SLURM_JOB_ID % 20000))}
    export MASTER_ADDR MASTER_PORT
    "$@"
}
