#!/usr/bin/env python
"""`facenext test` as a script: see `python tools/test.py --help`."""

from mmseg_facenext.cli.command import Tool

tool = Tool('test')
parse_args, main = tool.parse_args, tool.main

if __name__ == '__main__':
    tool.run()
