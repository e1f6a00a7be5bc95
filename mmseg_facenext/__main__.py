"""The command `facenext`, and `python -m mmseg_facenext`."""

import sys


def run() -> None:
    """Run the command that the arguments name, and end the process."""
    try:
        from .cli.facenext import run  # here, so that Ctrl-C meanwhile is one line too

        run()
    except KeyboardInterrupt:
        print('interrupted', file=sys.stderr)
        sys.exit(130)


if __name__ == '__main__':
    run()
