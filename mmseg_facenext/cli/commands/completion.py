"""Print what makes a shell complete `facenext`: its commands, options and configs.

    facenext completion bash >> ~/.bashrc
    facenext completion zsh >> ~/.zshrc
    facenext completion fish > ~/.config/fish/completions/facenext.fish

A new shell then completes with the Tab key.
"""

from __future__ import annotations

import argparse

SHELLS = ('bash', 'zsh', 'fish', 'powershell')


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('shell', choices=SHELLS)


def main(args: argparse.Namespace) -> None:
    import argcomplete

    print(argcomplete.shellcode(['facenext'], shell=args.shell))
