#!/usr/bin/env python
"""`facenext migrate` as a script: see `python tools/migrate_config.py --help`."""

from mmseg_facenext.cli.command import Tool

tool = Tool('migrate')
parse_args, main = tool.parse_args, tool.main

if __name__ == '__main__':
    tool.run()
