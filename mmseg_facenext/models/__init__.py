"""Backbones, decode heads, losses and segmentors, registered with mmseg."""

from .backbones.efficientnet_lite import EfficientNetLite
from .backbones.mscan import MSCAN
from .backbones.timm_features import TimmFeatures
from .backbones.torchvision_features import TorchvisionFeatures
from .decode_heads.light_ham_head import LightHamHead
from .decode_heads.segface_head import SegFaceHead
from .fused import fuse
from .layers.face_sync_bn import FaceSyncBN
from .layers.hamburger import NMF2D, Hamburger
from .losses.class_dice_loss import ClassDiceLoss
from .segmentors.aligned_encoder_decoder import AlignedEncoderDecoder
from .segmentors.face_encoder_decoder import FaceEncoderDecoder
from .segmentors.face_preprocessor import FacePreProcessor
from .segmentors.face_tta_model import FaceTTAModel
from .segmentors.random_batch_resize import RandomBatchResize

__all__ = [
    'MSCAN',
    'NMF2D',
    'AlignedEncoderDecoder',
    'ClassDiceLoss',
    'EfficientNetLite',
    'FaceEncoderDecoder',
    'FacePreProcessor',
    'FaceSyncBN',
    'FaceTTAModel',
    'Hamburger',
    'LightHamHead',
    'RandomBatchResize',
    'SegFaceHead',
    'TimmFeatures',
    'TorchvisionFeatures',
    'fuse',
]
