"""Data sets of faces and the transforms of their pipelines, registered with mmseg.

Each is imported when it is first asked for: merging part masks, for example, needs neither PyTorch nor mmseg.
"""

from importlib import import_module
from typing import Any

_HOME = {
    'BorrowedStyle': '.transforms.colour.borrowed_style',
    'CelebAMaskHQDataset': '.celebamask_hq.dataset',
    'CropToFace': '.transforms.geometry.crop_to_face',
    'FaceAffine': '.transforms.geometry.face_affine',
    'FaceFlip': '.transforms.geometry.face_flip',
    'FaceFoldersDataset': '.face_folders',
    'FaceOccluders': '.transforms.colour.face_occluders',
    'FacePhotoMetricDistortion': '.transforms.colour.face_photo_metric_distortion',
    'FaceRandomCrop': '.transforms.geometry.face_random_crop',
    'FaceResize': '.transforms.geometry.face_resize',
    'FaceWarp': '.transforms.geometry.face_warp',
    'HelenDataset': '.helen',
    'LaPaDataset': '.lapa',
    'LoadFaceImage': '.transforms.loading.load_face_image',
    'LoadFaceLabels': '.transforms.loading.load_face_labels',
    'PackFaceInputs': '.transforms.loading.pack_face_inputs',
    'PhotoCurves': '.transforms.colour.photo_curves',
    'PhotoTransforms': '.transforms.colour.photo_transforms',
    'PrepareOnce': '.transforms.loading.prepare_once',
    'ScoreAtNetworkSize': '.transforms.loading.score_at_network_size',
    'merge_part_masks': '.celebamask_hq.part_masks',
}
__all__ = list(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    return getattr(import_module(_HOME[name], __name__), name)
