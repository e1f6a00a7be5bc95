#!/usr/bin/env python
"""`facenext protocols` as a script: see `python tools/evaluate_protocols.py --help`."""

from mmseg_facenext.cli.command import Tool

tool = Tool('protocols')
parse_args, main = tool.parse_args, tool.main

if __name__ == '__main__':
    tool.run()
