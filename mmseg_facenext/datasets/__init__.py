"""From files to training samples. Importing this package registers its classes with mmseg."""

from .celebamask_hq import CelebAMaskHQDataset
from .face_flip import FaceFlip
from .load_face_image import LoadFaceImage
from .load_face_labels import LoadFaceLabels
from .part_masks import merge_part_masks

__all__ = ['CelebAMaskHQDataset', 'FaceFlip', 'LoadFaceImage', 'LoadFaceLabels', 'merge_part_masks']
