"""The exceptions that a person sees as one line."""

TRACEBACK_SWITCH = 'FACENEXT_TRACEBACK'
"""Environment variable that shows the traceback of a person's mistake, too."""


class UserError(Exception):
    """Something outside the program is wrong: a path, a file, a setting, a full disk.

    The message is one line for a person: what came, what was expected, what to do next. The tools print
    it as `error: <message>` without a traceback and exit with code 1. Anything else that is raised is a
    defect of this package and keeps its traceback.
    """


STOPPED = 75
"""Exit code of a training that SIGTERM or SIGUSR1 stopped and that is saved: `EX_TEMPFAIL` of sysexits.h."""
INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells report SIGINT."""


class Stopped(SystemExit):
    """A signal stopped the training, which is saved. Nobody needs to mend anything, and no traceback is shown.

    Args:
        message: where it stands and how it goes on, one line.
        code: of the process, `STOPPED` or `INTERRUPTED`.
    """

    def __init__(self, message: str, code: int):
        super().__init__(code)
        self.message, self.exit_code = message, code

    def __str__(self) -> str:
        return self.message
