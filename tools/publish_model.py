#!/usr/bin/env python
"""`facenext publish` as a script: see `python tools/publish_model.py --help`."""

from mmseg_facenext.cli.command import Tool

tool = Tool('publish')
parse_args, main = tool.parse_args, tool.main

if __name__ == '__main__':
    tool.run()
