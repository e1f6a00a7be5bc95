"""The Slurm scripts against stand-ins for srun, scontrol and Python that tell what they were given."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SRUN = """#!/bin/bash
while [[ $1 == --* ]]; do echo "srun $1"; shift; done
export SLURM_JOB_NODELIST='n[1-2]' SLURM_JOB_ID=123456
exec "$@"
"""
SCONTROL = '#!/bin/bash\necho n1; echo n2\n'
PYTHON = '#!/bin/bash\necho "meet at $MASTER_ADDR:$MASTER_PORT"; echo "python $*"\n'


@pytest.fixture
def cluster(tmp_path, monkeypatch) -> None:
    for name, text in (('srun', SRUN), ('scontrol', SCONTROL), ('venv/bin/python', PYTHON)):
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
    assert {'srun --partition=gpu', 'srun --job-name=faces', 'srun --ntasks=16', 'srun --gres=gpu:8'} <= set(
        said
    )
    assert f'meet at n1:{20000 + 123456 % 20000}' in said
    assert said[-1] == f'python -u {ROOT}/tools/train.py CONFIG --amp bf16 --launcher slurm'


@pytest.mark.usefixtures('cluster')
def test_one_gpu_and_a_port_of_ones_own():
    said = run('slurm_test.sh', 'gpu', 'x', 'CONFIG', 'CKPT', '--eval', 'mIoU', GPUS='1', PORT='29999').stdout
    assert 'srun --gres=gpu:1' in said
    assert 'meet at n1:29999' in said
    assert 'tools/test.py CONFIG CKPT --eval mIoU --launcher slurm' in said


def test_without_slurm():
    done = run('slurm_train.sh', 'gpu', 'x', 'CONFIG', PATH='/usr/bin:/bin')
    assert done.returncode == 1
    assert 'srun not found' in done.stderr
