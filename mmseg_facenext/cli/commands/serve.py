"""Open a page that shows the parts of faces in photos, with an HTTP call for other programs.

    facenext serve                                       # the weights that come with the package
    facenext serve --model face.onnx --port 9000
    facenext serve --model face_parser --model CONFIG CHECKPOINT    # two models to compare

Photos stay in memory, and nothing is loaded from the internet. Needs pip install "mmseg_facenext[serve]".
"""

from __future__ import annotations

import argparse
import socket
from typing import TYPE_CHECKING

from ...errors import UserError
from ..arguments import at_least_one
from ..models import add_models, check_models, named_models

if TYPE_CHECKING:
    from ...inference import FaceParser

LESS_MEMORY = 'take a smaller --max-pixels, or --workers 1'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_models(parser)
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
    check_models(parser, args)


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
    app = create_app(load_parsers(args.model, args.device), limits)
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


def load_parsers(models: list[list[str]] | None, device: str | None) -> dict[str, FaceParser]:
    """Return the models by the names that the page shows."""
    from ...inference import FaceParser

    return {name: FaceParser(*words, device) for name, words in named_models(models).items()}
