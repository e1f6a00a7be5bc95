#!/usr/bin/env python
"""Published weights by name: what there is, download it, where it lies.

    python tools/weights.py list
    python tools/weights.py get segface.mobilenet_v3_large.512.celebamaskhq
    python tools/weights.py path mscan.tiny

Whatever takes a checkpoint takes such a name, and downloads it when it is first used. FACENEXT_CACHE chooses the
folder for downloads; FACENEXT_OFFLINE=1 or --offline forbids them.
"""

import argparse
from collections.abc import Sequence

from mmseg_facenext.cli import weights
from mmseg_facenext.cli.run import run_tool


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    weights.add_arguments(parser)
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> None:
    weights.main(parse_args(argv))


if __name__ == '__main__':
    run_tool(main)
