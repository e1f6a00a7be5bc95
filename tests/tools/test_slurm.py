"""The Slurm scripts against stand-ins for srun, scontrol and Python that tell what they were given."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SRUN = """#!/bin/bash
while [[ $1 == --* ]]; do echo "srun $1"; shift; done
export SLURM_JOB_NODELIST='n[1-2]' SLURM_JOB_ID=123456
exec "$@"
"""
SBATCH = """#!/bin/bash
while [[ $1 == --* ]]; do echo "sbatch $1"; shift; done
export SLURM_JOB_NODELIST='n[1-2]' SLURM_JOB_ID=123456
exec "$@"
"""
SCONTROL = '#!/bin/bash\nif [ "$1" = requeue ]; then echo "scontrol $*"; else echo n1; echo n2; fi\n'
PYTHON = """#!/bin/bash
echo "meet at $MASTER_ADDR:$MASTER_PORT"; echo "python $*"
[ -z "$SAVES" ] && exit
trap 'echo saved; exit 75' USR1  # as a training does
touch "$SAVES"; while :; do sleep 0.1; done
"""


@pytest.fixture
def cluster(tmp_path, monkeypatch) -> None:
    for name, text in (
        ('srun', SRUN),
        ('sbatch', SBATCH),
        ('scontrol', SCONTROL),
        ('venv/bin/python', PYTHON),
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)
    monkeypatch.setenv('PATH', f'{tmp_path}{os.pathsep}{os.environ["PATH"]}')
    monkeypatch.setenv('VIRTUAL_ENV', str(tmp_path / 'venv'))


def run(script: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [ROOT / 'tools' / script, *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
    )


@pytest.mark.usefixtures('cluster')
def test_sixteen_gpus_on_two_nodes():
    said = run('slurm_train.sh', 'gpu', 'faces', 'CONFIG', '--amp', 'bf16', GPUS='16').stdout.splitlines()
    options = {'--partition=gpu', '--job-name=faces', '--ntasks=16', '--gres=gpu:8', '--requeue'}
    assert {f'sbatch {option}' for option in (*options, '--signal=B:USR1@120')} <= set(said)
    assert 'srun --kill-on-bad-exit=1' in said
    assert not any('requeue' in line for line in said if line.startswith('scontrol'))
    assert f'meet at n1:{20000 + 123456 % 20000}' in said
    assert said[-1] == f'python -u {ROOT}/tools/train.py CONFIG --amp bf16 --launcher slurm'


@pytest.mark.usefixtures('cluster')
def test_one_gpu_and_a_port_of_ones_own():
    said = run('slurm_test.sh', 'gpu', 'x', 'CONFIG', 'CKPT', '--eval', 'mIoU', GPUS='1', PORT='29999').stdout
    assert 'srun --gres=gpu:1' in said
    assert 'meet at n1:29999' in said
    assert 'tools/test.py CONFIG CKPT --eval mIoU --launcher slurm' in said


@pytest.mark.usefixtures('cluster')
def test_a_training_out_of_time_saves_and_is_queued_again(tmp_path):
    job = subprocess.Popen(
        [ROOT / 'tools/slurm_train.sh', 'gpu', 'faces', 'CONFIG'],
        env={**os.environ, 'SAVES': str(tmp_path / 'runs')},
        stdout=subprocess.PIPE,
        text=True,
    )
    while not (tmp_path / 'runs').exists():
        assert job.poll() is None
        time.sleep(0.05)
    job.send_signal(signal.SIGUSR1)  # to the batch script alone, as B: says
    said, _ = job.communicate(timeout=60)
    assert job.returncode == 75
    assert said.splitlines()[-2:] == ['saved', 'scontrol requeue 123456']


def test_without_slurm():
    done = run('slurm_train.sh', 'gpu', 'x', 'CONFIG', PATH='/usr/bin:/bin')
    assert done.returncode == 1
    assert 'sbatch not found' in done.stderr
