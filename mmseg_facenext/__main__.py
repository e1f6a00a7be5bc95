"""`python -m mmseg_facenext`, the command `facenext`."""

from .cli.facenext import run

if __name__ == '__main__':
    run()
