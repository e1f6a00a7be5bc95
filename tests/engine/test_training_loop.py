"""The loop never waits for the device, and its options do what they say."""

import json
from collections import Counter
from pathlib import Path

import pytest
import torch
from closeness import assert_same_weights
from mmengine.hooks import EMAHook, Hook, RuntimeInfoHook
from mmengine.registry import HOOKS
from mmengine.structures import PixelData
from mmseg.models.losses.accuracy import accuracy
from mmseg.structures import SegDataSample
from torch import nn
from torch.profiler import ProfilerActivity, profile

from mmseg_facenext.config.load import load_config
from mmseg_facenext.engine.hooks import LossReadingHook
from mmseg_facenext.engine.training import train
from mmseg_facenext.errors import UserError
from mmseg_facenext.models import MSCAN, FacePreProcessor, LightHamHead
from mmseg_facenext.models.decode_heads.face_decode_head import pixel_accuracy
from mmseg_facenext.models.segmentors.face_preprocessor import sent_together

HOST_WAITS = (
    'aten::_local_scalar_dense',
    'aten::nonzero',
)  # what .item(), bool(tensor) and x[mask] come down to


def tiny(config: Path, work_dir: Path, **options):
    return load_config(config, {'work_dir': str(work_dir), **options})


def losses_of(work_dir: Path) -> list[tuple]:
    (log,) = work_dir.glob('*/vis_data/scalars.json')
    rows = [json.loads(line) for line in log.read_text().splitlines()]
    return [(row['step'], row['loss'], row['decode.acc_seg']) for row in rows if 'loss' in row]


def test_the_log_is_that_of_mmengine(tiny_config, tmp_path):
    options = {
        'default_hooks.logger.interval': 3,
        'train_cfg.max_iters': 6,
        'train_cfg.val_interval': 2,
    }
    logs = []
    for hook in ('LossReadingHook', 'RuntimeInfoHook'):
        cfg = tiny(tiny_config, tmp_path / hook, **options, **{'default_hooks.runtime_info.type': hook})
        runner = train(cfg, seed=1)
        history = runner.message_hub.get_scalar('train/loss').data[0]
        logs.append((losses_of(tmp_path / hook), list(history)))
    assert any(isinstance(hook, RuntimeInfoHook) for hook in runner.hooks)
    assert len(logs[0][1]) == 6
    assert logs[0] == logs[1]


@HOOKS.register_module(force=True)
class CountHostWaits(Hook):
    """Profiles iterations 2 to 4, between two entries of the log."""

    priority = 'VERY_HIGH'
    counts: Counter

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        if runner.iter == 1:
            self.profile = profile(activities=[ProfilerActivity.CPU])
            self.profile.start()
        if runner.iter == 4:
            self.profile.stop()
            CountHostWaits.counts = Counter(event.name for event in self.profile.events())


@pytest.mark.parametrize('hook', [LossReadingHook, RuntimeInfoHook])
def test_no_value_is_read_between_two_entries_of_the_log(tiny_config, tmp_path, hook):
    cfg = tiny(tiny_config, tmp_path, **{'default_hooks.logger.interval': 6, 'train_cfg.max_iters': 6})
    cfg.train_cfg.val_interval = 6
    cfg.train_dataloader.batch_size = 1  # the logger also writes at the end of an epoch
    cfg.model.backbone.norm_cfg = dict(type='GN', num_groups=4)
    cfg.default_hooks.checkpoint.interval = 6
    cfg.default_hooks.runtime_info = dict(type=hook.__name__)
    cfg.model.decode_head.loss_decode.append(dict(type='ClassDiceLoss'))
    cfg.optim_wrapper.pop('clip_grad', None)
    cfg.custom_hooks.append(dict(type='CountHostWaits'))
    train(cfg, seed=1)
    waits = sum(CountHostWaits.counts[name] for name in HOST_WAITS)
    assert CountHostWaits.counts['aten::convolution'] > 0
    assert (waits == 0) == (hook is LossReadingHook), waits


