"""Files that are no weights, by their first bytes."""

from __future__ import annotations

_MESSAGES = {
    b'<!doctype': 'a web page',
    b'<html': 'a web page',
    b'<?xml': 'an XML message',
    b'{"': 'a JSON message',
    b'version https://git-lfs': 'a Git LFS pointer',
}


def message_in(first: bytes) -> str | None:
    """Return what a file is that begins so, if it is a message for people or programs; weights never begin like one."""
    beginning = first[:64].lstrip(b'\xef\xbb\xbf \t\r\n').lower()
    return next((kind for start, kind in _MESSAGES.items() if beginning.startswith(start)), None)
