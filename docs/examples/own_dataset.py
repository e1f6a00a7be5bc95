"""A data set of your own: photos and label maps that a CSV file lists, with classes of your own.

    faces.csv             photo,labels,split
                          photos/0.jpg,labels/0.png,train
                          photos/1.jpg,labels/1.png,val

    train_dataloader = dict(dataset=dict(type='ListedPhotos', data_root='data/listed', split='train', pipeline=...))

A label map is a grey PNG of the photo's proportions; a pixel holds the number of its class, 255 is not counted.
Run this file to draw such a data set:

    python docs/examples/own_dataset.py data/listed
"""

import csv
import sys
from pathlib import Path

import numpy as np
from mmseg.datasets import BaseSegDataset
from mmseg.registry import DATASETS
from PIL import Image

from mmseg_facenext import CELEBAMASK_HQ
from mmseg_facenext.synthetic.faces import draw_face, face_rng


@DATASETS.register_module()
class ListedPhotos(BaseSegDataset):
    """The photos of one split of a CSV file.

    Args:
        data_root: the folder that the paths in the file start from.
        split: which rows to take.
        ann_file: the CSV file, with a header line and the columns `photo`, `labels` and `split`.
        kwargs: the other arguments of mmseg's `BaseSegDataset`: `pipeline`, `metainfo`, `test_mode`, ...
    """

    METAINFO = dict(
        classes=('background', 'face', 'hair'),
        palette=[[0, 0, 0], [255, 205, 170], [125, 75, 30]],
    )

    def __init__(self, data_root: str, split: str, ann_file: str = 'faces.csv', **kwargs):
        self.split = split
        super().__init__(data_root=data_root, ann_file=ann_file, **kwargs)

    def load_data_list(self) -> list[dict]:
        """One entry for each photo. mmseg has put `data_root` before `ann_file` already."""
        with open(self.ann_file, newline='') as file:
            rows = [row for row in csv.DictReader(file) if row['split'] == self.split]
        root = Path(self.data_root)
        return [
            dict(
                img_path=str(root / row['photo']),
                seg_map_path=str(root / row['labels']),
                label_map=self.label_map,
                reduce_zero_label=False,
                seg_fields=[],
            )
            for row in rows
        ]


def draw_data_set(root: Path, count: int = 12, size: int = 128) -> None:
    """Draw faces and write them as such a data set; the last third is for validation."""
    (root / 'photos').mkdir(parents=True, exist_ok=True)
    (root / 'labels').mkdir(exist_ok=True)
    rows = []
    for n in range(count):
        photo, parts = draw_face(face_rng(seed=0, n=n), size)
        names = np.array(CELEBAMASK_HQ.classes)[parts]
        labels = np.where(names == 'hair', 2, ~np.isin(names, ['background', 'cloth', 'neck', 'hat']))
        Image.fromarray(photo).save(root / f'photos/{n}.jpg')
        Image.fromarray(labels.astype(np.uint8)).save(root / f'labels/{n}.png')
        rows.append((f'photos/{n}.jpg', f'labels/{n}.png', 'train' if n < count * 2 // 3 else 'val'))
    with open(root / 'faces.csv', 'w', newline='') as file:
        csv.writer(file).writerows([('photo', 'labels', 'split'), *rows])


if __name__ == '__main__':
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else 'data/listed')
    draw_data_set(folder)
    for split in ('train', 'val'):
        dataset = ListedPhotos(str(folder), split)
        print(f'{split}: {len(dataset)} photos, classes {", ".join(dataset.metainfo["classes"])}')
