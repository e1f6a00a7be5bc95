"""From files to training samples. Importing this package registers its classes with mmseg."""

import mmseg.datasets  # noqa: F401  (mmseg registers lazily; its names must be there before ours)

from .celebamask_hq import CelebAMaskHQDataset
from .face_flip import FaceFlip
from .load_face_image import LoadFaceImage
from .load_face_labels import LoadFaceLabels
from .part_masks import merge_part_masks

__all__ = ['CelebAMaskHQDataset', 'FaceFlip', 'LoadFaceImage', 'LoadFaceLabels', 'merge_part_masks']
