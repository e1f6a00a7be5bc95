"""ONNX Runtime on the CPU."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..utils.cpu_count import usable_cores
from .checksum import check_checksum
from .metadata import Metadata
from .runtime import OUTPUT, Runtime, optional_package, unreadable


class OnnxRuntime(Runtime):
    """An `.onnx` file.

    Args:
        threads: None takes all cores that this process may use.
        precision: 'float32'; the CPU kernels of ONNX Runtime know no other for these networks.

    Raises:
        UserError: the package is missing, or the file is damaged or not ours.
    """

    name = 'ONNX Runtime'

    def __init__(self, path: Path, threads: int | None = None, precision: str = 'float32'):
        onnxruntime = optional_package('onnxruntime')
        check_checksum([path])
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads or usable_cores()
        options.log_severity_level = 3  # errors; they are raised as well
        try:
            self._session = onnxruntime.InferenceSession(
                str(path), options, providers=['CPUExecutionProvider']
            )
        except Exception as error:  # the package has its own exceptions, one per defect of the file
            raise unreadable(path, 'ONNX', error) from error
        self.path, self.precision = path, precision
        strings = self._session.get_modelmeta().custom_metadata_map
        self.metadata = Metadata.from_strings(strings, str(path))
        (photos,) = self._session.get_inputs()
        # Dimensions that may vary have names instead of numbers.
        self.batch, *size = (each if isinstance(each, int) else None for each in photos.shape[:3])
        self.size = (size[0], size[1])
        self._input = photos.name

    def _run(self, photos: np.ndarray) -> np.ndarray:
        return self._session.run([OUTPUT], {self._input: photos})[0]
