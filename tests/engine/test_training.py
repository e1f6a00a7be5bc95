"""`train` in one process: what it takes from options and config, what it resumes, what it refuses."""

import shutil
from pathlib import Path

import pytest
import torch
from closeness import assert_same_weights

from mmseg_facenext.config.load import load_config
from mmseg_facenext.engine.training import train
from mmseg_facenext.errors import UserError


def tiny(config: Path, work_dir: Path, **options):
    return load_config(config, {'work_dir': str(work_dir), **options})


@pytest.fixture(scope='module')
def trained(tiny_config, tmp_path_factory) -> Path:
    work_dir = tmp_path_factory.mktemp('trained')
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv('FACENEXT_LAUNCHED', 'first')
        train(tiny(tiny_config, work_dir), seed=3)
    return work_dir


def refused(config, work_dir, message, options=None, **arguments):
    with pytest.raises(UserError, match=message):
        train(tiny(config, work_dir, **(options or {})), **arguments)


def test_weights_alone_cannot_be_resumed(trained, tiny_config, tmp_path):
    (best,) = trained.glob('best_*.pth')
    refused(tiny_config, tmp_path, 'cannot be resumed: it has no optimizer.*--load-from', resume=str(best))


def test_resuming_into_another_folder_leaves_the_first_one_alone_and_takes_its_seed(
    trained, tiny_config, tmp_path
):
    """Without the seed the rest would see other images than an uninterrupted run."""
    before = {path.name for path in trained.iterdir()}
    train(tiny(tiny_config, tmp_path), resume=str(trained / 'iter_2.pth'))
    assert {path.name for path in trained.iterdir()} == before
    assert list(tmp_path.glob('best_*.pth'))
    resumed, whole = (torch.load(p / 'iter_4.pth', weights_only=False) for p in (tmp_path, trained))
    assert resumed['meta']['seed'] == 3
    assert_same_weights(resumed['state_dict'], whole['state_dict'])


def test_a_moved_folder_with_an_empty_pointer_still_resumes_by_the_settings_of_the_config(
    trained, tiny_config, tmp_path
):
    moved = shutil.copytree(trained, tmp_path / 'moved')
    (moved / 'last_checkpoint').write_text('')
    runner = train(tiny(tiny_config, moved, resume=True, **{'train_cfg.max_iters': 5}))
    assert runner.iter == 5
    assert runner.seed == 3


def test_resume_goes_before_the_load_from_of_the_config(trained, tiny_config, tmp_path):
    (best,) = trained.glob('best_*.pth')  # weights alone
    work_dir = tmp_path / 'work'
    runners = [
        train(tiny(tiny_config, work_dir, load_from=str(best), **{'train_cfg.max_iters': end}), resume=True)
        for end in (2, 3)
    ]
    assert [runner.iter for runner in runners] == [2, 3]  # the first had nothing to resume and began at 0
    assert (work_dir / 'iter_2.pth').exists()
    assert len(list(work_dir.glob('*/vis_data/scalars.json'))) == 2


@pytest.mark.parametrize(
    ('launch', 'counter', 'resume', 'taken'),
    [
        ('first', 'TORCHELASTIC_RESTART_COUNT', 'iter_2.pth', 'iter_4.pth'),
        ('first', 'SLURM_RESTART_COUNT', None, 'iter_4.pth'),
        ('second', 'TORCHELASTIC_RESTART_COUNT', 'iter_2.pth', 'iter_2.pth'),
        ('second', 'SLURM_RESTART_COUNT', None, None),
    ],
)
def test_a_restart_goes_on_from_this_jobs_own_checkpoint(
    trained, tiny_config, tmp_path, monkeypatch, launch, counter, resume, taken
):
    """The folder may hold those of an earlier training; without any of its own it starts as it was told."""
    work_dir = shutil.copytree(trained, tmp_path / 'work')
    monkeypatch.setenv(counter, '1')
    monkeypatch.setenv('FACENEXT_LAUNCHED', launch)
    monkeypatch.setattr('mmseg_facenext.engine.training.FaceRunner.train', lambda runner: None)
    cfg = tiny(tiny_config, work_dir)
    train(cfg, resume=resume and str(work_dir / resume))
    assert cfg.resume == (taken is not None)
    assert cfg.load_from is taken or Path(cfg.load_from).name == taken


