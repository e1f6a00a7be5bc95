"""From files to training samples. Importing this package registers its classes with mmseg."""

from .celebamask_hq import CelebAMaskHQDataset
from .face_affine import FaceAffine
from .face_flip import FaceFlip
from .helen import HelenDataset
from .lapa import LaPaDataset
from .load_face_image import LoadFaceImage
from .load_face_labels import LoadFaceLabels
from .pack_seg_inputs import PackSegInputs
from .part_masks import merge_part_masks
from .photo_metric_distortion import PhotoMetricDistortion
from .prepare_once import PrepareOnce
from .random_crop import RandomCrop
from .resize import Resize

__all__ = [
    'CelebAMaskHQDataset',
    'FaceAffine',
    'FaceFlip',
    'HelenDataset',
    'LaPaDataset',
    'LoadFaceImage',
    'LoadFaceLabels',
    'PackSegInputs',
    'PhotoMetricDistortion',
    'PrepareOnce',
    'RandomCrop',
    'Resize',
    'merge_part_masks',
]
