#!/usr/bin/env python
"""`facenext confusion` as a script: see `python tools/confusion_matrix.py --help`."""

from mmseg_facenext.cli.command import Tool

tool = Tool('confusion')
parse_args, main = tool.parse_args, tool.main

if __name__ == '__main__':
    tool.run()
