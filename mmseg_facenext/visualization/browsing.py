"""What a data set of a config gives: photos with their labels, as they are on disk or after the pipeline.

Photos are RGB uint8 (H, W, 3), label maps uint8 (H, W) of the same size, 255 where nothing is labelled.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from mmengine.config import Config
from mmengine.dataset import BaseDataset
from mmengine.registry import DefaultScope
from mmseg.registry import DATASETS
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from ..checkpoints.label_space_of import described_space
from ..config.load import config_mistakes
from ..datasets.flip_pairs import pair_sides
from ..errors import UserError
from ..taxonomy import IGNORE, LabelSpace
from ..utils.wrapped_datasets import inner_datasets
from .overlay import FAINT, PAPER, draw_figure

PHASES = ('train', 'val', 'test')
SHEET = 2048  # pixels of the longer side of many pictures in one


@dataclass(frozen=True, eq=False)
class Sample:
    """A photo and its labels; `name` is that of its file."""

    name: str
    image: np.ndarray
    labels: np.ndarray

    def strange_ids(self, space: LabelSpace) -> list[int]:
        """Ids that are neither a class nor 255: wrong labels, or a wrong `reduce_zero_label`."""
        ids = np.unique(self.labels)
        return ids[(ids >= space.num_classes) & (ids != IGNORE)].tolist()


def build_dataset(cfg: Config, phase: str, original: bool = False) -> BaseDataset:
    """Return the data set that `cfg` trains, validates or tests on.

    Args:
        phase: 'train', 'val' or 'test'.
        original: only load photo and labels, without the rest of the pipeline.

    Raises:
        UserError: the config has no such data set, or it cannot be built; the data is missing.
    """
    loader = cfg.get(f'{phase}_dataloader')
    if loader is None:
        raise UserError(f'config {cfg.filename} has no {phase}_dataloader')
    described = copy.deepcopy(loader.dataset)
    if original:
        for inner in inner_datasets(described):
            inner['pipeline'] = [step for step in inner['pipeline'] if _loads_or_packs(step)]
    with DefaultScope.overwrite_default_scope(cfg.get('default_scope', 'mmseg')), config_mistakes(cfg):
        dataset = DATASETS.build(described)
    pair_sides(dataset)
    return dataset


def _loads_or_packs(step: Mapping[str, Any]) -> bool:
    return getattr(step['type'], '__name__', step['type']).startswith(('Load', 'Pack'))


def space_of(dataset: BaseDataset) -> LabelSpace:
    """Return names and colours of the labels.

    Raises:
        UserError: the data set does not name its classes.
    """
    space = described_space(type(dataset).__name__, dataset.metainfo)
    if space is None:
        raise UserError(f'{type(dataset).__name__} does not name its classes: set dataset.metainfo.classes')
    return space


def read_sample(dataset: BaseDataset, index: int) -> Sample:
    """Return the picture at `index`; photo and labels are brought to the larger of their two sizes.

    Raises:
        UserError: the pipeline gives no picture to show; a file is missing or damaged.
    """
    packed = dataset[index]
    if not isinstance(packed.get('inputs'), Tensor):
        raise UserError(
            f'the pipeline of {type(dataset).__name__} gives no picture: it must end in PackFaceInputs'
        )
    sample = packed['data_samples']
    # Pipelines of mm work in BGR; the model's data preprocessor turns it.
    image = packed['inputs'].float().clamp(0, 255).byte().permute(1, 2, 0).numpy()[..., ::-1]
    if 'gt_sem_seg' in sample:
        labels = sample.gt_sem_seg.data.squeeze(0).numpy().astype(np.uint8)
    else:
        labels = np.full(image.shape[:2], IGNORE, np.uint8)
    size = max(image.shape[1::-1], labels.shape[::-1])
    return Sample(
        name=Path(getattr(sample, 'img_path', f'{index}')).stem,
        image=np.asarray(Image.fromarray(np.ascontiguousarray(image)).resize(size)),
        labels=np.asarray(Image.fromarray(labels).resize(size, Image.Resampling.NEAREST)),
    )


def draw_samples(
    samples: Sequence[Sample],
    space: LabelSpace,
    columns: int,
    captions: Sequence[str] = (),
    opacity: float = 0.5,
) -> Image.Image:
    """Return the pictures side by side, as large as the largest, tinted by class, with one legend for all of them.

    Args:
        captions: below the pictures; none takes the names of the files.
        opacity: of the colours, 0 to 1.
    """
    rows = math.ceil(len(samples) / columns)
    widths, heights = zip(*(sample.image.shape[1::-1] for sample in samples), strict=True)
    scale = min(1.0, SHEET / (columns * max(widths)), SHEET / (rows * max(heights)))
    cell = round(scale * max(widths)), round(scale * max(heights))
    gap, text = max(4, cell[0] // 40), max(11, cell[0] // 20)
    line = round(1.4 * text) + gap
    width, height = columns * (cell[0] + gap) - gap, rows * (cell[1] + line)
    images, labels = Image.new('RGB', (width, height), PAPER), Image.new('L', (width, height), IGNORE)
    draw, font = ImageDraw.Draw(images), ImageFont.load_default(text)
    for place, (sample, caption) in enumerate(
        zip(samples, captions or [sample.name for sample in samples], strict=True)
    ):
        x, y = place % columns * (cell[0] + gap), place // columns * (cell[1] + line)
        high, wide = sample.image.shape[:2]
        scale = min(cell[0] / wide, cell[1] / high)
        shown = max(1, round(scale * wide)), max(1, round(scale * high))
        images.paste(Image.fromarray(sample.image).resize(shown), (x, y))
        labels.paste(Image.fromarray(sample.labels).resize(shown, Image.Resampling.NEAREST), (x, y))
        draw.text((x + 2, y + shown[1] + 2), caption, fill=FAINT, font=font)
    return draw_figure(np.asarray(images), np.asarray(labels), space, opacity)
