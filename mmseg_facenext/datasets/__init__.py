"""From files to training samples. Importing this package registers its classes with mmseg."""

from .celebamask_hq.dataset import CelebAMaskHQDataset
from .celebamask_hq.part_masks import merge_part_masks
from .helen import HelenDataset
from .lapa import LaPaDataset
from .transforms.face_affine import FaceAffine
from .transforms.face_flip import FaceFlip
from .transforms.load_face_image import LoadFaceImage
from .transforms.load_face_labels import LoadFaceLabels
from .transforms.pack_seg_inputs import PackSegInputs
from .transforms.photo_metric_distortion import PhotoMetricDistortion
from .transforms.prepare_once import PrepareOnce
from .transforms.random_crop import RandomCrop
from .transforms.resize import Resize

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
