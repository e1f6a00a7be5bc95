#!/usr/bin/env python
"""`facenext browse` as a script: see `python tools/browse_dataset.py --help`."""

from mmseg_facenext.cli.command import Tool

tool = Tool('browse')
parse_args, main = tool.parse_args, tool.main

if __name__ == '__main__':
    tool.run()
