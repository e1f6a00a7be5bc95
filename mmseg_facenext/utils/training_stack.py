"""Whether this is an installation that trains, or one that only serves exported models (docs/deploy.md)."""

from importlib.util import find_spec


def _installed(package: str) -> bool:
    try:
        return find_spec(package) is not None
    except ImportError:  # refused by an import hook
        return False


TRAINING_STACK = all(_installed(package) for package in ('torch', 'mmengine', 'mmcv', 'mmseg'))
"""PyTorch and mmsegmentation are here; without them everything that needs them is left out."""
