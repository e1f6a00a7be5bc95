"""Define the commands of `facenext`; most of them are scripts in `tools/` too."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import NoReturn

from ..config.find import find_config
from .run import LESS_MEMORY, ArgumentParser, import_training_stack, run_tool


@dataclass(frozen=True)
class Command:
    """A command: a module of `commands/` that defines its arguments and does its work.

    The module has

        a docstring: what `--help` shows, with an example `facenext <name> ...`
        add_arguments(parser): its arguments
        check_arguments(parser, args): optional; `parser.error` where they do not fit each other
        main(args): the work
        INTERMIXED: optional; options may stand between words that belong to one argument
        LESS_MEMORY: optional; what to do when memory is used up, in terms of its options

    It imports nothing heavy (PyTorch, mmseg) before `main` runs, so that `--help` answers at once.

    Attributes:
        name: what comes after `facenext`: one word, or two for a command of a group.
        summary: one line for `facenext --help`.
        tool: name of the script in `tools/` that does the same, '' if there is none.
    """

    name: str
    summary: str
    tool: str = ''

    @property
    def module(self) -> ModuleType:
        return importlib.import_module(f'{__package__}.commands.{self.name.replace(" ", ".")}')

    def parser(self, as_tool: bool = False) -> argparse.ArgumentParser:
        """Return the parser of `facenext <name>`, or of `tools/<tool>.py`."""
        parser = ArgumentParser(
            prog=f'{self.tool}.py' if as_tool else f'facenext {self.name}',
            description=self._description(as_tool),
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        self.module.add_arguments(parser)
        return parser

    def _description(self, as_tool: bool) -> str:
        text = self.module.__doc__ or ''
        if as_tool:
            for command in COMMANDS.values():
                text = text.replace(f'facenext {command.name} ', f'python tools/{command.tool}.py ')
        return text

    def parse_args(self, argv: Sequence[str] | None = None, as_tool: bool = False) -> argparse.Namespace:
        """Return the arguments of the command; `argv` holds them as they were typed."""
        words = list(sys.argv[1:] if argv is None else argv)
        parser = self.parser(as_tool)
        parse = parser.parse_intermixed_args if hasattr(self.module, 'INTERMIXED') else parser.parse_args
        args = parse(words)
        if check := getattr(self.module, 'check_arguments', None):
            check(parser, args)
        args.argv = words
        return args

    def main(self, argv: Sequence[str] | None = None, as_tool: bool = False) -> None:
        """Run the command with these arguments; errors are raised."""
        args = self.parse_args(argv, as_tool)
        if getattr(args, 'config', None):
            find_config(args.config)  # report a misspelt name at once, not after seconds of imports
            if getattr(args, 'gpus', None) and args.launcher == 'none':
                self._launch(args)
            import_training_stack()
        self.module.main(args)

    def _launch(self, args: argparse.Namespace) -> NoReturn:
        """Run the same command in several processes, and exit with their code."""
        from .launch import launch

        words = ['--module', 'mmseg_facenext', *self.name.split(), '--launcher', 'pytorch', *args.argv]
        sys.exit(launch(args.gpus, words))

    def run(self, argv: Sequence[str] | None = None, as_tool: bool = False) -> None:
        """Run `main` for a terminal: print a user's mistake as one line and exit with a code; see `run_tool`."""
        run_tool(lambda: self.main(argv, as_tool), getattr(self.module, 'LESS_MEMORY', LESS_MEMORY))


class Tool:
    """The same command as a script in `tools/`."""

    def __init__(self, name: str) -> None:
        self.command = COMMANDS[name]

    def parse_args(self, argv: Sequence[str] | None = None) -> argparse.Namespace:
        return self.command.parse_args(argv, as_tool=True)

    def main(self, argv: Sequence[str] | None = None) -> None:
        self.command.main(argv, as_tool=True)

    def run(self) -> None:
        self.command.run(as_tool=True)


COMMANDS: dict[str, Command] = {
    command.name: command
    for command in (
        Command('train', 'train a model', 'train'),
        Command('test', 'score a checkpoint on the test set of its config', 'test'),
        Command('parse', 'colour the parts of faces in photos', 'image_demo'),
        Command('video', 'colour the parts of faces in a video, or in what a camera sees'),
        Command('serve', 'open a page, and an HTTP call, that parse photos'),
        Command('page', 'write that page as a folder: photos are parsed in the browser'),
        Command('export', 'write a model as a file for ONNX Runtime or OpenVINO', 'export'),
        Command('flops', 'count multiply-accumulates and parameters', 'get_flops'),
        Command('bench', 'measure images per second', 'benchmark'),
        Command('data new', 'make a data set and a config of your own photos and masks'),
        Command('data check', 'say what is wrong with a data set'),
        Command('data convert', 'translate label maps between label spaces'),
        Command('data synthetic', 'draw faces like a downloaded data set', 'make_synthetic_faces'),
        Command('data prepare', 'check CelebAMask-HQ and merge its part masks', 'prepare_celebamaskhq'),
        Command('weights', 'list, download and find published weights', 'weights'),
        Command('browse', 'write pictures of the data of a config', 'browse_dataset'),
        Command('config', 'print a config, or list those that come with the package', 'print_config'),
        Command('migrate', 'translate a config of mmsegmentation 0.x', 'migrate_config'),
        Command('logs', 'draw curves and list best values of trainings', 'analyze_logs'),
        Command('report', 'write a training as one HTML file'),
        Command('confusion', 'show which classes are taken for which', 'confusion_matrix'),
        Command('protocols', 'score predictions under the protocols of the papers', 'evaluate_protocols'),
        Command('publish', 'make the file to publish from a checkpoint', 'publish_model'),
        Command('completion', 'print what makes a shell complete these commands'),
    )
}
