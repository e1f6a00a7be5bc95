"""What only a GPU can show, in four minutes: its tests, training and inference against upstream, kernels on and off.

    python benchmarks/gpu_day.py OUT
    python benchmarks/gpu_day.py OUT --parts inference training --seconds 100
    python benchmarks/gpu_day.py OUT --device cpu --quick       # a rehearsal

Each part is a process with a time limit of its own. What it prints goes to OUT/gpu_day.txt and, shortened, to the
console at once. A part that fails or runs out of time ends alone; a table of how each part ended comes last. The parts
that need torch.compile are also started beside the tests, so that they find in its cache what it made then.
"""

from __future__ import annotations

import argparse
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from mmseg_facenext.cli.arguments import at_least_one
from mmseg_facenext.cli.run import ArgumentParser, run_tool
from mmseg_facenext.utils.text_table import text_table

ROOT = Path(__file__).parents[1]
CONSOLE = 1600  # characters of each part
PARTS = {  # name: (seconds, script and its arguments)
    'tests': (100, '-m pytest -v --tb=short -m gpu -n6 -p no:cacheprovider'),
    'training': (
        90,
        "training.py --size tiny base --sides 'upstream bf16' 'ours bf16' 'ours bf16 channels_last'",
    ),
    'inference': (60, 'inference.py --size tiny base --batch 1 32'),
    'kernels-training': (
        45,
        "training.py --size tiny --operators 12 --sides 'ours bf16' 'ours bf16 kernels'",
    ),
    'kernels-inference': (
        40,
        "inference.py --batch 1 32 --operators 12 --sides 'fused bf16 graph' 'fused bf16 graph nchw kernels'",
    ),
    'compiled-training': (80, "training.py --size tiny --sides 'ours bf16' 'ours bf16 compiled'"),
    'compiled-inference': (
        60,
        "inference.py --batch 1 32 --sides 'fused bf16 graph' 'fused bf16 compiled graph'",
    ),
}
QUICK = ['--size', 'tiny', '--batch', '2', '--shape', '32', '32', '--rounds', '1']


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('out', help='folder for gpu_day.txt')
    parser.add_argument(
        '--parts', nargs='+', choices=PARTS, default=list(PARTS), help=f'of {", ".join(PARTS)}'
    )
    parser.add_argument(
        '--seconds', type=at_least_one, default=300, help='for everything; default %(default)s'
    )
    parser.add_argument('--device', choices=('cuda', 'cpu'), default='cuda', help='default %(default)s')
    parser.add_argument('--quick', action='store_true', help='small images, few rounds')
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> None:
    args = parse_args(argv)
    end = time.monotonic() + args.seconds
    log = Path(args.out, 'gpu_day.txt')
    log.parent.mkdir(parents=True, exist_ok=True)
    rows = []
    for name in args.parts:
        begun = time.monotonic()
        if begun > end - 10:
            rows.append([name, '0', 'was not started'])
            continue
        waiting = [part for part in args.parts if part.startswith('compiled')] if name == 'tests' else []
        beside = [start(command(part, args)) for part in waiting]
        said, how = result_of(start(command(name, args)), min(PARTS[name][0], end - begun))
        for process in beside:
            os.killpg(process.pid, signal.SIGKILL)
        with log.open('a') as file:
            file.write(f'## {name}\n\n{said}\n')
        print(f'## {name}\n\n{shortened(said)}', flush=True)
        rows.append([name, f'{time.monotonic() - begun:.0f}', how])
    print(text_table(['part', 'seconds', 'ended'], rows))


def command(part: str, args: argparse.Namespace) -> list[str]:
    """Return the arguments of Python."""
    options = shlex.split(PARTS[part][1])
    if part == 'tests':
        files = sorted(
            str(path) for path in (ROOT / 'tests').rglob('test_*.py') if 'mark.gpu' in path.read_text()
        )
        return [*options, *files]
    options = [*options, '--device', args.device, *(QUICK if args.quick else ())]
    return [str(ROOT / 'benchmarks' / options[0]), *options[1:]]


def shortened(text: str) -> str:
    """Return the text without its middle, where it is long."""
    half = CONSOLE // 2
    return text if len(text) <= CONSOLE else f'{text[:half]}\n[...]\n{text[-half:]}'


def start(arguments: Sequence[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={
            **os.environ,
            'PYTHONUNBUFFERED': '1',
            'PYTHONWARNINGS': 'ignore',
            'TORCHINDUCTOR_COMPILE_THREADS': '4',
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,  # to be ended with all that it starts
    )


def result_of(process: subprocess.Popen[str], seconds: float) -> tuple[str, str]:
    """Return what the process printed and how it ended."""
    try:
        said, _ = process.communicate(timeout=max(seconds, 1))
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        return process.communicate()[0], f'out of time after {seconds:.0f} s'
    return said, 'well' if process.returncode == 0 else f'with exit status {process.returncode}'


if __name__ == '__main__':
    run_tool(main)
