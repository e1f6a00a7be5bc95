"""Find and run the command that the arguments of `facenext` name.

    facenext --help
    facenext train --help

Only the module of the command that is called gets imported; for the list of all, none.
"""

from __future__ import annotations

import argparse
import difflib
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from .. import __version__
from .command import COMMANDS, Command
from .run import run_tool

DESCRIPTION = 'Face parsing: a label for every pixel of a face. Train, score, run and export models.'
EPILOG = '`facenext COMMAND --help` says more and has examples.'
GROUPS = {name.partition(' ')[0] for name in COMMANDS if ' ' in name}


def run() -> None:
    """Run the command named on the command line, and end the process."""
    if '_ARGCOMPLETE' in os.environ:  # a shell asks what could come next
        import argcomplete

        argcomplete.autocomplete(build_tree())
    command, argv = find_command(sys.argv[1:])
    if command is None:
        run_tool(lambda: show_help(argv))
    else:
        command.run(argv)


def main(argv: Sequence[str]) -> None:
    """Run `facenext` with these arguments in this process; errors are raised."""
    command, rest = find_command(argv)
    if command is None:
        show_help(rest)
    command.main(rest)


def find_command(argv: Sequence[str]) -> tuple[Command | None, list[str]]:
    """Return the command that is named by the first words, and the rest; None and all words where there is none."""
    for words in (2, 1):
        if command := COMMANDS.get(' '.join(argv[:words])):
            return command, list(argv[words:])
    return None, list(argv)


def show_help(argv: Sequence[str]) -> NoReturn:
    """Print the help, the version, or that there is no such command; end with 0 or 2."""
    if not argv or argv[0].startswith('-'):
        build_parser().parse_args(argv or ['--help'])
        raise AssertionError('argparse ends the process after --help, --version and what it does not know')
    group = argv[0] if argv[0] in GROUPS else ''
    if group and (len(argv) == 1 or argv[1] in ('-h', '--help')):
        print(f'usage: facenext {group} COMMAND ...\n\n{list_commands(group)}\n\n{EPILOG}')
        sys.exit(0)
    name = ' '.join(argv[: 2 if group else 1])
    similar = difflib.get_close_matches(name, COMMANDS, n=1)
    hint = f'did you mean `facenext {similar[0]}`?' if similar else '`facenext --help` lists them'
    build_parser().error(f'there is no command {name!r}; {hint}')


def list_commands(group: str = '') -> str:
    """Return one line for each command, or for those of a group."""
    commands = [command for command in COMMANDS.values() if command.name.startswith(group)]
    width = max(len(command.name) for command in commands)
    return '\n'.join(['commands:', *(f'  {command.name:{width}}  {command.summary}' for command in commands)])


def build_parser() -> argparse.ArgumentParser:
    """Return what `facenext` itself takes, with the list of commands in its help."""
    parser = argparse.ArgumentParser(
        prog='facenext',
        usage='facenext [-h] [--version] COMMAND ...',
        description=f'{DESCRIPTION}\n\n{list_commands()}',
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument('--version', action='version', version=f'mmseg_facenext {__version__}')
    return parser


def build_tree() -> argparse.ArgumentParser:
    """Return all commands with all that they take, for completion."""
    parser = build_parser()
    commands = parser.add_subparsers()
    groups: dict[str, argparse._SubParsersAction] = {}
    for command in COMMANDS.values():
        group, _, name = command.name.rpartition(' ')
        if group and group not in groups:
            groups[group] = commands.add_parser(group, help=f'{group} ...').add_subparsers()
        place = groups[group] if group else commands
        command.module.add_arguments(place.add_parser(name, help=command.summary))
    return parser
