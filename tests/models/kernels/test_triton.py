"""The Triton kernels: interpreted on the CPU against the plain version, and compiled for GPUs that are not here."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from against_plain import CASES, GRADIENTS, PUBLISHED, errors

import mmseg_facenext.models

pytest.importorskip('triton')
SHARED_MEMORY = {80: 163 * 1024, 90: 227 * 1024}  # bytes that one program can have, by compute capability


# mmseg, which the models around the kernels import, takes longer than the kernels.
ALONE = f"""
import runpy, sys, types
models = types.ModuleType('mmseg_facenext.models')
models.__path__ = {list(mmseg_facenext.models.__path__)!r}
sys.modules[models.__name__] = models
runpy.run_path(sys.argv[1], run_name='__main__')
"""


def output_of(script: str, **environment: str):
    path = Path(__file__).with_name(script)
    done = subprocess.run(
        [sys.executable, '-c', ALONE, path],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope='module')
def interpreted() -> dict[str, dict[str, float]]:
    return output_of('against_plain.py', TRITON_INTERPRET='1')


@pytest.mark.parametrize('case', CASES)
def test_the_interpreted_kernel_equals_the_plain_version(interpreted, case):
    tolerance = 5e-3 if CASES[case][-1] == torch.float16 else 1e-5
    assert set(interpreted[case]) == set(GRADIENTS)
    for name, error in interpreted[case].items():
        assert error < tolerance, name


def test_the_kernels_compile_for_tensor_cores_and_fit_into_shared_memory():
    rows = output_of('compile_kernels.py', TRITON_INTERPRET='0')
    assert len(rows) == 21
    for what, architecture, shared, tensor_cores in rows:
        assert tensor_cores == ('msca' in what), what
        assert shared <= SHARED_MEMORY[architecture], what


@pytest.mark.gpu
@pytest.mark.parametrize('dtype', [torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize('shape', [(1, 3, 13, 29), (2, 64, 128, 128), (64, 8, 16, 16), (1, 4, 257, 130)])
@pytest.mark.parametrize(('operator', 'settings'), [('msca', PUBLISHED), ('depthwise_gelu', ())])
def test_the_kernels_equal_the_plain_versions_on_a_gpu(operator, settings, shape, dtype, monkeypatch):
    monkeypatch.setattr(torch.backends.cudnn, 'allow_tf32', False)
    tolerance = {torch.float32: 1e-4, torch.float16: 1e-2, torch.bfloat16: 5e-2}[dtype]
    for name, error in errors(operator, settings, shape, dtype, 'cuda').items():
        assert error < tolerance, name
