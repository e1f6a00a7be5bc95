"""Compiles the kernels for GPUs that need not be there, for `test_triton.py`; prints what they need as JSON.

python tests/models/kernels/compile_kernels.py
"""

import json

import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource

from mmseg_facenext.models.kernels import depthwise_gelu_triton, msca_triton

KERNELS = {
    msca_triton: (
        '_forward_kernel',
        '_strips_backward_kernel',
        '_strips_weights_kernel',
        '_square_backward_kernel',
    ),
    depthwise_gelu_triton: ('_forward_kernel', '_gelu_backward_kernel', '_input_backward_kernel'),
}
TARGETS = [(80, 'bf16'), (90, 'fp16'), (90, 'fp32')]  # compute capability, type
FLOAT32 = ('grad_taps_ptr', 'grad_biases_ptr')  # the gradients that the programs share


def compiled(module, name: str, architecture: int, dtype: str):
    kernel = getattr(module, name)
    if module is msca_triton:
        block_h = block_w = 128 if dtype == 'bf16' else 64
        constants = dict(RADIUS=2, STRIPS=3, HALO_H=12, HALO_W=12)
        constants['PRECISION'] = 'tf32' if dtype == 'fp32' else 'ieee'
        if 'TAPS' in kernel.arg_names:
            constants['TAPS'] = 32
    else:
        block_h, block_w, constants = 16, 128, {}
    constants |= dict(BLOCK_H=block_h, BLOCK_W=block_w)

    def kind(argument: str) -> str:
        if argument in constants:
            return 'constexpr'
        if argument == 'radii_ptr':
            return '*i32'
        if argument.endswith('_ptr'):
            return '*fp32' if argument in FLOAT32 else f'*{dtype}'
        return 'i32'

    source = ASTSource(kernel, {argument: kind(argument) for argument in kernel.arg_names}, constants)
    options = dict(num_warps=module.warps(block_h * block_w), num_stages=1)
    return triton.compile(source, GPUTarget('cuda', architecture, 32), options)


if __name__ == '__main__':
    rows = []
    for target in TARGETS:
        for module, names in KERNELS.items():
            for name in names:
                binary = compiled(module, name, *target)
                what = f'{module.__name__.split(".")[-1]} {name} for sm_{target[0]}, {target[1]}'
                rows.append([what, target[0], binary.metadata.shared, 'mma' in binary.asm['ptx']])
    print(json.dumps(rows))
