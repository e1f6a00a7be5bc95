"""Write files so that they appear complete or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4


@contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """Yield a temporary name beside `path` to write to; on success it takes the place of `path`.

    Missing folders are made. The name is unique, so that several processes may write the same file. If the
    block raises, the temporary file is removed and an earlier `path` stays as it was.

    Raises:
        OSError: with `path` as its file name, whichever library it came from.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f'.{path.stem}.{uuid4().hex}{path.suffix}')
    try:
        yield temporary
        os.replace(temporary, path)
    except OSError as error:
        if error.filename in (
            None,
            str(temporary),
        ):  # writing gives no name, opening and renaming a strange one
            error.filename, error.filename2 = str(path), None
        raise
    finally:
        if temporary.exists():  # asking first, because a read-only disk refuses to remove what is not there
            temporary.unlink()
