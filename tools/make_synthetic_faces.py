#!/usr/bin/env python
"""`facenext data synthetic` as a script: see `python tools/make_synthetic_faces.py --help`."""

from mmseg_facenext.cli.command import Tool

tool = Tool('data synthetic')
parse_args, main = tool.parse_args, tool.main

if __name__ == '__main__':
    tool.run()
