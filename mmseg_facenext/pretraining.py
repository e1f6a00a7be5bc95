"""Brings mmpretrain's classifiers, ImageNet and augmentations to the configs that name this module.

Pre-training has no code of its own: `local_configs/pretrain/` put our MSCAN under mmpretrain's classifier. A
checkpoint of such a training is what `init_cfg` (or `pretrained`) of a segmentor's MSCAN takes.
"""

from .errors import UserError

try:
    import mmpretrain.datasets
    import mmpretrain.evaluation
    import mmpretrain.models  # noqa: F401
except ImportError as error:
    raise UserError(
        f'pre-training needs mmpretrain ({error}): pip install "mmseg_facenext[pretrain]", or pip install '
        'onedl-mmpretrain'
    ) from error