def test_a_full_disk_costs_no_checkpoint(trained, tiny_config, tmp_path, monkeypatch):
    """The old best is removed only after the new one was written."""
    work_dir = tmp_path / 'work'
    shutil.copytree(trained, work_dir)
    kept = {path.name for path in work_dir.glob('*.pth')}
    write = torch.save

    def full(content, file, *args, **kwargs):
        if content['meta']['iter'] > 4:
            raise OSError(28, 'No space left on device')
        write(content, file, *args, **kwargs)

    monkeypatch.setattr(torch, 'save', full)
    with pytest.raises(OSError, match='No space left'):
        train(tiny(tiny_config, work_dir, **{'train_cfg.max_iters': 6}), resume=True)
    assert kept <= {path.name for path in work_dir.iterdir()}
    assert not list(work_dir.glob('.iter*'))


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        ({'model.decode_head.num_classes': 5}, 'the data has 19 classes.*num_classes=19'),
        ({'default_hooks.checkpoint.save_best': 'mDice'}, "save_best='mDice' is not among the scores"),
        ({'model.backbone.type': 'MSCAM'}, 'there is no module .MSCAM. here: did you mean MSCAN'),
        ({'model.backbone.depth': 3}, r'model\.backbone\.depth: nothing reads that; did you mean depths'),
        ({'optim_wrapper.optimizer.type': 'Adamw'}, 'there is no optimizer .Adamw. here: did you mean AdamW'),
        ({'param_scheduler.0.type': 'LinearL'}, 'there is no schedule .LinearL. here: did you mean LinearLR'),
        ({'train_cfg': None}, 'has no train_cfg: nothing to train'),
        ({'compile': True, 'model.backbone.with_cp': True}, '--compile cannot look into'),
    ],
)
def test_mistakes_in_the_config_are_named(tiny_config, tmp_path, options, message):
    refused(tiny_config, tmp_path, message, options)


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (dict(resume=True, load_from='a.pth'), 'choose one'),
        (dict(amp='fp8'), 'choose from bf16, fp16'),
        (dict(load_from='/nowhere.pth'), 'no checkpoint at /nowhere.pth'),
    ],
)
def test_contradictory_arguments(tiny_config, tmp_path, arguments, message):
    refused(tiny_config, tmp_path, message, **arguments)


@pytest.mark.skipif(torch.cuda.is_available(), reason='says what happens without a GPU')
def test_fp16_needs_a_gpu(tiny_config, tmp_path):
    refused(tiny_config, tmp_path, '--amp fp16 needs a GPU', amp='fp16')


@pytest.mark.slow
def test_compiling_changes_nothing_but_speed(tiny_config, tmp_path):
    weights = []
    for compiled in (False, True):
        work_dir = tmp_path / str(compiled)
        runner = train(tiny(tiny_config, work_dir), seed=1, compile=compiled)
        assert hasattr(runner.model.decode_head.forward, '_torchdynamo_orig_callable') is compiled
        weights.append(torch.load(work_dir / 'iter_4.pth', weights_only=False)['state_dict'])
    for key, value in weights[
        0
    ].items():  # the compiler adds up in another order, which AdamW's steps enlarge
        torch.testing.assert_close(weights[1][key], value, atol=1e-4, rtol=1e-3)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason='needs a CUDA device')
@pytest.mark.parametrize('amp', [None, 'bf16', 'fp16'])
@pytest.mark.parametrize('deterministic', [False, True])
def test_training_on_a_gpu(tiny_config, tmp_path, amp, deterministic):
    runner = train(tiny(tiny_config, tmp_path), amp=amp, deterministic=deterministic, seed=1)
    assert next(runner.model.parameters()).is_cuda
    assert runner.iter == 4
