"""Time functions against each other in one run, and name the hardware that they ran on.

    times = compare({'plain': lambda: plain(image), 'fused': lambda: fused(image)})
    print(times.table(), hardware('cuda', 'bf16'), sep='\\n')
    times.ratio('plain', 'fused')  # above 1 where `fused` is the faster one

A machine's speed drifts (clocks, heat, neighbours). Each round therefore times every function once, in an
order that rotates, and a ratio is taken within rounds.
"""

from __future__ import annotations

import platform
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import torch

from ..utils.text_table import text_table

LARGEST_SPREAD = 0.4
"""Of the middle half of the values, relative to their median; more is noise of a busy machine."""
TOO_NOISY = 'too noisy, repeat'


def too_noisy(values: Sequence[float]) -> bool:
    """Tell whether values of the same thing differ so much that their median says nothing."""
    low, middle, high = (
        statistics.quantiles(values, n=4, method='inclusive') if len(values) > 1 else [0, 1, 0]
    )
    return high - low > LARGEST_SPREAD * middle


@dataclass(frozen=True)
class Timing:
    """Seconds that each call of one function took, in the order of rounds."""

    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    @property
    def quartiles(self) -> tuple[float, float]:
        """First and third quartile in seconds; half of the calls lie between them."""
        if len(self.seconds) < 2:
            return self.median, self.median
        low, _, high = statistics.quantiles(self.seconds, n=4, method='inclusive')
        return low, high

    def to_dict(self) -> dict[str, float | int]:
        """Return milliseconds, for JSON."""
        low, high = self.quartiles
        return {
            'median_ms': 1e3 * self.median,
            'quartile_1_ms': 1e3 * low,
            'quartile_3_ms': 1e3 * high,
            'fastest_ms': 1e3 * min(self.seconds),
            'slowest_ms': 1e3 * max(self.seconds),
            'repeats': len(self.seconds),
            'too_noisy': too_noisy(self.seconds),
        }


class Comparison(dict[str, Timing]):
    """What `compare` measured, by name."""

    def ratio(self, slower: str, faster: str) -> float:
        """Return the median over the rounds of time of `slower` / time of `faster`."""
        return statistics.median(self._ratios(slower, faster))

    def ratio_text(self, slower: str, faster: str) -> str:
        """Return `ratio`, or that it varies too much between rounds."""
        return TOO_NOISY if too_noisy(self._ratios(slower, faster)) else f'{self.ratio(slower, faster):.2f}'

    def _ratios(self, slower: str, faster: str) -> list[float]:
        rounds = zip(self[slower].seconds, self[faster].seconds, strict=True)
        return [first / second for first, second in rounds]

    def table(self) -> str:
        """Return a table of medians, quartiles, and speeds relative to the first function."""
        first = next(iter(self))
        rows = []
        for name, timing in self.items():
            low, high = (1e3 * quartile for quartile in timing.quartiles)
            milliseconds = f'{1e3 * timing.median:.3f}', f'{low:.3f} to {high:.3f}'
            rows.append([name, *milliseconds, '1' if name == first else self.ratio_text(first, name)])
        return text_table(['', 'ms, median', 'quartiles', 'speed'], rows)


def joined(runs: Sequence[Comparison]) -> Comparison:
    """Return the calls of several runs of the same functions as if they were one."""
    return Comparison(
        {name: Timing(tuple(chain.from_iterable(run[name].seconds for run in runs))) for name in runs[0]}
    )


def wait_for_gpu() -> None:
    """Wait until the GPU has finished its work; return at once where no GPU is in use."""
    if torch.cuda.is_initialized():
        torch.cuda.synchronize()


def compare(
    callables: Mapping[str, Callable[[], object]],
    repeats: int = 20,
    warmup: int = 3,
    synchronize: Callable[[], object] = wait_for_gpu,
    clock: Callable[[], float] = time.perf_counter,
) -> Comparison:
    """Call each of `callables` `warmup` times, then time `repeats` rounds in which each is called once.

    Args:
        callables: name to function without arguments; the first is the one that a table relates the others to.
        repeats: rounds, at least 1.
        synchronize: waits until the device is done; called before each reading of the clock.
        clock: seconds since any moment; `time.process_time` where other programs compete for the processor.
    """
    if not callables or repeats < 1 or warmup < 0:
        raise ValueError(f'nothing to time: {len(callables)} callables, {repeats} repeats, {warmup} warm-ups')
    names = list(callables)
    for name in names:
        for _ in range(warmup):
            callables[name]()
    seconds: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(repeats):
        first = turn % len(names)
        for name in names[first:] + names[:first]:
            seconds[name].append(_seconds(callables[name], synchronize, clock))
    return Comparison({name: Timing(tuple(taken)) for name, taken in seconds.items()})


def _seconds(
    function: Callable[[], object], synchronize: Callable[[], object], clock: Callable[[], float]
) -> float:
    synchronize()
    start = clock()
    function()
    synchronize()
    return clock() - start


def hardware(device: str | torch.device | None = None, precision: str = 'fp32') -> str:
    """Return what a measurement ran on, in one line: processor or GPU, threads, precision, versions.

    Args:
        device: None is the GPU if there is one.
        precision: as the caller set it; written down, not looked up.
    """
    chosen = torch.device(device or ('cuda' if torch.cuda.is_available() else 'cpu'))
    versions = [f'torch {torch.__version__}', f'Python {platform.python_version()}']
    if chosen.type == 'cuda':
        versions[1:1] = [f'CUDA {torch.version.cuda}', f'cuDNN {torch.backends.cudnn.version()}']
        tf32 = f'TF32 {"on" if torch.backends.cuda.matmul.allow_tf32 else "off"} in matrix products'
        where = [torch.cuda.get_device_name(chosen), tf32]
    else:
        where = [_processor(), f'{torch.get_num_threads()} threads']
    return ', '.join([*where, precision, *versions])


def _processor() -> str:
    """Return the CPU's name; Python's own answer is often empty on Linux."""
    try:
        lines = Path('/proc/cpuinfo').read_text().splitlines()
    except OSError:
        lines = []
    named = (line.partition(':')[2].strip() for line in lines if line.startswith('model name'))
    return next(named, platform.processor() or platform.machine())