def test_accuracy_is_that_of_mmseg():
    logits, labels = torch.randn(2, 5, 6, 7), torch.randint(0, 5, (2, 6, 7))
    labels[0, :3] = 255
    torch.testing.assert_close(
        pixel_accuracy(logits, labels, 255), accuracy(logits, labels, ignore_index=255)
    )
    assert pixel_accuracy(logits, torch.full_like(labels, 255), 255) == 0


def test_accumulated_gradients_are_those_of_the_larger_batch(tiny_config, tmp_path):
    options = {
        'train_dataloader.sampler.shuffle': False,
        'model.backbone.norm_cfg': dict(type='GN', num_groups=4),  # statistics of a batch would differ
        'train_cfg.val_interval': 4,
        'default_hooks.checkpoint.interval': 4,
        'param_scheduler': None,
    }
    small = tiny(tiny_config, tmp_path / 'small', **options, **{'train_dataloader.batch_size': 2})
    large = tiny(tiny_config, tmp_path / 'large', **options, **{'train_cfg.max_iters': 2})
    for cfg in (small, large):
        cfg.custom_hooks = []
    states = [
        runner.model.state_dict() for runner in (train(small, seed=1, accumulate=2), train(large, seed=1))
    ]
    assert_same_weights(*states)


def test_ema_saves_the_average_and_resumes_both(tiny_config, tmp_path):
    class Trajectory(Hook):
        weights: list = []

        def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None):
            self.weights.append(runner.model.decode_head.conv_seg.weight.detach().clone())

    HOOKS.register_module(name='Trajectory', module=Trajectory, force=True)
    cfg = tiny(tiny_config, tmp_path)
    cfg.custom_hooks.append(dict(type='Trajectory'))
    runner = train(cfg, seed=1, ema=0.25)
    average = Trajectory.weights[0]  # mmengine copies the weights at the first update
    for weight in Trajectory.weights[1:]:
        average = 0.75 * average + 0.25 * weight
    saved = torch.load(tmp_path / 'iter_4.pth', weights_only=False)
    torch.testing.assert_close(saved['state_dict']['decode_head.conv_seg.weight'], average)
    trained = runner.model.decode_head.conv_seg.weight
    torch.testing.assert_close(trained.detach(), Trajectory.weights[-1])

    again = tiny(tiny_config, tmp_path, **{'train_cfg.max_iters': 4})
    again.custom_hooks.append(
        dict(type='FaceEMAHook', momentum=0.5)
    )  # as the copy of a config in a work dir has it
    resumed = train(again, resume=True, ema=0.25)
    torch.testing.assert_close(resumed.model.decode_head.conv_seg.weight, trained)
    (hook,) = (hook for hook in resumed.hooks if isinstance(hook, EMAHook))
    assert hook.ema_model.momentum == 0.25
    without = train(tiny(tiny_config, tmp_path, **{'train_cfg.max_iters': 4}), resume=True)
    torch.testing.assert_close(without.model.decode_head.conv_seg.weight, trained)


def test_a_profile_names_what_takes_longest_and_leaves_a_trace(tiny_config, tmp_path, capfd):
    options = dict.fromkeys(['train_cfg.max_iters', 'train_cfg.val_interval'], 15)
    options['train_dataloader.batch_size'] = 2
    train(tiny(tiny_config, tmp_path, **options), seed=1, profile=True)
    assert 'aten::mkldnn_convolution' in capfd.readouterr().out
    events = json.loads((tmp_path / 'profile_trace.json').read_text())['traceEvents']
    assert any(event.get('name') == 'aten::convolution' for event in events)


def test_a_training_too_short_for_a_profile_says_so(tiny_config, tmp_path):
    with pytest.raises(UserError, match='--profile takes 15 iterations, this training has 4'):
        train(tiny(tiny_config, tmp_path), seed=1, profile=True)


