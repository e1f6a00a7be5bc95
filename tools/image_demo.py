#!/usr/bin/env python
"""`facenext parse` as a script: see `python tools/image_demo.py --help`."""

from mmseg_facenext.cli.command import Tool

tool = Tool('parse')
parse_args, main = tool.parse_args, tool.main

if __name__ == '__main__':
    tool.run()
