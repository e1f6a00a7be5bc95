"""A trained model to a file for ONNX Runtime or OpenVINO, checked against PyTorch before it gets its name."""

from __future__ import annotations

import copy
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mmcv.transforms import Resize
from mmengine.config import Config

from .. import __version__, models
from ..errors import UserError
from ..inference.building import build_resizing, set_resizing
from ..inference.read_photo import Photo
from ..inference.torch_network import TorchNetwork
from ..runtimes import SUFFIXES, Metadata, ResizeRule
from ..runtimes.resize_rule import KNOWN, PILLOW
from ..runtimes.runtime import optional_package
from .export_report import LEAST_AGREEMENT, ExportReport, report_on
from .photos_to_logits import PhotosToLogits
from .writing import write_onnx, write_openvino

WRITTEN = {'.onnx': ('.onnx',), '.xml': ('.bin', '.xml')}
PACKAGES = {'.onnx': ('onnxscript', 'onnxruntime'), '.xml': ('onnxscript', 'openvino')}


def export(
    cfg: Config,
    checkpoint: str | os.PathLike[str],
    file: str | os.PathLike[str],
    photos: Sequence[Photo],
    *,
    dynamic: bool = False,
    shape: tuple[int, int] | None = None,
    fuse: bool = True,
    trust: bool = False,
) -> ExportReport:
    """Write `file` (`.onnx`, or `.xml` with a `.bin` beside it), if it labels `photos` as PyTorch does.

    Args:
        cfg: from `load_config`.
        checkpoint: path, name or http address of the weights.
        photos: what the file is checked on, in float32.
        dynamic: the file takes any number of photos of any size, else one photo at a time of one size.
        shape: height and width that the network sees, instead of the size in the config's test pipeline.
        fuse: export the inference form of the model, see `mmseg_facenext.models.fuse`.
        trust: read a checkpoint that holds code too, see `read_checkpoint`.

    Raises:
        UserError: a package is missing, the model cannot be exported, a photo cannot be read, or fewer than
            `LEAST_AGREEMENT` of the pixels would get PyTorch's label; nothing is written then.
    """
    file = _check_target(Path(file))
    for package in PACKAGES[file.suffix]:
        optional_package(package)
    if shape is not None:
        cfg = _with_shape(cfg, *shape)
    rule = _resize_rule(cfg, dynamic)
    network = TorchNetwork(cfg, checkpoint, 'cpu', fuse=False, trust=trust)
    graph = PhotosToLogits(models.fuse(network.model) if fuse else copy.deepcopy(network.model))
    metadata = Metadata(__version__, network.label_space, rule, *graph.mean_and_std())
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f'.{file.stem}.', dir=file.parent) as folder:
        unchecked = Path(folder, file.name)
        if file.suffix == '.onnx':
            write_onnx(graph, metadata, unchecked, dynamic)
        else:
            onnx = Path(folder, 'for_openvino.onnx')
            write_onnx(graph, metadata, onnx, dynamic)
            write_openvino(onnx, metadata, unchecked)
        written = [unchecked.with_suffix(suffix) for suffix in WRITTEN[file.suffix]]
        report = report_on(unchecked, network, graph, photos, sum(part.stat().st_size for part in written))
        if report.parity.agreement < LEAST_AGREEMENT:
            raise UserError(f'{file} was not written: only {report.parity}; at least 99.9 % must agree')
        for part in written:
            os.replace(part, file.with_suffix(part.suffix))
    return report


def _check_target(file: Path) -> Path:
    if file.suffix not in SUFFIXES:
        raise UserError(f'cannot export to {file}: expected a name that ends in {" or ".join(SUFFIXES)}')
    if file.is_dir():
        raise UserError(f'cannot export to {file}: it is a folder')
    return file


def _with_shape(cfg: Config, height: int, width: int) -> Config:
    """Return the config with photos stretched to that size, whatever its test pipeline did with their size."""
    cfg = copy.deepcopy(cfg)
    set_resizing(cfg, [dict(type='FaceResize', scale=(width, height), keep_ratio=False)])
    return cfg


def _resize_rule(cfg: Config, dynamic: bool) -> ResizeRule:
    """Return what the config's test pipeline does to a photo's size.

    Raises:
        UserError: something that a `ResizeRule` does not do.
    """
    steps = build_resizing(cfg)
    names = [type(step).__name__ for step in steps]
    step: Any = steps[0] if len(steps) == 1 else None
    if not isinstance(step, Resize) or not step.scale:
        raise UserError(
            f'the test pipeline of {cfg.filename} prepares photos by {names or "nothing"}; an exported model '
            'knows one Resize with a scale. --shape HEIGHT WIDTH takes the place of those steps'
        )
    if step.keep_ratio and not dynamic:
        raise UserError(
            f'{cfg.filename} keeps the proportions of photos, so the network sees many sizes: '
            'add --dynamic, or --shape HEIGHT WIDTH to stretch them'
        )
    interpolation = step.interpolation if step.backend == 'cv2' else f'{PILLOW}{step.interpolation}'
    if interpolation not in KNOWN:
        raise UserError(
            f'{cfg.filename} resizes photos by {step.backend} {step.interpolation}; exported models know '
            f'{", ".join(KNOWN)}: --shape HEIGHT WIDTH takes bilinear instead'
        )
    width, height = step.scale
    return ResizeRule((width, height), step.keep_ratio, interpolation)
