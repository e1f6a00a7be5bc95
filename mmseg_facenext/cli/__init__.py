"""The command `facenext` (`facenext.py`): one module for each of its commands, listed in `command.py`."""
