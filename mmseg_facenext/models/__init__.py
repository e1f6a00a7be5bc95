"""Models of mmseg_facenext, registered in mmseg's own registries in place of upstream's."""

# Upstream registers its modules first; ours then take their names (force=True).
import mmseg.models  # noqa: F401  isort: skip

from .backbones.mscan import MSCAN
from .decode_heads.hamburger import NMF2D, Hamburger
from .decode_heads.light_ham_head import LightHamHead
from .sync_batch_norm import SyncBatchNorm

__all__ = ['MSCAN', 'NMF2D', 'Hamburger', 'LightHamHead', 'SyncBatchNorm']
