"""One file from the web to the disk, by requests; a transfer that was cut goes on where it stopped."""

from __future__ import annotations

import re
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests
import urllib3
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from .addresses import Request
from .answers import TransferError, cause_of, kind_of_message, promised_hash, reason_of, refusal, title_of
from .cache import without_login

CHUNK = 2**20
TIMEOUT = (15, 60)  # seconds to connect, and without a byte
WAITS = (0.5, 3.0)  # seconds before a new attempt, as long as attempts bring nothing new
SECONDS_WITHOUT_A_WORD = 5
_RANGE = re.compile(r'bytes (\d+)-\d+/(\d+|\*)')


def transfer(request: Request, part: Path, expected: int | None, label: str) -> str | None:
    """Get the rest of a file into `part`, which may hold its beginning; return the SHA-256 that the server says.

    Args:
        expected: size of the whole file, if it is known; another size at the server is an error.
        label: before the progress bar.

    Raises:
        TransferError: it did not come. What came stays in `part`, unless it is of no use.
        OSError: `part` cannot be written; it is removed.
    """
    failures = 0
    with (
        requests.Session() as session,
        _progress() as progress,
        _said_when_slow(progress.console, request.url),
    ):
        task = progress.add_task(label, total=expected)
        while True:
            before = _size(part)
            try:
                return _attempt(session, request, part, expected, progress, task)
            except TransferError as error:
                failures = failures + 1 if _size(part) <= before else 1
                if not error.transient or failures > len(WAITS):
                    raise
                time.sleep(WAITS[failures - 1])


def _attempt(
    session: requests.Session,
    request: Request,
    part: Path,
    expected: int | None,
    progress: Progress,
    task: TaskID,
) -> str | None:
    start, tag = _size(part), _tag_of(part)
    headers = {**request.headers, 'Accept-Encoding': 'identity'}
    if start:
        headers['Range'] = f'bytes={start}-'
        if tag.exists():  # the server then sends another version of the file from its beginning
            headers['If-Range'] = tag.read_text()
    with _answer(session, request.url, headers) as response:
        if response.status_code == 416:  # nothing is left to send, or the beginning is another file's
            if start == expected or response.headers.get('Content-Range') == f'bytes */{start}':
                return None
            discard(part)
            raise TransferError('the beginning that lay here was of another file', transient=True)
        if response.status_code not in (200, 206):
            raise refusal(response)
        content = _chunks(response)
        first = next(content, b'')
        start, total = _span(response, start, part)
        if start == 0 and (kind := kind_of_message(response, first)):
            raise TransferError(f'{kind} came instead of the file{title_of(first)}')
        if expected is not None and total is not None and total != expected:
            discard(part)
            raise TransferError(f'the file there has {total} bytes, expected {expected}')
        _check_space(part, start, total)
        progress.update(task, total=total or expected, completed=start)
        _remember(tag, response)
        received = start + _write(part, start, first, content, progress, task)
        whole = expected if total is None else total
        if whole is not None and received != whole:
            if received > whole:
                discard(part)
            raise TransferError(f'the transfer was cut after {received} of {whole} bytes', transient=True)
        tag.unlink(missing_ok=True)
        return promised_hash(response)


def _answer(session: requests.Session, url: str, headers: dict[str, str]) -> requests.Response:
    try:
        return session.get(url, headers=headers, stream=True, timeout=TIMEOUT)
    except requests.exceptions.RequestException as error:
        raise TransferError(reason_of(error, url)) from error


def _chunks(response: requests.Response) -> Iterator[bytes]:
    # requests' own iterator decodes, and loses the bytes before a cut that do not fill a chunk.
    content = response.iter_content(CHUNK) if _is_packed(response) else response.raw.stream(CHUNK, False)
    try:
        yield from content
    except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError) as error:
        # cut by either side, or silent for too long
        raise TransferError(f'the transfer was cut: {cause_of(error)}', transient=True) from error


def _is_packed(response: requests.Response) -> bool:
    """Tell whether the server compresses, which it was asked not to do: the sizes that it says are then of no use."""
    return response.headers.get('Content-Encoding', 'identity') != 'identity'


def _span(response: requests.Response, start: int, part: Path) -> tuple[int, int | None]:
    """Return where the bytes of this answer begin, and the size of the whole file if the server says."""
    length = response.headers.get('Content-Length', '')
    if response.status_code == 200:
        return 0, int(length) if length.isdigit() and not _is_packed(response) else None
    match = _RANGE.fullmatch(response.headers.get('Content-Range', ''))
    if match is None or int(match[1]) != start:
        discard(part)
        raise TransferError('the server sent another part of the file than asked for', transient=True)
    return start, int(match[2]) if match[2] != '*' else None


def _write(
    part: Path, start: int, first: bytes, content: Iterator[bytes], progress: Progress, task: TaskID
) -> int:
    """Number of bytes written from `start` on."""
    written = 0
    try:
        with part.open('r+b' if start else 'wb') as stream:
            stream.seek(start)
            stream.truncate()
            chunk: bytes | None = first
            while chunk is not None:
                stream.write(chunk)
                written += len(chunk)
                progress.update(task, advance=len(chunk))
                chunk = next(content, None)
    except OSError:  # a full disk: what is there would fill it for good
        discard(part)
        raise
    return written


def _check_space(part: Path, start: int, total: int | None) -> None:
    free = shutil.disk_usage(part.parent).free
    if total is not None and total - start > free:
        raise TransferError(
            f'{total - start} bytes are to come and the disk of {part.parent} has {free} left: free some space, or '
            'choose another folder by FACENEXT_CACHE'
        )


def _remember(tag: Path, response: requests.Response) -> None:
    """Which version of the file this is, for the request that goes on with it."""
    version = response.headers.get('ETag') or response.headers.get('Last-Modified', '')
    if version and not version.startswith('W/'):
        tag.write_text(version)
    else:
        tag.unlink(missing_ok=True)


def _progress() -> Progress:
    columns = (
        TextColumn('{task.description}'),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=Console(stderr=True), transient=True)


@contextmanager
def _said_when_slow(console: Console, url: str) -> Iterator[None]:
    """A line in a log, which has no progress bar."""
    words = f'downloading {without_login(url)}'
    timer = threading.Timer(
        SECONDS_WITHOUT_A_WORD, console.print, [words], dict(soft_wrap=True, markup=False)
    )
    timer.daemon = True
    if not console.is_terminal:
        timer.start()
    try:
        yield
    finally:
        timer.cancel()


def discard(part: Path) -> None:
    """Remove what came of a file, and what was noted of it."""
    part.unlink(missing_ok=True)
    _tag_of(part).unlink(missing_ok=True)


def _tag_of(part: Path) -> Path:
    return part.with_name(f'{part.name}.etag')


def _size(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0
