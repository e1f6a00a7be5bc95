"""An exported file to the runtime that runs it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ..errors import UserError
from .onnx_runtime import OnnxRuntime
from .openvino_runtime import OpenVinoRuntime
from .runtime import Runtime

SUFFIXES: dict[str, type[Runtime]] = {'.onnx': OnnxRuntime, '.xml': OpenVinoRuntime}


def is_exported(model: Any) -> bool:
    """Tell whether it names an exported file, there or not."""
    return isinstance(model, (str, os.PathLike)) and Path(model).suffix.lower() in SUFFIXES


def load_runtime(
    path: str | os.PathLike[str], threads: int | None = None, precision: str = 'float32'
) -> Runtime:
    """Return the exported model in `path`, to be called with RGB uint8 (B, h, w, 3) for float32 logits (B, C, h, w).

        runtime = load_runtime('model.xml', threads=2, precision='bf16')
        logits = runtime(photos)

    Args:
        path: `.onnx` (ONNX Runtime) or `.xml` (OpenVINO, with the `.bin` beside it).
        threads: None takes all cores that this process may use.
        precision: 'float32' or 'bf16' (OpenVINO, where the processor has it).

    Raises:
        UserError: there is no such file, it is broken or not ours, the runtime's package is missing, or a
            setting is none.
    """
    path = Path(path)
    runtime = SUFFIXES.get(path.suffix.lower())
    if runtime is None:
        raise UserError(f'{path} is no exported model: expected a file that ends in {" or ".join(SUFFIXES)}')
    if not path.is_file():
        raise UserError(f'no exported model at {path}' + (': it is a folder' if path.is_dir() else ''))
    if precision not in runtime.precisions():
        known = ' or '.join(runtime.precisions())
        raise UserError(f'{runtime.name} computes in {known} on this machine, got {precision!r}')
    if threads is not None and threads < 1:
        raise UserError(f'threads must be at least 1, got {threads}')
    return runtime(path, threads, precision)
