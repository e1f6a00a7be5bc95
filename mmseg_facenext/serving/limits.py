"""How much a server takes at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

RETRY_AFTER = 2  # seconds


class Refusal(Exception):
    """A request that is answered with an HTTP status and one sentence for people."""

    def __init__(self, status: int, sentence: str, retry_after: int | None = None) -> None:
        super().__init__(sentence)
        self.status = status
        self.retry_after = retry_after


FULL = Refusal(503, 'the server has enough to do; come again in a moment', RETRY_AFTER)


@dataclass(frozen=True)
class Limits:
    """What a server refuses.

    Attributes:
        bytes: of one upload.
        pixels: of one photo.
        queue: requests that are read, wait or are parsed at the same time; further ones are told to come again.
        queue_bytes: of all their uploads together.
        seconds: in which an upload must have arrived.
        workers: photos that are parsed at the same time.
    """

    bytes: int = 25_000_000
    pixels: int = 50_000_000
    queue: int = 256
    queue_bytes: int = 1_000_000_000
    seconds: float = 60.0
    workers: int = 2


class Queue:
    """The requests inside a server; used by one event loop."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.working = asyncio.Semaphore(limits.workers)
        self.requests = 0
        self.bytes = 0

    @asynccontextmanager
    async def place(self) -> AsyncIterator[Place]:
        """Hold a place in the queue.

        Raises:
            Refusal: 503, there is none.
        """
        if self.requests >= self.limits.queue:
            raise FULL
        place = Place(self)
        self.requests += 1
        try:
            yield place
        finally:
            self.requests -= 1
            self.bytes -= place.bytes


class Place:
    """One request in the queue.

    Attributes:
        bytes: what it holds in memory of its upload.
    """

    def __init__(self, queue: Queue) -> None:
        self.queue = queue
        self.bytes = 0

    async def read(self, chunks: AsyncIterator[bytes], patient: bool) -> bytes:
        """Return an upload.

        Args:
            patient: read an upload that is too large on, up to ten times the limit, and throw it away: most clients
                look at an answer only when they have sent all.

        Raises:
            Refusal: 408, it took too long; 413, it is too large; 503, there is no memory left for it.
        """
        limits = self.queue.limits
        try:
            content, length = await asyncio.wait_for(self._read(chunks, patient), limits.seconds)
        except asyncio.TimeoutError:
            raise Refusal(408, f'the upload took longer than {limits.seconds:g} seconds') from None
        if length > limits.bytes:
            raise Refusal(413, f'the upload is larger than {limits.bytes / 1e6:g} MB; send a smaller photo')
        return content

    async def _read(self, chunks: AsyncIterator[bytes], patient: bool) -> tuple[bytes, int]:
        """Return the content, unless it is too large, and its length as far as it was read."""
        limits = self.queue.limits
        content, length = bytearray(), 0
        async for chunk in chunks:
            length += len(chunk)
            if length > limits.bytes * (10 if patient else 1):
                break
            if length <= limits.bytes:
                if self.queue.bytes + len(chunk) > limits.queue_bytes:
                    raise FULL
                self.queue.bytes += len(chunk)
                self.bytes += len(chunk)
                content += chunk
        return bytes(content), length
