"""Score a checkpoint, or label maps that were predicted earlier, on the test set of a config."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import torch
from mmengine.config import Config, ConfigDict
from mmengine.hooks import PrepareTTAHook
from mmengine.registry import DefaultScope
from mmseg.registry import DATASETS, METRICS

from ..config.load import config_mistakes
from ..errors import UserError
from ..evaluation import EvaluationSummary, FaceMetric, check_metrics
from ..evaluation.predictions import Predictions
from ..utils.read_image import read_labels
from .distributed import init_distributed
from .runner import FaceRunner

# Of no use without training; the loggers and visualisers of a test write to the same work_dir.
TRAINING_ONLY = ('train_dataloader', 'train_cfg', 'optim_wrapper', 'param_scheduler')
EMA_HOOKS = ('EMAHook', 'FaceEMAHook')
VALIDATION_ONLY = ('val_dataloader', 'val_cfg', 'val_evaluator')


def score(cfg: Config, checkpoint: str | Path, **options: Any) -> dict[str, float]:
    """Return the scores of a checkpoint in percent, by name: aAcc, mIoU, mAcc, ...; `options` as of `prepare_test`."""
    return prepare_test(cfg, checkpoint, **options).test()


def summarize(cfg: Config, checkpoint: str | Path, **options: Any) -> EvaluationSummary:
    """Return the evaluation of a checkpoint in full, with its confusion matrix; `options` as of `prepare_test`."""
    pixel_metric(cfg)
    runner = prepare_test(cfg, checkpoint, **options)
    runner.test()
    return next(m.summary for m in runner.test_evaluator.metrics if isinstance(m, FaceMetric) and m.summary)


def summarize_predictions(
    cfg: Config, folder: str | Path, progress: Callable[[range], Iterable[int]] = iter
) -> EvaluationSummary:
    """Evaluate the PNGs in `folder` against the labels of the test set of `cfg`.

    Args:
        folder: `<image name>.png` for every image, grey or palette, with the data set's ids as its label files
            have them (what `facenext test --out` writes).
        progress: goes through the positions of the images, and may show how far it is.

    Raises:
        UserError: the config has no test set, predictions are missing, have other sizes than the labels, or
            ids that are no class.
    """
    if cfg.get('test_dataloader') is None or cfg.get('test_evaluator') is None:
        raise UserError(
            f'config {cfg.filename} has no test_dataloader and test_evaluator: nothing to compare with'
        )
    with DefaultScope.overwrite_default_scope(cfg.get('default_scope', 'mmseg')), config_mistakes(cfg):
        dataset = DATASETS.build(cfg.test_dataloader.dataset)
        metric: FaceMetric = METRICS.build(pixel_metric(cfg))
    metric.dataset_meta = dataset.metainfo
    predictions = Predictions(folder)
    for index in progress(range(len(dataset))):
        sample = dataset[index]['data_samples']
        prediction = torch.from_numpy(read_labels(predictions.path(sample.img_path)).copy())
        if sample.get('reduce_zero_label', False):
            prediction -= 1  # 0, "other", becomes 255, which no class has
        metric.process(None, [{**sample.to_dict(), 'pred_sem_seg': {'data': prediction}}])
    metric.evaluate(len(dataset))
    assert metric.summary is not None  # what `evaluate` leaves
    return metric.summary


def prepare_test(
    cfg: Config,
    checkpoint: str | Path,
    *,
    launcher: str = 'none',
    metrics: Sequence[str] | None = None,
    out: str | Path | None = None,
    show_dir: str | Path | None = None,
    tta: bool = False,
    fuse: bool = True,
    trust: bool = False,
) -> FaceRunner:
    """Return a runner whose `test()` scores a checkpoint on the test set of its config.

    Args:
        cfg: from `load_config`; it is changed to what is tested.
        checkpoint: weights of the config's model.
        launcher: 'none', 'pytorch' or 'slurm', see `init_distributed`.
        metrics: 'mIoU', 'mFscore', 'mDice', for a classifier 'accuracy'; None takes those of the config.
        out: folder for the predictions, PNGs of data set ids.
        show_dir: folder for photos with the predicted classes drawn over them.
        tta: average over the config's `tta_pipeline` (scales and flips).
        fuse: run the inference form of the model, see `mmseg_facenext.models.fuse`.
        trust: read a checkpoint that holds code too, see `read_checkpoint`.

    Raises:
        UserError: an unknown metric, a config without test set or TTA, or anything in checkpoint or data
            that the user can mend.
    """
    if missing := [key for key in ('test_dataloader', 'test_evaluator') if cfg.get(key) is None]:
        raise UserError(f'config {cfg.filename} has no {" and no ".join(missing)}: nothing to test on')
    if _classifies(cfg):
        if any((out, show_dir, tta)) or list(metrics or ['accuracy']) != ['accuracy']:
            raise UserError(
                f'config {cfg.filename} classifies whole images: --eval accuracy scores it, and --out, --show-dir '
                'and --tta are for label maps'
            )
        metrics = None
    if metrics is not None:
        pixel_metric(cfg).iou_metrics = list(check_metrics(metrics))
    if out is not None:
        if Path(out).suffix in ('.pkl', '.pickle'):
            raise UserError(
                f'--out {out}: predictions are written as PNGs into a folder, not pickled: name a folder'
            )
        pixel_metric(cfg).output_dir = str(out)
    if tta:
        _use_tta(cfg)
        pixel_metric(cfg).note = 'scales and flips averaged (config tta_pipeline)'
    for key in (*TRAINING_ONLY, *VALIDATION_ONLY):
        cfg.pop(key, None)
    # A checkpoint's `state_dict` holds the averaged weights already.
    cfg.custom_hooks = [hook for hook in cfg.get('custom_hooks', []) if hook['type'] not in EMA_HOOKS]
    cfg.launcher = launcher
    cfg.load_from, cfg.resume = None, False
    cfg.setdefault('test_cfg', dict(type='TestLoop'))

    init_distributed(launcher, (cfg.get('env_cfg') or {}).get('dist_cfg', {}).get('timeout'))
    runner = FaceRunner.from_cfg(cfg)
    if tta:
        runner.register_hook(PrepareFaceTTAHook(tta_cfg=cfg.tta_model))
    if show_dir is not None:
        runner.register_hook(dict(type='OverlayHook', out_dir=str(show_dir)))
    runner.trust_checkpoint = trust
    runner.load_checkpoint(str(checkpoint))
    if fuse:
        runner.fuse()
    return runner


class PrepareFaceTTAHook(PrepareTTAHook):
    """mmengine's hook, which also gives the model the classes of the data set."""

    def before_test(self, runner: FaceRunner) -> None:
        super().before_test(runner)
        runner.model.dataset_meta = runner.test_loop.dataloader.dataset.metainfo


