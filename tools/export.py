#!/usr/bin/env python
"""`facenext export` as a script: see `python tools/export.py --help`."""

from mmseg_facenext.cli.command import Tool

tool = Tool('export')
parse_args, main = tool.parse_args, tool.main

if __name__ == '__main__':
    tool.run()
