"""The argument `--model` of commands that show several models side by side."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from ..runtimes import is_exported
from .run import import_training_stack

PACKAGED = 'face_parser'


def add_models(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        '--model',
        nargs='+',
        action='append',
        metavar='MODEL',
        help='CONFIG CHECKPOINT, a name of published weights, or a .onnx, .xml or .safetensors file; several times to '
        'compare models; default: face_parser, the weights that come with the package',
    )


def check_models(parser: argparse.ArgumentParser, args: argparse.Namespace) -> None:
    for model in args.model or ():
        if len(model) > 2:
            parser.error(f'expected --model CONFIG CHECKPOINT or --model MODEL, got {" ".join(model)}')


def named_models(models: Sequence[Sequence[str]] | None) -> dict[str, tuple[str | None, str | None]]:
    """Return the first two arguments of `FaceParser` by the name that people see.

    The training stack is imported where one of them needs it.
    """
    models = models or [[PACKAGED]]
    if not all(is_exported(words[0]) for words in models):
        import_training_stack()
    named: dict[str, tuple[str | None, str | None]] = {}
    for words in models:
        file = Path(words[-1])
        name = file.name if file.exists() else words[-1]
        while name in named:
            name += "'"
        packaged = list(words) == [PACKAGED] and not file.exists()
        named[name] = None if packaged else words[0], words[1] if len(words) == 2 else None
    return named