@pytest.mark.parametrize('shapes', [[(3, 4, 5)] * 3, [(3, 4, 5), (3, 6, 5)], []])
def test_tensors_arrive_as_they_were(shapes):
    tensors = [torch.randint(0, 255, shape, dtype=torch.uint8) for shape in shapes]
    arrived = sent_together(tensors, torch.device('cpu'))
    assert len(arrived) == len(tensors)
    for there, here in zip(arrived, tensors, strict=True):
        assert there.dtype == torch.uint8
        torch.testing.assert_close(there, here)


@pytest.mark.gpu
def test_the_preprocessor_gives_the_same_on_a_gpu():
    def batch():
        torch.manual_seed(0)
        samples = [
            SegDataSample(gt_sem_seg=PixelData(data=torch.randint(0, 19, (1, 8, 8), dtype=torch.uint8)))
            for _ in range(3)
        ]
        return dict(inputs=list(torch.randint(0, 255, (3, 3, 8, 8), dtype=torch.uint8)), data_samples=samples)

    options = dict(mean=[1.0, 2.0, 3.0], std=[2.0, 2.0, 2.0], bgr_to_rgb=True, size=(8, 8))
    there = FacePreProcessor(**options).cuda()(batch(), training=True)
    here = FacePreProcessor(**options)(batch(), training=True)
    torch.testing.assert_close(there['inputs'].cpu(), here['inputs'])
    for gpu, cpu in zip(there['data_samples'], here['data_samples'], strict=True):
        assert gpu.gt_sem_seg.data.is_cuda
        torch.testing.assert_close(gpu.gt_sem_seg.data.cpu(), cpu.gt_sem_seg.data)


def test_the_traceback_of_a_defect_is_kept(tiny_config, tmp_path):
    class Broken(Hook):
        def before_train_iter(self, runner, batch_idx, data_batch=None):
            raise RuntimeError('a defect')

    HOOKS.register_module(name='Broken', module=Broken, force=True)
    cfg = tiny(tiny_config, tmp_path)
    cfg.custom_hooks.append(dict(type='Broken'))
    with pytest.raises(RuntimeError, match='a defect'):
        train(cfg, seed=1)
    (kept,) = tmp_path.glob('*/traceback_rank0.txt')
    assert 'RuntimeError: a defect' in kept.read_text()


@pytest.mark.parametrize('text', ['0', '1', '-0.5', 'many'])
def test_shares_lie_between_0_and_1(text):
    import argparse

    from mmseg_facenext.cli.arguments import fraction

    with pytest.raises(argparse.ArgumentTypeError, match='between 0 and 1'):
        fraction(text)


def test_a_mistake_of_the_user_leaves_no_traceback_file(tiny_config, tmp_path):
    with pytest.raises(UserError):
        train(tiny(tiny_config, tmp_path, **{'optim_wrapper.optimizer.lr': 1e30}), seed=1)
    assert not list(tmp_path.glob('*/traceback*'))


def test_segnext_compiles_as_one_graph_under_autocast():
    torch.manual_seed(0)
    backbone = MSCAN(embed_dims=(8,), depths=(2,), num_stages=1, drop_path_rate=0.1, norm_cfg=dict(type='BN'))
    sizes = dict(in_channels=(8,), in_index=(0,), channels=16, ham_channels=16, num_classes=5)
    few_steps = dict(MD_R=4, train_steps=2)
    head = LightHamHead(**sizes, ham_kwargs=few_steps, norm_cfg=dict(type='GN', num_groups=4))
    network = torch.compile(nn.Sequential(backbone, head).train(), backend='aot_eager', fullgraph=True)
    with torch.autocast('cpu', torch.bfloat16):
        network(torch.randn(2, 3, 64, 64)).square().mean().backward()
    assert all(p.grad.isfinite().all() for p in network.parameters())
