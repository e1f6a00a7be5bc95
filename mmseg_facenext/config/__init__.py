"""Reading, translating, checking and printing configs."""

from ..utils import upstream  # noqa: F401  -- first, or mmseg prints remarks while it is imported
