"""Old configs, and small data of the kinds they were written for."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from old_configs import FOLDERS, write_tree
from PIL import Image

from mmseg_facenext.datasets.celebamask_hq.merge_folder import claim_folder, merge_all, plan_merge
from mmseg_facenext.taxonomy import CELEBAMASK_HQ

SUFFIXES = {
    'ade': ('.jpg', '.png'),
    'city': ('_leftImg8bit.png', '_gtFine_labelTrainIds.png'),
    'coco': ('.jpg', '_labelTrainIds.png'),
}


@pytest.fixture(scope='session')
def merged_faces(faces: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tree of `faces` in the merged layout alone."""
    root = tmp_path_factory.mktemp('merged') / 'CelebAMaskHQ'
    shutil.copytree(faces, root)
    jobs = plan_merge(root, root, CELEBAMASK_HQ)
    claim_folder(jobs)
    assert all(not merged.problem for merged in merge_all(jobs, workers=1))
    shutil.rmtree(root / 'CelebAMask-HQ-mask-anno')
    return root


@pytest.fixture(scope='session')
def data_roots(merged_faces: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A few images for each data set, under the names that its class looks for."""
    roots = {'celebamaskhq': str(merged_faces)}
    draw = np.random.default_rng(0)
    for data, folders in FOLDERS.items():
        root = tmp_path_factory.mktemp(data)
        for images, labels, count in (folders[:2] + (3,), folders[2:] + (2,)):
            for folder in (images, labels):
                (root / folder).mkdir(parents=True)
            for i in range(count):
                photo, ids = draw.integers(0, 255, (48, 64, 3)), draw.integers(0, 19, (48, 64))
                Image.fromarray(photo.astype(np.uint8)).save(root / images / f'{i}{SUFFIXES[data][0]}')
                Image.fromarray(ids.astype(np.uint8)).save(root / labels / f'{i}{SUFFIXES[data][1]}')
        roots[data] = str(root)
    return roots


@pytest.fixture(scope='session')
def old_configs(
    data_roots: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> dict[tuple[str, str], Path]:
    """(size, data) -> an old config, 16 of them."""
    return write_tree(tmp_path_factory.mktemp('old'), data_roots)
