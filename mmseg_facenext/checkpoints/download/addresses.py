"""From the address that a person has to the request that gives the file."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from urllib.parse import unquote

_HUB = re.compile(r'https://(?:huggingface\.co|hf\.co)/([^/?#]+/[^/?#]+)/(?:resolve|blob)/([^/?#]+)/([^?#]+)')
_DRIVE = re.compile(
    r'https://(?:drive|docs)\.google\.com/(?:file/d/|uc\?(?:export=download&)?id=|open\?id=)([\w-]{20,})'
)
_DRIVE_FILE = 'https://drive.usercontent.google.com/download?id={}&export=download&confirm=t'
_OFFLINE_HUB = 'HF_HUB_OFFLINE'


@dataclass(frozen=True)
class Request:
    """An address with the headers that it needs."""

    url: str
    headers: dict[str, str] = field(default_factory=dict)


def request_for(address: str) -> Request:
    """Return how to ask for the file behind `address`.

    Files on Hugging Face are asked for as `huggingface_hub` does: from its mirror (HF_ENDPOINT), with the login of
    this machine. Pages that show a file of Hugging Face or Google Drive stand for the file.
    """
    if match := _HUB.match(address):
        from huggingface_hub import constants, get_token, hf_hub_url  # takes a second to import

        repository, revision, file = (unquote(part) for part in match.groups())
        endpoint = os.environ.get('HF_ENDPOINT', '').rstrip('/') or None
        url = hf_hub_url(repository, file, revision=revision, endpoint=endpoint)
        token = None if constants.HF_HUB_DISABLE_IMPLICIT_TOKEN else get_token()
        return Request(url, {'Authorization': f'Bearer {token}'} if token else {})
    if match := _DRIVE.match(address):
        return Request(_DRIVE_FILE.format(match[1]))
    return Request(address)


def is_hub_offline(address: str) -> bool:
    """Tell whether huggingface_hub's own switch forbids to ask for this address."""
    switch = os.environ.get(_OFFLINE_HUB, '').upper()
    return bool(_HUB.match(address)) and switch in ('1', 'ON', 'YES', 'TRUE')
