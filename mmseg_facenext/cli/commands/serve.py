"""Open a page that shows the parts of faces in photos, with an HTTP call for other programs.

    facenext serve                                       # the weights that come with the package
    facenext serve --model face.onnx --port 9000
    facenext serve --model face_parser --model CONFIG CHECKPOINT    # two models to compare

Photos stay in memory, and nothing is loaded from the internet. Needs pip install "mmseg_facenext[serve]".
"""

from __future__ import annotations

import argparse
import socket
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import UserError
from ..arguments import at_least_one
from ..run import import_training_stack

if TYPE_CHECKING:
    from ...inference import FaceParser

PACKAGED = 'face_parser'
LESS_MEMORY = 'take a smaller --max-pixels, or --workers 1'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        '--model',
        nargs='+',
        action='append',
        metavar='MODEL',
        help='CONFIG CHECKPOINT, a name of published weights, or a .onnx, .xml or .safetensors file; several times to '
        'compare models; default: face_parser, the weights that come with the package',
    )
    parser.add_argument(
        '--host',
        default='127.0.0.1',
        help='address to listen at; 0.0.0.0 is open to the network; default %(default)s, for this computer alone',
    )
    parser.add_argument('--port', type=int, default=8000, help='default %(default)s')
    parser.add_argument(
        '--max-mb', type=at_least_one, default=25, metavar='MB', help='of one upload; default %(default)s'
    )
    parser.add_argument(
        '--max-pixels', type=at_least_one, default=50_000_000, help='of one photo; default %(default)s'
    )
    parser.add_argument(
        '--queue',
        type=at_least_one,
        default=256,
        help='requests at once; further ones get 503; default %(default)s',
    )
    parser.add_argument(
        '--workers', type=at_least_one, default=2, help='photos parsed at once; default %(default)s'
    )
    parser.add_argument('--device', help='cpu, cuda, cuda:1, ...; default: the GPU if there is one')


def check_arguments(parser: argparse.ArgumentParser, args: argparse.Namespace) -> None:
    for model in args.model or ():
        if len(model) > 2:
            parser.error(f'expected --model CONFIG CHECKPOINT or --model MODEL, got {" ".join(model)}')


def main(args: argparse.Namespace) -> None:
    try:
        import uvicorn

        from ...serving import Limits, create_app
    except ModuleNotFoundError as error:
        if error.name not in ('uvicorn', 'fastapi', 'starlette'):
            raise
        raise UserError(
            f'the page needs {error.name}: pip install "mmseg_facenext[serve]", or pip install fastapi uvicorn '
            'python-multipart'
        ) from None

    check_address(args.host, args.port)  # at once, not after seconds of loading
    limits = Limits(args.max_mb * 1_000_000, args.max_pixels, args.queue, workers=args.workers)
    app = create_app(load_parsers(args.model or [[PACKAGED]], args.device), limits)
    print(f'http://{args.host}:{args.port} (Ctrl-C ends it)', flush=True)
    uvicorn.run(app, host=args.host, port=args.port, log_level='warning')


def check_address(host: str, port: int) -> None:
    """Check that a server can listen there.

    Raises:
        UserError: it cannot.
    """
    try:
        socket.create_server((host, port), family=socket.AF_INET6 if ':' in host else socket.AF_INET).close()
    except (OSError, OverflowError) as error:
        raise UserError(
            f'cannot listen at {host}:{port} ({error}); choose another --port or --host'
        ) from None


def load_parsers(models: list[list[str]], device: str | None) -> dict[str, FaceParser]:
    """Return the models by the names that the page shows."""
    from ...inference import FaceParser
    from ...runtimes import is_exported

    if not all(is_exported(words[0]) for words in models):
        import_training_stack()
    parsers: dict[str, FaceParser] = {}
    for words in models:
        file = Path(words[-1])
        name = file.name if file.exists() else words[-1]
        while name in parsers:
            name += "'"
        packaged = words == [PACKAGED] and not file.exists()
        model, checkpoint = None if packaged else words[0], words[1] if len(words) == 2 else None
        parsers[name] = FaceParser(model, checkpoint, device)
    return parsers
