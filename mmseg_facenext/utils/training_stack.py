"""Tell an installation that trains from one that only runs exported models (docs/deploy.md)."""

from importlib.util import find_spec


def _installed(package: str) -> bool:
    try:
        return find_spec(package) is not None
    except ImportError:  # refused by an import hook
        return False


TRAINING_STACK = all(_installed(package) for package in ('torch', 'mmengine', 'mmcv', 'mmseg'))
"""PyTorch and mmsegmentation are installed."""
