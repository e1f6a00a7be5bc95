"""The networks of a page, as files that browsers run, and what the page has to know of them."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

from ..checkpoints.zoo import find_weights
from ..config.load import load_config
from ..deploy.export import export
from ..errors import UserError
from ..inference.detection.centerface_network import OUTPUTS, weights_file
from ..inference.network_file import config_in, is_network_file, packaged_file
from ..inference.shown_photo import CUTS
from ..runtimes import Metadata, is_exported, load_runtime
from ..runtimes.runtime import optional_package
from ..synthetic.drawing import draw_face
from ..synthetic.faces import face_rng

INTERPOLATION = 'bilinear'
"""The only one that the page knows."""


def write_network(
    model: str | os.PathLike[str] | None, checkpoint: str | os.PathLike[str] | None, file: Path
) -> dict[str, Any]:
    """Write a network as `file` (`.onnx`), and return what the page has to know of it.

    Args:
        model, checkpoint: as for `FaceParser`.

    Raises:
        UserError: the model cannot be used or exported, or prepares photos otherwise than the page does.
    """
    if model is not None and is_exported(model):
        metadata = _check(Path(model), model)
        shutil.copyfile(model, file)
    else:
        config, checkpoint = _config_and_checkpoint(model, checkpoint)
        cfg = (
            config
            if not isinstance(config, (str, os.PathLike))
            else load_config(os.fspath(config), purpose='model')
        )
        export(cfg, checkpoint, file, [draw_face(face_rng(0, 0), 512)[0]])
        metadata = _check(file, model)
    return _described(metadata, drops_islands=model is None)


def write_centerface(file: Path) -> list[str]:
    """Write the network that finds faces, for pictures of any size; return the names of its outputs.

    Raises:
        UserError: a package is missing.
    """
    onnx = optional_package('onnx')
    model = onnx.load(str(weights_file()))
    graph = model.graph
    del graph.input[1:]  # weights, listed among the inputs as old files do
    used = {name for node in graph.node for name in node.input}
    for unused in [each for each in graph.initializer if each.name not in used]:
        graph.initializer.remove(unused)
    for number, value in enumerate((*graph.input, *graph.output)):
        dimensions = value.type.tensor_type.shape.dim
        for place in (0, 2, 3):
            dimensions[place].dim_param = f'd{number}_{place}'
    onnx.save(model, str(file))
    return list(OUTPUTS)


def _config_and_checkpoint(model: Any, checkpoint: Any) -> tuple[Any, Any]:
    """Return a config, or its name, and the checkpoint that belongs to it.

    Raises:
        UserError: there is none.
    """
    if model is None:
        return config_in(packaged_file()), packaged_file()
    if checkpoint is None and is_network_file(model):
        return config_in(model), model
    if checkpoint is None:
        if not (published := find_weights(os.fspath(model))):
            raise UserError(f'the config {model} needs a checkpoint, given after it')
        return published.config, published.name
    return model, checkpoint


def _check(file: Path, model: object) -> Metadata:
    """Return what the file of a model says about itself.

    Raises:
        UserError: it is not one that the page can use.
    """
    if file.suffix != '.onnx':
        raise UserError(f'browsers run .onnx files, got {model}: export it again with --format onnx')
    metadata = load_runtime(file).metadata
    rule = metadata.resize
    if rule.keep_ratio or rule.interpolation != INTERPOLATION:
        kept = ' and keeps their proportions' if rule.keep_ratio else ''
        raise UserError(
            f'{model} resizes photos by {rule.interpolation}{kept}; the page stretches them by {INTERPOLATION}: '
            'write an .onnx file with `facenext export --shape HEIGHT WIDTH`, and give that'
        )
    return metadata


def _described(metadata: Metadata, drops_islands: bool) -> dict[str, Any]:
    space = metadata.label_space
    return {
        'size': metadata.resize.scale,
        'cut': CUTS.get(space.name, (1.0, 0.0)),
        'finds_faces': {'background', 'skin'} <= set(space.titles),
        'drops_islands': drops_islands,
        'background': space.titles.index('background') if 'background' in space.titles else 0,
        'classes': [
            {'name': name, 'title': title, 'colour': colour}
            for name, title, colour in zip(space.classes, space.titles, space.palette, strict=True)
        ],
    }
