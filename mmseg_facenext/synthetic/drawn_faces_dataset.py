"""Drawn faces as a data set without files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mmseg.registry import DATASETS

from ..datasets.face_dataset import FaceDataset
from ..errors import UserError
from ..taxonomy import CELEBAMASK_HQ
from .drawing import GROUPS
from .faces import DRAWING, MAX_FACES, SIZES


@DATASETS.register_module()
class DrawnFacesDataset(FaceDataset):
    """Faces that are drawn while they are loaded, by the pipeline's first step, `LoadDrawnFace`.

    Face `n` of a seed is the same face in every process and epoch. With `count` of more faces than a training
    takes, none is seen twice; with fewer and a `cache_dir`, each is drawn once and read from there afterwards.

    Args:
        count: number of faces, 1 to 100,000.
        seed: other seeds draw other faces. The faces of a score need another seed than those of the training.
        image_size: side of the drawing in pixels.
        first: number of the first face.
        label_space: the order of classes in which labels are given.
        photographs: folder of pictures without people, crops of which are some of the backgrounds.
        without: what is not drawn, of `drawing.GROUPS`: hats, glasses, beards, backdrops, ...
        cache_dir: folder that keeps the drawings, 50 to 150 KB each at 256x256; made if need be. None keeps nothing.
        kwargs: those of `FaceDataset` and of mmseg's `BaseSegDataset`.

    Raises:
        UserError: a number is out of range, or there is no such group.
    """

    METAINFO = {
        'classes': CELEBAMASK_HQ.classes,
        'palette': [list(colour) for colour in CELEBAMASK_HQ.palette],
        'label_space': CELEBAMASK_HQ.name,
    }
    stored_space = CELEBAMASK_HQ

    def __init__(
        self,
        count: int,
        seed: int = 0,
        image_size: int = 256,
        first: int = 0,
        label_space: str = CELEBAMASK_HQ.name,
        photographs: str | None = None,
        without: Sequence[str] = (),
        cache_dir: str | None = None,
        **kwargs: Any,
    ) -> None:
        if not 1 <= count <= MAX_FACES:
            raise UserError(f'DrawnFacesDataset: count must be 1 to {MAX_FACES}, got {count}')
        if min(seed, first) < 0 or image_size not in SIZES:
            raise UserError(
                f'DrawnFacesDataset: seed and first must be 0 or more and image_size {SIZES[0]} to {SIZES[-1]}, '
                f'got seed={seed}, first={first}, image_size={image_size}'
            )
        if unknown := sorted(set(without) - set(GROUPS)):
            raise UserError(
                f'DrawnFacesDataset: without must name {", ".join(GROUPS)}, got {", ".join(unknown)}'
            )
        self.count = count
        self.seed = seed
        self.image_size = image_size
        self.first = first
        self.photographs = photographs
        self.without = tuple(sorted(without))
        self.cache_dir = cache_dir
        super().__init__('', 'all', label_space, **kwargs)

    def list_images(self) -> list[dict[str, Any]]:
        """Return one small entry per face. `img_path` is what messages and written predictions call it."""
        return [
            {'image_id': n, 'img_path': f'drawn_{self.seed}_{n}.png'}
            for n in range(self.first, self.first + self.count)
        ]

    def get_data_info(self, idx: int) -> dict[str, Any]:
        """Return what `LoadDrawnFace` needs: `face`, the arguments of a drawing, and, with a cache, `cached`."""
        info: dict[str, Any] = super().get_data_info(idx)
        info['face'] = (self.seed, info['image_id'], self.image_size, self.photographs, self.without)
        if self.cache_dir:
            # The drawing's version, so that a better one does not meet the faces of an earlier one.
            backed = f'_{Path(self.photographs).name}' if self.photographs else ''
            plainer = '_without_' + '_'.join(self.without) if self.without else ''
            folder = f'{self.cache_dir}/drawing{DRAWING}_{self.image_size}_seed{self.seed}{backed}{plainer}'
            info['cached'] = f'{folder}/{info["image_id"] // 1000}/{info["image_id"]}.png'
        return info
