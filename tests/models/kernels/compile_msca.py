"""Compiles the kernels for GPUs that need not be there, for `test_msca_triton.py`; prints what they need as JSON.

python tests/models/kernels/compile_msca.py
"""

import json

import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource

from mmseg_facenext.models.kernels import msca_triton

KERNELS = ('_forward_kernel', '_strips_backward_kernel', '_square_backward_kernel')
TARGETS = [(80, 'bf16', 128), (90, 'fp16', 64), (90, 'fp32', 64)]  # compute capability, type, tile side


def compiled(name: str, architecture: int, dtype: str, block: int):
    kernel = getattr(msca_triton, name)
    constants = dict(RADIUS=2, STRIPS=3, BLOCK_H=block, BLOCK_W=block, HALO_H=12, HALO_W=12)
    constants['PRECISION'] = 'tf32' if dtype == 'fp32' else 'ieee'

    def kind(argument: str) -> str:
        if argument in constants:
            return 'constexpr'
        if argument == 'radii_ptr':
            return '*i32'
        if argument in ('grad_taps_ptr', 'grad_biases_ptr'):
            return '*fp32'
        return f'*{dtype}' if argument.endswith('_ptr') else 'i32'

    source = ASTSource(kernel, {argument: kind(argument) for argument in kernel.arg_names}, constants)
    options = dict(num_warps=msca_triton.warps(block * block), num_stages=1)
    return triton.compile(source, GPUTarget('cuda', architecture, 32), options)


if __name__ == '__main__':
    rows = []
    for target in TARGETS:
        for name in KERNELS:
            binary = compiled(name, *target)
            tensor_cores = 'mma' in binary.asm['ptx']
            rows.append([name, *target, binary.metadata.shared, tensor_cores])
    print(json.dumps(rows))
