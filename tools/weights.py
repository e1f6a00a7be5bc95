#!/usr/bin/env python
"""`facenext weights` as a script: see `python tools/weights.py --help`."""

from mmseg_facenext.cli.command import Tool

tool = Tool('weights')
parse_args, main = tool.parse_args, tool.main

if __name__ == '__main__':
    tool.run()
