"""Write the page of `facenext serve` as a folder in which the browser itself parses photos: they never leave it.

    facenext page site                                   # the weights that come with the package
    facenext page site --model face.onnx --model CONFIG CHECKPOINT    # two models to compare
    python -m http.server --directory site               # any web server does

ONNX Runtime Web is downloaded from the npm registry, once, and verified. Needs pip install "mmseg_facenext[export]".
"""

from __future__ import annotations

import argparse
from pathlib import Path

from ..arguments import add_offline
from ..models import add_models, check_models, named_models


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        'folder', metavar='FOLDER', help='to write; a new one, or one that this command wrote'
    )
    add_models(parser)
    parser.add_argument(
        '--runtime',
        metavar='FOLDER',
        help='node_modules/onnxruntime-web/dist; default: downloaded from the npm registry (npm_config_registry)',
    )
    add_offline(parser)


def check_arguments(parser: argparse.ArgumentParser, args: argparse.Namespace) -> None:
    check_models(parser, args)


def main(args: argparse.Namespace) -> None:
    models = named_models(args.model)
    from ...page.writing import write_page

    folder = write_page(args.folder, models, args.runtime)
    size = sum(file.stat().st_size for file in Path(folder).rglob('*') if file.is_file())
    print(
        f'{folder}: {size / 1e6:.1f} MB; python -m http.server --directory {folder}, then http://127.0.0.1:8000'
    )
