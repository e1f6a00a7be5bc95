"""What servers say, in words for a person."""

from __future__ import annotations

import re
from contextlib import suppress
from html import unescape
from urllib.parse import urlsplit

import requests

from .beginnings import message_in

_TRANSIENT = (408, 425, 429, 500, 502, 503, 504)
_PEEK = 4096
_BINARY = (b'PK', b'\x80')  # what torch writes
_MEANINGS = {
    401: 'a login is needed',
    403: 'access is refused',
    404: 'there is no such file',
    407: 'the proxy wants a login',
    410: 'the file was removed',
    429: 'too many requests: try again later',
}


class TransferError(Exception):
    """Why a file did not come, in words for a person; `transient`: another attempt may help."""

    def __init__(self, reason: str, transient: bool = False) -> None:
        super().__init__(reason)
        self.transient = transient


def reason_of(error: requests.exceptions.RequestException, url: str) -> str:
    """Why a server cannot be asked, with what a person can do."""
    if isinstance(error, requests.exceptions.ProxyError):
        proxy = str(requests.utils.select_proxy(url, requests.utils.get_environ_proxies(url)))
        where = urlsplit(proxy if '://' in proxy else f'//{proxy}')  # without a password
        return (
            f'the proxy {where.hostname}:{where.port} cannot be used ({cause_of(error)}): check HTTP_PROXY, '
            'HTTPS_PROXY and NO_PROXY'
        )
    if isinstance(error, requests.exceptions.SSLError):
        return f'the certificate is not trusted ({cause_of(error)}): REQUESTS_CA_BUNDLE names a file of those to trust'
    if isinstance(error, requests.exceptions.Timeout):
        return 'the server does not answer'
    if isinstance(error, requests.exceptions.ConnectionError):
        return f'no connection: {cause_of(error)}'
    return _one_line(error)  # an address that is none, endless redirects, ...


def refusal(response: requests.Response) -> TransferError:
    """Return what an answer that is no file says."""
    status = response.status_code
    meaning = _MEANINGS.get(status, response.reason or 'no reason given')
    page = ''
    if kind_of_message(response, b''):
        with suppress(requests.exceptions.RequestException):  # its title is welcome, not needed
            page = title_of(next(response.iter_content(_PEEK), b''))
    return TransferError(f'the server answers {status}, {meaning}{page}', transient=status in _TRANSIENT)


def kind_of_message(response: requests.Response, first: bytes) -> str | None:
    """Return what came if it is a message for people or programs; `first` are its first bytes."""
    html = response.headers.get('Content-Type', '').startswith(('text/html', 'application/xhtml'))
    return message_in(first) or ('a web page' if html and not first.startswith(_BINARY) else None)


def title_of(page: bytes) -> str:
    """Return the title of a web page, to be added to a sentence, and what Google Drive says of its quota."""
    text = page[:_PEEK].decode('utf-8', 'replace')
    match = re.search(r'<title[^>]*>(.*?)</title>', text, re.IGNORECASE | re.DOTALL)
    title = _one_line(unescape(match[1])) if match else ''
    quota = ', whose quota of downloads is used up: try again tomorrow' if 'quota' in text.lower() else ''
    return (f' ("{title}")' if title else '') + quota


def promised_hash(response: requests.Response) -> str | None:
    """Return what Hugging Face says of large files: the SHA-256, in the answer that redirects to them."""
    for answer in (*response.history, response):
        tag = answer.headers.get('X-Linked-Etag', '').strip('"')
        if re.fullmatch('[0-9a-f]{64}', tag):
            return tag
    return None


def cause_of(error: BaseException) -> str:
    """Return the innermost reason of a chain, which is the system's: requests wraps urllib3's, which wraps that."""
    seen = error
    while True:
        inner = getattr(seen, 'reason', None) or seen.__cause__ or seen.__context__
        inner = inner or next((part for part in seen.args if isinstance(part, BaseException)), None)
        if not isinstance(inner, BaseException):
            break
        seen = inner
    text = seen.strerror if isinstance(seen, OSError) and seen.strerror else str(seen) or type(seen).__name__
    return _one_line(text)


def _one_line(text: object) -> str:
    return ' '.join(str(text).split())
