"""Kill trainings of two processes at random moments, resume them, and compare their bits."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

from mmseg_facenext.synthetic.faces import write_celebamask_tree

ROOT = Path(__file__).parents[2]
QUICKSTART = ROOT / 'local_configs/segnext/tiny/segnext.tiny.128x128.syntheticfaces.quickstart.py'
KILL_OUTCOMES = ('same bits', 'other bits', 'not saved', 'processes left', 'not resumed')
SIGNALS = (signal.SIGTERM, signal.SIGUSR1, signal.SIGINT, signal.SIGKILL)
TARGETS = ('launcher', 'one process', 'group')
ITERATIONS = 40
SECONDS = 600


def write_recipe(folder: Path) -> Path:
    """Write faces and a config that draws everything at random that real recipes do; return the config."""
    faces, config = folder / 'faces', folder / 'recipe.py'
    write_celebamask_tree(faces, count=12, val_count=4, image_size=64, mask_size=64, workers=1)
    config.write_text(f"""
_base_ = {str(QUICKSTART)!r}
scale = (32, 32)
load = [dict(type='LoadFaceImage'), dict(type='LoadFaceLabels')]
random = [
    dict(type='FaceResize', scale=(48, 48), keep_ratio=False), dict(type='FaceRandomCrop', crop_size=scale),
    dict(type='FaceFlip', prob=0.5), dict(type='FacePhotoMetricDistortion'),
]
resize = dict(type='FaceResize', scale=scale, keep_ratio=False)
pack = dict(type='PackFaceInputs')
train_dataloader = dict(
    batch_size=2, num_workers=1, dataset=dict(data_root={str(faces)!r}, pipeline=[*load, *random, pack])
)
val_dataloader = dict(
    num_workers=1, dataset=dict(data_root={str(faces)!r}, pipeline=[load[0], resize, load[1], pack])
)
test_dataloader = val_dataloader
model = dict(
    data_preprocessor=dict(size=scale),
    backbone=dict(embed_dims=[8, 8, 16, 16], depths=[1, 1, 1, 1], drop_path_rate=0.3),
    decode_head=dict(
        in_channels=[8, 8, 16, 16], channels=16, ham_channels=16, dropout_ratio=0.2,
        ham_kwargs=dict(MD_R=4, rand_init=True), norm_cfg=dict(num_groups=4),
    ),
)
train_cfg = dict(max_iters={ITERATIONS}, val_interval=15)
default_hooks = dict(logger=dict(interval=1), checkpoint=dict(interval=7))
custom_hooks = [dict(type='NanGuardHook'), dict(type='OneModelHook')]
""")
    return config


def whole_training(config: Path, work_dir: Path) -> dict[str, Any]:
    """Return the last checkpoint of a training that nobody stops."""
    training = _start(config, work_dir, '--seed', '1')
    _, said = training.communicate(timeout=SECONDS)
    assert training.returncode == 0, said
    return _state(work_dir)


def kill_and_resume(
    config: Path, work_dir: Path, whole: dict[str, Any], rng: np.random.Generator
) -> tuple[str, str, str]:
    """Return what was killed how, one of `KILL_OUTCOMES`, and what the processes said."""
    number, target = SIGNALS[rng.integers(len(SIGNALS))], TARGETS[rng.integers(len(TARGETS))]
    how = f'{target}, {number.name}'
    training = _start(config, work_dir, '--seed', '1')
    log = work_dir / 'nothing'
    while training.poll() is None and not log.exists():
        time.sleep(0.1)
        log = next(work_dir.glob('*/vis_data/scalars.json'), log)
    time.sleep(float(rng.random()) * 3)
    ranks = _children(training.pid)
    victims = {'launcher': [training.pid], 'one process': ranks[-1:], 'group': [-training.pid]}[target]
    for victim in victims:
        (os.killpg if victim < 0 else os.kill)(abs(victim), number)
    _, said = training.communicate(timeout=SECONDS)
    deadline = time.monotonic() + 60
    while left := [pid for pid in ranks if Path(f'/proc/{pid}').exists()]:
        if time.monotonic() > deadline:
            return how, 'processes left', f'{left}\n{said}'
        time.sleep(0.2)
    told = training.returncode in (75, 130) and 'saved' in said
    if number != signal.SIGKILL and not told and not (work_dir / f'iter_{ITERATIONS}.pth').exists():
        return how, 'not saved', f'exit code {training.returncode}\n{said}'
    resumed = _start(config, work_dir, '--resume', '--seed', '1')
    _, more = resumed.communicate(timeout=SECONDS)
    if resumed.returncode:
        return how, 'not resumed', said + more
    return how, 'same bits' if _equal(_state(work_dir), whole) else 'other bits', said + more


def _start(config: Path, work_dir: Path, *options: str) -> subprocess.Popen:
    command = [sys.executable, '-m', 'mmseg_facenext', 'train', str(config), '--gpus', '2', '--ema', '0.1']
    return subprocess.Popen(
        [*command, '--accumulate', '2', '--work-dir', str(work_dir), *options],
        cwd=ROOT,
        env={**os.environ, 'OMP_NUM_THREADS': '1', 'CUDA_VISIBLE_DEVICES': '', 'PYTHONPATH': str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f'/proc/{pid}/task/{pid}/children').read_text().split()]


def _state(work_dir: Path) -> dict[str, Any]:
    content = torch.load(work_dir / f'iter_{ITERATIONS}.pth', weights_only=False)
    return {key: content[key] for key in ('state_dict', 'ema_state_dict', 'optimizer', 'param_schedulers')}


def _equal(left: Any, right: Any) -> bool:
    if isinstance(left, torch.Tensor):
        return torch.equal(left, right)
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(_equal(left[key], right[key]) for key in left)
    if isinstance(left, list | tuple):
        return len(left) == len(right) and all(map(_equal, left, right))
    return left == right
