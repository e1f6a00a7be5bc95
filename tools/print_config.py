#!/usr/bin/env python
"""`facenext config` as a script: see `python tools/print_config.py --help`."""

from mmseg_facenext.cli.command import Tool

tool = Tool('config')
parse_args, main = tool.parse_args, tool.main

if __name__ == '__main__':
    tool.run()
