#!/usr/bin/env python
"""`facenext bench` as a script: see `python tools/benchmark.py --help`."""

from mmseg_facenext.cli.command import Tool

tool = Tool('bench')
parse_args, main = tool.parse_args, tool.main

if __name__ == '__main__':
    tool.run()
