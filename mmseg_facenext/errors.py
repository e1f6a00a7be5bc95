"""The one exception that means "the user can fix this"."""

TRACEBACK_SWITCH = 'FACENEXT_TRACEBACK'
"""Environment variable that shows the traceback of a person's mistake, too."""


class UserError(Exception):
    """Something outside the program is wrong: a path, a file, a setting, a full disk.

    The message is one line for a person: what came, what was expected, what to do next. The tools print
    it as `error: <message>` without a traceback and exit with code 1. Anything else that is raised is a
    defect of this package and keeps its traceback.
    """
