"""Check the checksums of a PNG file, which Pillow does not for the pixels.

Format: https://www.w3.org/TR/png-3/#5DataRep
"""

from __future__ import annotations

import zlib

SIGNATURE = b'\x89PNG\r\n\x1a\n'


def damaged_chunk(content: bytes) -> str | None:
    """Return the type ('IDAT') of the first chunk that does not match its checksum, or None.

    A chunk that is cut off counts as damaged; what follows IEND is not part of the image.
    """
    view, start = memoryview(content), len(SIGNATURE)
    while start < len(view):
        length = int.from_bytes(view[start : start + 4], 'big')
        kind, end = bytes(view[start + 4 : start + 8]), start + 8 + length
        checksum = view[end : end + 4]
        if len(checksum) < 4 or zlib.crc32(view[start + 4 : end]) != int.from_bytes(checksum, 'big'):
            return kind.decode('latin-1') or 'IEND'
        if kind == b'IEND':
            return None
        start = end + 4
    return 'IEND'
