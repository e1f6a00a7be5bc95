"""OpenVINO on the CPU."""

from __future__ import annotations

from pathlib import Path
from queue import SimpleQueue

import numpy as np

from ..errors import UserError
from ..utils.cpu_count import usable_cores
from .checksum import check_checksum
from .metadata import Metadata
from .runtime import Runtime, optional_package, unreadable

SECTION = 'mmseg_facenext'
"""Where the metadata lie in a model's rt_info."""


HINTS = {'float32': 'f32', 'bf16': 'bf16'}


class OpenVinoRuntime(Runtime):
    """An `.xml` file with its weights beside it, `<name>.bin`.

    Args:
        threads: None takes all cores that this process may use.
        precision: 'float32', or 'bf16' where the processor has it. OpenVINO itself would choose bf16 there.

    Raises:
        UserError: the package is missing, or a file is missing, damaged or not ours.
    """

    name = 'OpenVINO'

    def __init__(self, path: Path, threads: int | None = None, precision: str = 'float32'):
        if not (weights := path.with_suffix('.bin')).is_file():
            raise UserError(f'{path} has its weights in {weights}, which is missing; copy both files')
        core = optional_package('openvino').Core()
        check_checksum([weights, path])
        settings = {
            'PERFORMANCE_HINT': 'LATENCY',
            'INFERENCE_NUM_THREADS': threads or usable_cores(),
            'INFERENCE_PRECISION_HINT': HINTS[precision],
        }
        try:
            model = core.read_model(path)
            metadata = Metadata.from_strings(_strings(model), str(path))
            compiled = core.compile_model(model, 'CPU', settings)
        except UserError:
            raise
        except Exception as error:  # what the metadata of a damaged file hold may be of any kind
            raise unreadable(path, 'OpenVINO', error) from error
        self.path, self.precision, self.metadata = path, precision, metadata
        self.batch, *size = (
            each.get_length() if each.is_static else None for each in list(model.input().partial_shape)[:3]
        )
        self.size = (size[0], size[1])
        # A request serves one call at a time. More of them than the processor works on at once gain nothing.
        self._free_requests: SimpleQueue = SimpleQueue()
        for _ in range(compiled.get_property('OPTIMAL_NUMBER_OF_INFER_REQUESTS')):
            self._free_requests.put(compiled.create_infer_request())

    @classmethod
    def precisions(cls) -> tuple[str, ...]:
        found = optional_package('openvino').Core().get_property('CPU', 'OPTIMIZATION_CAPABILITIES')
        return ('float32', 'bf16') if 'BF16' in found else ('float32',)

    def _run(self, photos: np.ndarray) -> np.ndarray:
        request = self._free_requests.get()
        try:
            # The request reuses its output for the next call.
            return request.infer([np.ascontiguousarray(photos)])[0].copy()
        finally:
            self._free_requests.put(request)


def _strings(model) -> dict[str, str]:
    if not model.has_rt_info([SECTION]):
        return {}
    return {key: value.astype(str) for key, value in model.get_rt_info([SECTION]).astype(dict).items()}