def pixel_metric(cfg: Config) -> ConfigDict:
    """Return the config of the FaceMetric among the test evaluators; an IoUMetric becomes one."""
    evaluators = cfg.test_evaluator if isinstance(cfg.test_evaluator, list) else [cfg.test_evaluator]
    for evaluator in evaluators:
        if evaluator.get('type') in ('FaceMetric', 'IoUMetric'):
            evaluator.type = 'FaceMetric'
            return evaluator
    raise UserError(
        f'config {cfg.filename}: test_evaluator is {[e.get("type") for e in evaluators]}; '
        "test_evaluator=dict(type='FaceMetric') is what --eval, --out and --tta work with"
    )


def _classifies(cfg: Config) -> bool:
    return isinstance(cfg.test_evaluator, dict) and cfg.test_evaluator.get('type') == 'Accuracy'


def _use_tta(cfg: Config) -> None:
    if cfg.get('tta_pipeline') is None or cfg.get('tta_model') is None:
        raise UserError(f'--tta needs tta_pipeline and tta_model in {cfg.filename}')
    if (
        cfg.tta_model.get('type') == 'SegTTAModel'
    ):  # which swaps no sides, and takes the sigmoid of one output twice
        cfg.tta_model.type = 'FaceTTAModel'
    cfg.test_dataloader.dataset.pipeline = cfg.tta_pipeline
    cfg.test_dataloader.batch_size = 1  # the scales of one photo make up the batch
    if cfg.model.get('test_cfg'):
        cfg.model.test_cfg.labels_only = False  # averaging takes the logits
