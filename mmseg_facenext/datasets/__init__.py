"""Data sets of faces and the transforms of their pipelines, registered with mmseg."""

from .celebamask_hq.dataset import CelebAMaskHQDataset
from .celebamask_hq.part_masks import merge_part_masks
from .helen import HelenDataset
from .lapa import LaPaDataset
from .transforms.borrowed_style import BorrowedStyle
from .transforms.crop_to_face import CropToFace
from .transforms.face_affine import FaceAffine
from .transforms.face_flip import FaceFlip
from .transforms.face_occluders import FaceOccluders
from .transforms.face_photo_metric_distortion import FacePhotoMetricDistortion
from .transforms.face_random_crop import FaceRandomCrop
from .transforms.face_resize import FaceResize
from .transforms.face_warp import FaceWarp
from .transforms.load_face_image import LoadFaceImage
from .transforms.load_face_labels import LoadFaceLabels
from .transforms.pack_face_inputs import PackFaceInputs
from .transforms.photo_curves import PhotoCurves
from .transforms.photo_transforms import PhotoTransforms
from .transforms.prepare_once import PrepareOnce
from .transforms.score_at_network_size import ScoreAtNetworkSize

__all__ = [
    'BorrowedStyle',
    'CelebAMaskHQDataset',
    'CropToFace',
    'FaceAffine',
    'FaceFlip',
    'FaceOccluders',
    'FacePhotoMetricDistortion',
    'FaceRandomCrop',
    'FaceResize',
    'FaceWarp',
    'HelenDataset',
    'LaPaDataset',
    'LoadFaceImage',
    'LoadFaceLabels',
    'PackFaceInputs',
    'PhotoCurves',
    'PhotoTransforms',
    'PrepareOnce',
    'ScoreAtNetworkSize',
    'merge_part_masks',
]
