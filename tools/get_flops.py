#!/usr/bin/env python
"""`facenext flops` as a script: see `python tools/get_flops.py --help`."""

from mmseg_facenext.cli.command import Tool

tool = Tool('flops')
parse_args, main = tool.parse_args, tool.main

if __name__ == '__main__':
    tool.run()
