"""Configs of mmsegmentation 0.x, as SegNeXt and SegNeXt-FaceParser have them, translated on load.

Everything that knows the old generation is here, so that it can be left alone or removed in one piece. Each
module takes some sections of the old config apart (`Section`); what none of them takes is an error.
"""

from ...utils import upstream  # noqa: F401  isort: skip  -- first, or mmseg prints remarks while it is imported

from .legacy_lr import LegacyLR
from .translation import is_legacy, is_old_name, translate

__all__ = ['LegacyLR', 'is_legacy', 'is_old_name', 'translate']
