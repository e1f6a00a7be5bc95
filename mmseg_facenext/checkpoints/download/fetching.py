"""A file of the web in the cache: from there if it is there, else downloaded, verified and then given its name."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import filelock

from ...errors import UserError
from ...utils.atomic import atomic_path
from .addresses import is_hub_offline, request_for
from .beginnings import message_in
from .cache import CACHE, LOCKS, OFFLINE, Source, cache_folder, is_offline, without_login

logger = logging.getLogger(__name__)

_SECONDS_BEFORE_SAYING_SO = 5
_DIGITS = 12  # of a hash in a message


class DownloadError(UserError):
    """A file is not in the cache and cannot be downloaded."""


def in_cache(source: Source) -> bool:
    """Tell whether the file is in the cache, complete and as it was when it was verified."""
    return _is_as_recorded(source)


def fetch(source: Source) -> Path:
    """Return the path of the file in the cache. It is downloaded if it is not there.

    Of several processes that ask at once one downloads; the others wait for it. A file that somebody put there by
    hand is verified and used. A hash that nobody documents is recorded beside the file at its first use, and what is
    downloaded later must have it.

    Raises:
        DownloadError: it is not there and cannot be downloaded.
        UserError: what is in the cache is another file, or the cache cannot be written.
    """
    if _is_as_recorded(source):
        return source.file
    if os.path.isfile(source.file) and not os.access(
        source.file.parent, os.W_OK
    ):  # a shared cache, for reading
        _verify_present(source)
        return source.file
    with _lock(source):
        if _is_as_recorded(source):
            return source.file
        digest = _verify_present(source) if os.path.isfile(source.file) else _download(source)
        new = not _record_file(source).exists()
        _record(source, digest)
    if new and source.terms:
        logger.warning('%s', source.terms)
    return source.file


def _download(source: Source) -> str:
    """Return the SHA-256 of the file, which is then in its place.

    Raises:
        DownloadError: it cannot be downloaded; what came stays beside it for the next attempt.
        UserError: another file came, or the disk is full; then nothing stays.
    """
    if not source.addresses:
        raise DownloadError(f'{source.name} is at no address that a program knows: {_by_hand(source)}')
    shown = [without_login(address) for address in source.addresses]
    if is_offline():
        raise DownloadError(
            f'{source.name} is not in the cache, and {OFFLINE} (--offline) is set: download {shown[0]} by hand to '
            f'{source.file}'
        )
    from .answers import TransferError  # here, because most runs need neither it nor the web

    reasons = []
    for address in source.addresses:
        if is_hub_offline(address):
            reasons.append('HF_HUB_OFFLINE is set')
            continue
        try:
            return _download_from(address, source)
        except TransferError as error:
            reasons.append(str(error))
    more = ''.join(f'; {address}: {reason}' for address, reason in zip(shown[1:], reasons[1:], strict=True))
    what = '' if source.name in shown else f'{source.name} from '
    raise DownloadError(f'cannot download {what}{shown[0]} ({reasons[0]}{more}): {_by_hand(source)}')


def _by_hand(source: Source) -> str:
    where = f' ({source.page})' if source.page != source.name else ''
    return f'download it by hand{where} to {source.file}'


def _download_from(address: str, source: Source) -> str:
    from .answers import TransferError
    from .transfer import discard, transfer

    part = source.file.with_name(f'{source.file.name}.part')
    resumed = part.exists()
    try:
        promised = transfer(request_for(address), part, source.bytes, source.file.name)
        if not part.stat().st_size:
            discard(part)
            raise TransferError('an empty file came')
        digest = _hash(part)
        wanted = source.sha256 or promised or ''
        if not digest.startswith(wanted):
            discard(part)
            rest = '; its beginning was of an earlier attempt: run this again' if resumed else ''
            raise TransferError(
                f'the file that came has another SHA-256 ({_pair(digest, wanted)}) and was deleted{rest}'
            )
        recorded = _recorded(source).get('sha256', digest)
        if digest != recorded:
            discard(part)
            raise UserError(
                f'{without_login(address)} gives another file than at its first download '
                f'({_pair(digest, recorded)}); it was deleted. '
                f'If the new one is right, delete {_record_file(source)}'
            )
        os.replace(part, source.file)
    except OSError as error:
        discard(part)
        raise UserError(f'cannot write {part} ({error.strerror or error}): {_other_folder()}') from error
    return digest


def _verify_present(source: Source) -> str:
    """Return the SHA-256 of the file that is there.

    Raises:
        UserError: it is not that of the file that was published, or that was here before.
    """
    with source.file.open('rb') as stream:
        if kind := message_in(stream.read(64)):
            raise UserError(f'{source.file} is {kind} instead of the file {source.name}: put that there')
    digest = _hash(source.file)
    if not digest.startswith(source.sha256 or ''):
        raise UserError(
            f'{source.file} is not the file published as {source.name}: another SHA-256 '
            f'({_pair(digest, source.sha256 or "")}); delete it, and it is downloaded again'
        )
    if digest != (recorded := _recorded(source).get('sha256', digest)):
        raise UserError(
            f'{source.file} has changed since it was downloaded ({_pair(digest, recorded)}); delete it, and it is '
            f'downloaded again. If the change is right, delete {_record_file(source)}'
        )
    return digest


def _pair(found: str, wanted: str) -> str:
    return f'{found[:_DIGITS]}..., expected {wanted[:_DIGITS]}...'


def _hash(file: Path) -> str:
    digest = sha256()
    with file.open('rb') as stream:
        while chunk := stream.read(2**20):
            digest.update(chunk)
    return digest.hexdigest()


def _record_file(source: Source) -> Path:
    return source.file.with_name(f'{source.file.name}.json')


def _recorded(source: Source) -> dict[str, Any]:
    """Return what was noted of the file; nothing where there is no note, or a damaged one."""
    try:
        noted = json.loads(_record_file(source).read_text())
    except (OSError, ValueError):
        return {}
    return noted if isinstance(noted, dict) and isinstance(noted.get('sha256'), str) else {}


def _is_as_recorded(source: Source) -> bool:
    noted = _recorded(source)
    if not noted or not os.path.isfile(source.file) or not noted['sha256'].startswith(source.sha256 or ''):
        return False
    found = source.file.stat()
    return (noted.get('bytes'), noted.get('mtime_ns')) == (found.st_size, found.st_mtime_ns)


def _record(source: Source, digest: str) -> None:
    found = source.file.stat()
    note = {
        'name': source.name,
        'addresses': [without_login(address) for address in source.addresses],
        'sha256': digest,
        'bytes': found.st_size,
        'mtime_ns': found.st_mtime_ns,
        'verified': date.today().isoformat(),
        'documented': source.sha256 is not None,
    }
    try:
        with atomic_path(_record_file(source)) as temporary:
            temporary.write_text(json.dumps(note, indent=1) + '\n')
    except OSError as error:
        raise UserError(
            f'cannot write {_record_file(source)} ({error.strerror}): {_other_folder()}'
        ) from error


@contextmanager
def _lock(source: Source) -> Iterator[None]:
    """One process at a time; the kernel opens the lock of one that was killed."""
    path = cache_folder() / LOCKS / f'{sha256(bytes(source.file)).hexdigest()[:16]}.lock'
    lock: filelock.BaseFileLock = filelock.FileLock(path, mode=0o664)
    try:
        for folder in (path.parent, source.file.parent):
            folder.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire(timeout=_SECONDS_BEFORE_SAYING_SO)
        except filelock.Timeout:
            logger.warning('waiting for another process, which is downloading %s', source.name)
            lock.acquire()
        except NotImplementedError:  # a file system without locks
            lock = filelock.SoftFileLock(path)
            lock.acquire()
    except OSError as error:
        raise UserError(
            f'the cache folder {cache_folder()} cannot be written ({error.strerror or error}): {_other_folder()}'
        ) from error
    try:
        yield
    finally:
        lock.release()


def _other_folder() -> str:
    return f'{CACHE} chooses another folder'
