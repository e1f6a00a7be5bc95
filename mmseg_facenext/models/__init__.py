"""Models of mmseg_facenext, registered in mmseg's own registries in place of upstream's."""

from .backbones.mscan import MSCAN
from .backbones.timm_features import TimmFeatures
from .backbones.torchvision_features import TorchvisionFeatures
from .decode_heads.light_ham_head import LightHamHead
from .decode_heads.segface_head import SegFaceHead
from .fused import fuse
from .layers.hamburger import NMF2D, Hamburger
from .layers.sync_batch_norm import SyncBatchNorm
from .losses.class_dice_loss import ClassDiceLoss
from .segmentors.aligned_encoder_decoder import AlignedEncoderDecoder
from .segmentors.data_preprocessor import SegDataPreProcessor
from .segmentors.encoder_decoder import EncoderDecoder
from .segmentors.face_tta_model import FaceTTAModel

__all__ = [
    'MSCAN',
    'NMF2D',
    'AlignedEncoderDecoder',
    'ClassDiceLoss',
    'EncoderDecoder',
    'FaceTTAModel',
    'Hamburger',
    'LightHamHead',
    'SegDataPreProcessor',
    'SegFaceHead',
    'SyncBatchNorm',
    'TimmFeatures',
    'TorchvisionFeatures',
    'fuse',
]
