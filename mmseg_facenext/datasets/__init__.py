"""From files to training samples. Importing this package registers its classes with mmseg."""

from .celebamask_hq.dataset import CelebAMaskHQDataset
from .celebamask_hq.part_masks import merge_part_masks
from .helen import HelenDataset
from .lapa import LaPaDataset
from .transforms.face_affine import FaceAffine
from .transforms.face_flip import FaceFlip
from .transforms.face_photo_metric_distortion import FacePhotoMetricDistortion
from .transforms.face_random_crop import FaceRandomCrop
from .transforms.face_resize import FaceResize
from .transforms.load_face_image import LoadFaceImage
from .transforms.load_face_labels import LoadFaceLabels
from .transforms.pack_face_inputs import PackFaceInputs
from .transforms.prepare_once import PrepareOnce

__all__ = [
    'CelebAMaskHQDataset',
    'FaceAffine',
    'FaceFlip',
    'FacePhotoMetricDistortion',
    'FaceRandomCrop',
    'FaceResize',
    'HelenDataset',
    'LaPaDataset',
    'LoadFaceImage',
    'LoadFaceLabels',
    'PackFaceInputs',
    'PrepareOnce',
    'merge_part_masks',
]
