"""A trained model to a file for ONNX Runtime or OpenVINO, checked against PyTorch before it gets its name."""

from __future__ import annotations

import copy
import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmcv.transforms import Resize
from mmengine.config import Config
from torch import Tensor

from .. import __version__, models
from ..errors import UserError
from ..inference.building import build_resizing, set_resizing
from ..inference.read_photo import Photo
from ..inference.torch_network import TorchNetwork
from ..runtimes import SUFFIXES, Metadata, ResizeRule, load_runtime
from ..runtimes.checksum import write_checksum
from ..runtimes.resize_rule import KNOWN, PILLOW
from ..runtimes.runtime import optional_package
from .export_report import LEAST_AGREEMENT, ExportReport, report_on
from .photos_to_logits import PhotosToLogits
from .writing import write_onnx, write_openvino

WRITTEN = {'.onnx': ('.onnx',), '.xml': ('.bin', '.xml')}
LARGEST_DIFFERENCE = 0.05  # of logits at another size, relative to the largest; rounding is far below
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
        write_checksum(written)
        if dynamic:
            check_other_size(load_runtime(unchecked), graph, rule.scale, file)
        report = report_on(unchecked, network, graph, photos, sum(part.stat().st_size for part in written))
        if report.parity.agreement < LEAST_AGREEMENT:
            raise UserError(f'{file} was not written: only {report.parity}; at least 99.9 % must agree')
        for part in written:
            os.replace(part, file.with_suffix(part.suffix))
    return report


def check_other_size(
    run: Callable[[np.ndarray], np.ndarray],
    graph: Callable[[Tensor], Tensor],
    scale: tuple[int, int],
    file: Path,
) -> None:
    """Check that a file which takes any size gives PyTorch's logits at another one than it was exported with.

    A network may decide by the size of its input, as Swin pads and shifts its windows; the file keeps what was
    decided for one size.

    Raises:
        UserError: it does not.
    """
    width, height = max(32, scale[0] // 2), scale[1] + 40
    photo = np.random.default_rng(0).integers(0, 256, (1, height, width, 3), np.uint8)
    with torch.inference_mode():
        expected = graph(torch.from_numpy(photo)).numpy()
    try:
        off = np.abs(run(photo) - expected).max() / np.abs(expected).max()
    except UserError:
        raise
    except Exception:  # each runtime has its own exceptions for shapes that do not fit
        off = np.inf
    if not off < LARGEST_DIFFERENCE:
        raise UserError(
            f'{file} was not written: at {height}x{width} it differs from PyTorch, for this network decides by the '
            'size of its input; export it without --dynamic, for one size'
        )


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
