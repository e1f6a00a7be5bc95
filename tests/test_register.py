"""What importing this package and registering its modules change for everybody else in the process."""

import json
import subprocess
import sys

import pytest
import torch
from mmseg.models import EncoderDecoder, SegDataPreProcessor
from mmseg.models.backbones import MSCAN as UpstreamMSCAN
from mmseg.registry import MODELS
from mmseg.structures import SegDataSample

import mmseg_facenext.register
from mmseg_facenext.datasets import PackFaceInputs
from mmseg_facenext.models import MSCAN, LightHamHead

SNAPSHOT = """
import json, sys

class Missing:  # elsewhere than on Unix or Linux
    def find_spec(self, name, path=None, target=None):
        if name.partition('.')[0] in {'resource', 'fcntl', 'triton', 'termios', 'pwd', 'grp'}:
            raise ModuleNotFoundError(f'No module named {name!r}', name=name)

sys.meta_path.insert(0, Missing())
sys.modules.pop('pwd', None)
import mmengine.registry, mmengine.runner, mmcv.transforms, mmseg.registry
import mmseg.datasets, mmseg.evaluation, mmseg.models, mmseg.visualization

def snapshot():
    found = {}
    for module in (mmengine.registry, mmseg.registry):
        for name, registry in vars(module).items():
            if isinstance(registry, mmengine.registry.Registry):
                for kind, cls in registry.module_dict.items():
                    found[f'{module.__name__}.{name}.{kind}'] = f'{cls.__module__}.{cls.__qualname__}'
    for prefix, loader in mmengine.runner.CheckpointLoader._schemes.items():
        found[f'loader.{prefix}'] = f'{loader.__module__}.{loader.__qualname__}'
    return found

before = snapshot()
import mmseg_facenext.register
after = snapshot()

import numpy as np
from mmseg_facenext import FaceParser
from mmseg_facenext.config.load import load_config
from mmseg_facenext.engine import training, testing
cfg = load_config('segnext.tiny.128x128.syntheticfaces.quickstart', purpose='model')
labels = FaceParser(cfg)(np.zeros((40, 30, 3), np.uint8), detect=False).labels
print(json.dumps([before, after, labels.shape]))
"""


@pytest.fixture(scope='module')
def registries():
    """All registries before and after registering, {name: class}; the shape of what a parser gives for 40x30."""
    done = subprocess.run([sys.executable, '-c', SNAPSHOT], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_two_classes_of_upstream_are_replaced_and_nothing_else(registries):
    before, after, _ = registries
    changed = {name for name, cls in before.items() if after[name] != cls}
    assert changed == {'mmseg.registry.MODELS.MSCAN', 'mmseg.registry.MODELS.LightHamHead'}


def test_what_is_added_is_ours_and_named_as_nothing_of_upstream(registries):
    before, after, _ = registries
    added = after.keys() - before.keys()
    assert {after[name].partition('.')[0] for name in added} == {'mmseg_facenext'}
    kinds = {name.rpartition('.')[2] for name in before}
    assert not [name for name in added if name.rpartition('.')[2] in kinds]


def test_modules_that_only_unix_or_linux_have_are_not_needed(registries):
    assert registries[2] == [40, 30]


def test_importing_the_package_is_light_and_says_nothing():
    code = (
        'import sys, gc; before = set(sys.modules); import mmseg_facenext\n'
        'new = {name.partition(".")[0] for name in set(sys.modules) - before} - set(sys.stdlib_module_names)\n'
        'assert new == {"mmseg_facenext"}, new\n'
        'assert gc.isenabled()\n'
        'assert mmseg_facenext.LAPA.num_classes == 11 and "torch" not in sys.modules\n'
        'assert "FaceParser" in dir(mmseg_facenext)\n'
    )
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, check=True)
    assert done.stdout == done.stderr == ''


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match='FaceParsre'):
        mmseg_facenext.FaceParsre  # noqa: B018


def test_upstream_gets_our_modules_and_our_labels_reach_its_loss():
    """A config of mmseg alone, with `custom_imports` of ours and a pipeline that ends in our uint8 labels."""
    model = MODELS.build(
        dict(
            type='EncoderDecoder',
            data_preprocessor=dict(type='SegDataPreProcessor', size=(64, 64)),
            backbone=dict(
                type='MSCAN',
                embed_dims=[8, 8, 16, 16],
                depths=[1] * 4,
                norm_cfg=dict(type='BN'),
                init_cfg=None,
            ),
            decode_head=dict(
                type='LightHamHead',
                in_channels=[8, 16, 16],
                in_index=[1, 2, 3],
                channels=16,
                ham_channels=16,
                num_classes=5,
                norm_cfg=dict(type='GN', num_groups=4),
            ),
        )
    )
    assert type(model) is EncoderDecoder
    assert type(model.data_preprocessor) is SegDataPreProcessor
    assert type(model.backbone) is MSCAN is not UpstreamMSCAN
    assert type(model.decode_head) is LightHamHead
    labels = torch.randint(0, 5, (64, 64), dtype=torch.uint8).numpy()
    image = torch.randint(0, 255, (64, 64, 3), dtype=torch.uint8).numpy()
    sample = PackFaceInputs(meta_keys=())(dict(img=image, gt_seg_map=labels, seg_fields=['gt_seg_map']))
    assert isinstance(sample['data_samples'], SegDataSample)
    batch = model.data_preprocessor(
        dict(inputs=[sample['inputs']], data_samples=[sample['data_samples']]), training=True
    )
    losses = model.loss(batch['inputs'], batch['data_samples'])
    assert losses['decode.loss_ce'].isfinite()
