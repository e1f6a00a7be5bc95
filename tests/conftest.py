"""A small data set and a small config, for tests that need a whole training."""

import gc
import os
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from mmengine.dataset import base_dataset
from mmengine.registry import init_default_scope
from yapf.yapflib import yapf_api

import mmseg_facenext.register  # noqa: F401  -- as configs do
from mmseg_facenext.synthetic.faces import write_celebamask_tree

ROOT = Path(__file__).parents[1]
QUICKSTART = ROOT / 'local_configs/segnext/tiny/segnext.tiny.128x128.syntheticfaces.quickstart.py'

# Eight seconds and more, the longest first: they begin first, so that no process is left with one at the end.
LONG = (
    'train_and_test', 'triton', 'runtimes', 'export', 'examples', 'notebook', 'training_loop', 'damage', 'stopping',
    'published_checkpoints', 'training_old_configs', 'configs', 'readme', 'one_output_models', 'memory', 'any_batch',
    'scene_configs', 'steadiness', 'model_sizes', 'segface_head', 'starting_weights', 'register', 'training',
    'pretraining', 'lapa_and_helen', 'segface_on_lapa', 'translation',
)  # fmt: skip

torch.set_num_threads(1)  # also for what is made before the first test
os.environ.setdefault('OMP_NUM_THREADS', '1')


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    place = {f'test_{name}': number for number, name in enumerate(LONG)}
    items.sort(key=lambda item: place.get(item.path.stem, len(LONG)))


def pytest_collection_finish() -> None:
    """Python need not look for garbage among all that importing made."""
    gc.freeze()


def pytest_unconfigure() -> None:
    gc.unfreeze()  # or Triton's bindings print pages about what was never freed


@pytest.fixture(scope='session', autouse=True)
def _less_of_mmengine() -> Iterator[None]:
    """Leave out a third of the time of a small training.

    mmengine formats the config anew for each log and checkpoint, and looks for garbage with each data set.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(yapf_api, 'FormatCode', lambda text, **style: (text, True))
        patch.setattr(base_dataset, 'gc', SimpleNamespace(collect=lambda: None))
        yield


@pytest.fixture(autouse=True)
def _start_alike() -> None:
    """mmengine keeps the scope of the last Runner, which may have been mmpretrain's; tools set torch's threads."""
    init_default_scope('mmseg')
    torch.set_num_threads(1)


@pytest.fixture(scope='session')
def faces(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CelebAMask-HQ tree (raw layout): 11 faces of 64x64, of which the last 3 are held out."""
    root = tmp_path_factory.mktemp('data') / 'faces'
    write_celebamask_tree(root, count=11, val_count=3, image_size=64, mask_size=64, workers=1)
    return root


@pytest.fixture(scope='session')
def tiny_config(faces: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The quickstart's config cut down to 4 iterations at 32x32, without pictures; only the weights are random."""
    path = tmp_path_factory.mktemp('config') / 'tiny.py'
    path.write_text(f"""
_base_ = {str(QUICKSTART)!r}
scale = (32, 32)
resize = dict(type='FaceResize', scale=scale, keep_ratio=False)
load = [dict(type='LoadFaceImage'), dict(type='LoadFaceLabels')]
train_dataloader = dict(
    batch_size=4,
    num_workers=0,
    persistent_workers=False,
    dataset=dict(data_root={str(faces)!r}, pipeline=[*load, resize, dict(type='PackFaceInputs')]),
)
val_dataloader = dict(
    batch_size=2,
    num_workers=0,
    persistent_workers=False,
    dataset=dict(
        data_root={str(faces)!r}, pipeline=[load[0], resize, load[1], dict(type='PackFaceInputs')]
    ),
)
test_dataloader = val_dataloader
tta_pipeline = [
    load[0],
    dict(
        type='TestTimeAug',
        transforms=[
            [dict(type='FaceResize', scale=(s, s), keep_ratio=False) for s in (32, 48)],
            [load[1]],
            [dict(type='FaceFlip', prob=0.0), dict(type='FaceFlip', prob=1.0)],
            [dict(type='PackFaceInputs')],
        ],
    ),
]
model = dict(
    data_preprocessor=dict(size=scale),
    backbone=dict(embed_dims=[8, 8, 16, 16], depths=[1, 1, 1, 1], norm_cfg=dict(type='FaceSyncBN')),
    decode_head=dict(
        # Dice depends on how the batch is split over processes
        loss_decode=[dict(type='CrossEntropyLoss')],
        in_channels=[8, 8, 16, 16],
        channels=16,
        ham_channels=16,
        ham_kwargs=dict(MD_R=4, rand_init=False),
        norm_cfg=dict(num_groups=4),
    ),
)
optim_wrapper = dict(optimizer=dict(_delete_=True, type='SGD', lr=0.05, momentum=0.9, weight_decay=0.01))
train_cfg = dict(max_iters=4, val_interval=2)
custom_hooks = [dict(type='NanGuardHook'), dict(type='OneModelHook'), dict(type='HostMemoryHook')]
default_hooks = dict(logger=dict(interval=1), checkpoint=dict(interval=2))
""")
    return path


@pytest.fixture(scope='session')
def tiny_config_with_report(tiny_config: Path) -> Path:
    path = tiny_config.with_name('tiny_with_report.py')
    path.write_text(f"""
_base_ = {str(tiny_config)!r}
custom_hooks = [*_base_.custom_hooks, dict(type='ReportHook')]
""")
    return path
