"""Data sets of faces and the transforms of their pipelines, registered with mmseg."""

from .celebamask_hq.dataset import CelebAMaskHQDataset
from .celebamask_hq.part_masks import merge_part_masks
from .helen import HelenDataset
from .lapa import LaPaDataset
from .transforms.colour.borrowed_style import BorrowedStyle
from .transforms.colour.face_occluders import FaceOccluders
from .transforms.colour.face_photo_metric_distortion import FacePhotoMetricDistortion
from .transforms.colour.photo_curves import PhotoCurves
from .transforms.colour.photo_transforms import PhotoTransforms
from .transforms.geometry.crop_to_face import CropToFace
from .transforms.geometry.face_affine import FaceAffine
from .transforms.geometry.face_flip import FaceFlip
from .transforms.geometry.face_random_crop import FaceRandomCrop
from .transforms.geometry.face_resize import FaceResize
from .transforms.geometry.face_warp import FaceWarp
from .transforms.loading.load_face_image import LoadFaceImage
from .transforms.loading.load_face_labels import LoadFaceLabels
from .transforms.loading.pack_face_inputs import PackFaceInputs
from .transforms.loading.prepare_once import PrepareOnce
from .transforms.loading.score_at_network_size import ScoreAtNetworkSize

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
