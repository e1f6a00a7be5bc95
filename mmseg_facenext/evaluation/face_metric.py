"""The metric of training and testing: one confusion matrix per data set."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from mmengine.dist import all_reduce, get_rank, get_world_size
from mmengine.evaluator import BaseMetric
from mmengine.logging import MMLogger
from mmseg.registry import METRICS
from PIL import Image
from torch import Tensor

from ..errors import UserError
from ..taxonomy import find_label_space
from ..utils.atomic import atomic_path
from .confusion import confusion_matrix
from .summary import EvaluationSummary, Protocol

# name in `iou_metrics` -> result key -> field of `Scores`, as upstream's IoUMetric groups them
KNOWN_METRICS: dict[str, dict[str, str]] = {
    'mIoU': {'mIoU': 'iou', 'mAcc': 'accuracy'},
    'mDice': {'mDice': 'f1', 'mAcc': 'accuracy'},
    'mFscore': {'mFscore': 'f1', 'mPrecision': 'precision', 'mRecall': 'accuracy'},
}

Ranges = tuple[tuple[int, int], ...]
"""(smallest, largest) height and width, or nothing."""


@METRICS.register_module()
class FaceMetric(BaseMetric):
    """Compute IoU, F1 and accuracy from one confusion matrix on the device of the predictions.

    Results are in percent: `aAcc` (pixel accuracy), then for each of `iou_metrics`, as upstream's IoUMetric
    does, mIoU: `mIoU`, `mAcc`; mDice: `mDice`, `mAcc`; mFscore: `mFscore`, `mPrecision`, `mRecall`. Where
    the classes have a 'background', `mIoU_fg`, `mDice_fg`, `mFscore_fg` are the means without it. With mFscore,
    Helen's classes also give `Fscore_eyes`, `_brows`, `_mouth`, `_overall` (`LabelSpace.merged`). See `Scores` and
    `merged_f1` for the formulas. The last evaluation in full is `self.summary`.

    Only the matrix and a few counts are exchanged between processes. Results do not depend on their number:
    samplers that pad the data set to a multiple of the processes (`DefaultSampler` with
    `round_up=True`) repeat images at the end, at most one on each process, and those are not counted.

    Args:
        iou_metrics: Any of 'mIoU', 'mDice', 'mFscore'. (A key `metrics` would make mmengine take the config for
            that of an evaluator.)
        ignore_index: Label id of pixels that are not scored.
        output_dir: Folder for predictions as 8-bit grey PNG in data set ids, `<image name>.png`, written
            by every process. With `reduce_zero_label` the ids are those before the reduction.
        format_only: Write predictions and score nothing, for images without labels.
        note: How predictions were made, for the protocol statement ('multi-scale and flip').
        prefix: Put before every result key with a slash.

    Raises:
        UserError: A metric is unknown; while scoring: a label does not have the size of its prediction, has
            ids that are no class, or is missing; a prediction has ids that are no class; the sampler does not
            go once through the data set.
    """

    default_prefix = ''

    def __init__(
        self,
        iou_metrics: str | Sequence[str] = ('mIoU', 'mFscore', 'mDice'),
        ignore_index: int = 255,
        output_dir: str | None = None,
        format_only: bool = False,
        note: str = '',
        prefix: str | None = None,
    ) -> None:
        super().__init__(prefix=prefix)
        self.metrics = check_metrics([iou_metrics] if isinstance(iou_metrics, str) else iou_metrics)
        if format_only and output_dir is None:
            raise UserError('FaceMetric(format_only=True) writes predictions only: give it an output_dir')
        self.ignore_index = ignore_index
        self.output_dir = None if output_dir is None else Path(output_dir)
        self.format_only = format_only
        self.note = note
        self.summary: EvaluationSummary | None = None
        self._reset()

    def _reset(self) -> None:
        # A tally is the flattened matrix, then the number of pixels (ignored ones too), then of images.
        self._tally: Tensor | None = None
        self._pending: Tensor | None = None  # of the last image, until `evaluate` tells whether it counts
        self._num_seen = 0
        self._sizes: set[tuple[int, int]] = set()
        self._stored_sizes: set[tuple[int, int]] = set()  # of label maps before they were resized
        self._written: dict[str, str] = {}

    @property
    def _classes(self) -> tuple[str, ...]:
        assert self.dataset_meta is not None, 'the loop sets dataset_meta before the first batch'
        return tuple(self.dataset_meta['classes'])

    def process(self, data_batch: Any, data_samples: Sequence[dict]) -> None:
        """Count the pixels of one batch.

        Args:
            data_batch: Not needed.
            data_samples: For each image `pred_sem_seg` and `gt_sem_seg` with integer `data` of shape
                (1, H, W) or (H, W), and `img_path`.
        """
        for sample in data_samples:
            pred = _label_map(sample['pred_sem_seg'])
            if not self.format_only:
                self._count(pred, sample)
            if self.output_dir is not None:
                self._write_prediction(pred, sample)

    def _count(self, pred: Tensor, sample: dict) -> None:
        label = self._checked_label(pred, sample)
        self._check_prediction(pred, sample)
        confusion = confusion_matrix(pred, label, len(self._classes), self.ignore_index)
        if self._pending is not None:
            self._tally = self._pending if self._tally is None else self._tally + self._pending
        self._pending = torch.cat([confusion.flatten(), confusion.new_tensor([label.numel(), 1])])
        self._num_seen += 1
        self._sizes.add((label.shape[0], label.shape[1]))
        if stored := sample.get('label_shape'):
            self._stored_sizes.add((stored[0], stored[1]))

    def _checked_label(self, pred: Tensor, sample: dict) -> Tensor:
        image = _image(sample)
        if 'gt_sem_seg' not in sample:
            raise UserError(
                f'{image} comes without a label: score data that has labels, or write predictions only with '
                'FaceMetric(format_only=True, output_dir=...)'
            )
        label = _label_map(sample['gt_sem_seg']).to(pred.device)
        if label.shape != pred.shape:
            raise UserError(
                f'{image}: the label is {_size(label)} and the prediction {_size(pred)} (height x width); '
                "let the test pipeline set ori_shape to the label's size (LoadFaceLabels after Resize does)"
            )
        num_classes = len(self._classes)
        strange = (label != self.ignore_index) & ((label < 0) | (label >= num_classes))
        if strange.any():
            ids = ', '.join(str(i) for i in label[strange].unique().tolist()[:10])
            raise UserError(
                f'{image}: its label has the ids {ids}, expected 0 to {num_classes - 1} or '
                f'{self.ignore_index} (not scored); check the label file and the label space of the data set'
            )
        return label

    def _check_prediction(self, pred: Tensor, sample: dict) -> None:
        num_classes = len(self._classes)
        if (highest := int(pred.max())) >= num_classes:
            raise UserError(
                f'{_image(sample)}: the model predicts id {highest}, but the data set has the {num_classes} '
                f'classes 0 to {num_classes - 1}; model.decode_head.num_classes must be {num_classes}, with a '
                'checkpoint trained that way'
            )

    def claim(self, image: str) -> Path:
        """Return the file for the prediction of `image`.

        A process sees its own images only; whoever knows them all claims them beforehand, so that equal names are
        noticed before anything is overwritten.

        Raises:
            UserError: another image of that name was here before.
        """
        assert self.output_dir is not None
        path = self.output_dir / f'{Path(image).stem}.png'
        if self._written.setdefault(path.name, image) != image:
            raise UserError(
                f'{image} and {self._written[path.name]} would both be written to {path}: predict one folder at a time'
            )
        return path

    def _write_prediction(self, pred: Tensor, sample: dict) -> None:
        image, path = sample['img_path'], self.claim(sample['img_path'])
        ids = pred + 1 if sample.get('reduce_zero_label', False) else pred
        if int(ids.max()) > 255:
            raise UserError(
                f'{image}: class id {int(ids.max())} does not fit into an 8-bit PNG; leave output_dir out'
            )
        with atomic_path(path) as temporary:
            Image.fromarray(ids.to(torch.uint8).cpu().numpy()).save(temporary)

    def evaluate(self, size: int) -> dict[str, float]:
        """Add up the counts of all processes and score them; the same on every process.

        Args:
            size: Number of images of the data set, without padding.
        """
        if self.format_only:
            self._reset()
            return {}
        tally, sizes, stored_sizes = self._reduce(size)
        self._reset()
        if (images := int(tally[-1])) != size:
            raise UserError(
                f'{images} images were scored but the data set has {size}: FaceMetric needs a sampler that '
                'goes once through the data set, one image to each process in turn: '
                "sampler=dict(type='DefaultSampler', shuffle=False)"
            )
        summary = self._summarize(tally, sizes, stored_sizes)
        self._publish(summary)
        self.summary = summary
        metrics = self.compute_metrics([summary])
        return {f'{self.prefix}/{k}': v for k, v in metrics.items()} if self.prefix else metrics

    def _reduce(self, size: int) -> tuple[Tensor, Ranges, Ranges]:
        """Add up the counts of all processes, on the CPU, and the ranges of label heights and widths: where they are
        scored, and in their files (nothing where they were not resized)."""
        parts = [part for part in (self._tally, self._counted_pending(size)) if part is not None]
        nothing = torch.zeros(len(self._classes) ** 2 + 2, dtype=torch.int64)
        tally = torch.stack(parts).sum(dim=0) if parts else nothing
        all_reduce(tally)
        return tally.cpu(), _ranges(self._sizes), _ranges(self._stored_sizes)

    def _counted_pending(self, size: int) -> Tensor | None:
        """Return the counts of the last image; None if the sampler repeated an image to fill the last batch."""
        position = (self._num_seen - 1) * get_world_size() + get_rank()
        return self._pending if position < size else None

    def _summarize(self, tally: Tensor, sizes: Ranges, stored_sizes: Ranges) -> EvaluationSummary:
        meta = self.dataset_meta or {}
        space = find_label_space(self._classes)
        palette = meta.get('palette') or (space.palette if space else ())
        heights, widths = sizes
        confusion, (pixels, images) = tally[:-2].view(len(self._classes), -1), tally[-2:].tolist()
        return EvaluationSummary(
            confusion=confusion,
            classes=self._classes,
            titles=space.titles if space else self._classes,
            palette=tuple(tuple(colour) for colour in palette),
            protocol=Protocol(
                num_images=images,
                num_processes=get_world_size(),
                heights=heights,
                widths=widths,
                resized_from=tuple(stored_sizes),
                ignore_index=self.ignore_index,
                ignored_pixels=pixels - int(confusion.sum()),
                label_space=meta.get('label_space') or (space.name if space else 'the data set'),
                note=self.note,
            ),
        )

    def compute_metrics(self, results: list[EvaluationSummary]) -> dict[str, float]:
        """Return the requested means in percent; `results` holds one summary."""
        (summary,) = results
        scores = summary.scores
        values = {'aAcc': 100 * scores.pixel_accuracy}
        for metric in self.metrics:
            for key, score in KNOWN_METRICS[metric].items():
                values[key] = 100 * scores.mean(score)
            if scores.background is not None:
                values[f'{metric}_fg'] = 100 * scores.mean(KNOWN_METRICS[metric][metric], foreground=True)
        if 'mFscore' in self.metrics:
            values.update({f'Fscore_{name}': 100 * f1 for name, f1 in summary.merged.items()})
        return values

    def _publish(self, summary: EvaluationSummary) -> None:
        logger = MMLogger.get_current_instance()
        logger.info(f'Scores per class in percent:\n{summary.table()}')
        logger.info(summary.statement())


def check_metrics(names: Sequence[str]) -> tuple[str, ...]:
    """Return the names of metrics if all of them are known.

    Raises:
        UserError: There are none, or one is not known.
    """
    for name in names:
        if name not in KNOWN_METRICS:
            raise UserError(f'unknown metric {name!r}; choose from {", ".join(KNOWN_METRICS)}')
    if not names:
        raise UserError(f'no metric was asked for; choose from {", ".join(KNOWN_METRICS)}')
    return tuple(names)


def result_keys(iou_metrics: str | Sequence[str], classes: Sequence[str] = ()) -> tuple[str, ...]:
    """List the scores of `FaceMetric(iou_metrics)`, the means without background included.

    Args:
        classes: of the data set; some have merged classes with scores of their own.

    Raises:
        UserError: A metric is unknown, or there are none.
    """
    names = check_metrics([iou_metrics] if isinstance(iou_metrics, str) else iou_metrics)
    keys = [key for name in names for key in (*KNOWN_METRICS[name], f'{name}_fg')]
    if 'mFscore' in names and (space := find_label_space(classes)):
        keys += [f'Fscore_{name}' for name, _ in space.merged]
    return ('aAcc', *dict.fromkeys(keys))


def _ranges(sizes: set[tuple[int, int]]) -> Ranges:
    """Smallest and largest height, smallest and largest width, over all processes; () where there are no sizes."""
    # Minima are the maxima of negative sizes, so that one reduction finds both.
    extremes = torch.full((4,), -(2**31))
    if sizes:
        together = torch.tensor(list(sizes))
        extremes = torch.cat([-together.amin(dim=0), together.amax(dim=0)])
    all_reduce(extremes, op='max')
    low_h, low_w, high_h, high_w = extremes.tolist()
    return () if high_h < 0 else ((-low_h, high_h), (-low_w, high_w))


def _label_map(pixel_data: dict) -> Tensor:
    """Return (1, H, W) or (H, W) as (H, W)."""
    data: Tensor = pixel_data['data']
    return data.reshape(data.shape[-2:])


def _image(sample: dict) -> str:
    return sample.get('img_path', 'an image without img_path')


def _size(label_map: Tensor) -> str:
    return 'x'.join(str(n) for n in label_map.shape)
