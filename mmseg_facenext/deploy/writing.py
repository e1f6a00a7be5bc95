"""A graph to a file with metadata; nothing is checked here."""

from __future__ import annotations

import logging
import warnings
from pathlib import Path

import torch

from ..errors import UserError
from ..runtimes import Metadata
from ..runtimes.openvino_runtime import SECTION
from ..runtimes.runtime import INPUT, OUTPUT
from .photos_to_logits import PhotosToLogits

OPSET = 20  # the first one with GELU


def write_onnx(graph: PhotosToLogits, metadata: Metadata, path: Path, dynamic: bool) -> None:
    """One file with weights and metadata.

    Args:
        dynamic: leave number and size of the photos open.

    Raises:
        UserError: the network does something that PyTorch cannot export.
    """
    width, height = metadata.resize.scale
    # A batch of one would be taken for a constant.
    example = torch.zeros(2 if dynamic else 1, height, width, 3, dtype=torch.uint8)
    open_dimensions = (dict.fromkeys(range(3), torch.export.Dim.DYNAMIC),) if dynamic else None
    for library in ('torch.onnx', 'torch.export', 'onnxscript'):  # what matters is raised
        logging.getLogger(library).setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')
            program = torch.onnx.export(
                graph,
                (example,),
                dynamo=True,
                opset_version=OPSET,
                input_names=[INPUT],
                output_names=[OUTPUT],
                dynamic_shapes=open_dimensions,
                verbose=False,
            )
    except torch.onnx.OnnxExporterError as error:
        reason = ' '.join(str(error.__cause__ or error).split())[:300]
        raise UserError(f'this model cannot be exported: PyTorch says {reason}') from error
    assert program is not None, 'without a file name, torch gives the program'
    program.model.metadata_props.update(metadata.to_strings())
    program.save(str(path), external_data=False)


def write_openvino(onnx: Path, metadata: Metadata, path: Path) -> None:
    """`path` (.xml) and, beside it, its weights in float32 (.bin).

    Raises:
        UserError: the disk is full, or OpenVINO cannot write there for another reason.
    """
    import openvino

    model = openvino.Core().read_model(onnx)  # `convert_model` makes the same, and sends telemetry
    for key, value in metadata.to_strings().items():
        model.set_rt_info(value, [SECTION, key])
    try:
        openvino.save_model(model, path, compress_to_fp16=False)
    except RuntimeError as error:  # of C++ streams, which do not tell what the system said
        reason = ' '.join(str(error).split())[:200]
        raise UserError(
            f'OpenVINO cannot write the model ({reason}): free some disk space or choose another folder'
        ) from error
