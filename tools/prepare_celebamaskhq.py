#!/usr/bin/env python
"""`facenext data prepare` as a script: see `python tools/prepare_celebamaskhq.py --help`."""

from mmseg_facenext.cli.command import Tool

tool = Tool('data prepare')
parse_args, main = tool.parse_args, tool.main

if __name__ == '__main__':
    tool.run()
