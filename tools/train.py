#!/usr/bin/env python
"""`facenext train` as a script: see `python tools/train.py --help`."""

from mmseg_facenext.cli.command import Tool

tool = Tool('train')
parse_args, main = tool.parse_args, tool.main

if __name__ == '__main__':
    tool.run()
