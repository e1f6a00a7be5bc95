#!/usr/bin/env python
"""`facenext logs` as a script: see `python tools/analyze_logs.py --help`."""

from mmseg_facenext.cli.command import Tool

tool = Tool('logs')
parse_args, main = tool.parse_args, tool.main

if __name__ == '__main__':
    tool.run()
