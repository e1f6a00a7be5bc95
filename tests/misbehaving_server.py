"""An HTTP server on the loopback interface that misbehaves as it is told, and remembers what it was asked."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType


@dataclass
class Answer:
    """What is sent for a path.

    Attributes:
        body: all of it.
        status: of the answer; a part of 200 is sent as 206.
        headers: more of them.
        cuts: the connection is closed after so many bytes of the first answers, one number for each.
        ranges: whether a part can be asked for.
        tag: the version of the file, an ETag.
        gate: nothing is sent before it is set.
    """

    body: bytes = b''
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cuts: list[int] = field(default_factory=list)
    ranges: bool = True
    tag: str = ''
    gate: threading.Event | None = None


class MisbehavingServer:
    """Serves `answers`, by path with its query; use it in a `with` block.

    Attributes:
        url: its address, without a slash at the end.
        answers: path to answer.
        asked: (path, header Range or None) of each request, in their order. A proxy is asked whole addresses.
        headers: of each request.
    """

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.asked: list[tuple[str, str | None]] = []
        self.headers: list[dict[str, str]] = []
        self._server = ThreadingHTTPServer(('127.0.0.1', 0), self._handler())
        self._server.daemon_threads = True
        self.url = f'http://127.0.0.1:{self._server.server_port}'

    def __enter__(self) -> MisbehavingServer:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        here = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'

            def do_GET(self) -> None:
                here.asked.append((self.path, self.headers['Range']))
                here.headers.append(dict(self.headers))
                here._send(self)

            do_HEAD = do_GET

            def log_message(self, *args: object) -> None:
                """Quiet."""

        return Handler

    def _send(self, to: BaseHTTPRequestHandler) -> None:
        answer = self.answers.get(to.path, Answer(b'no such file', 404))
        if answer.gate is not None:
            answer.gate.wait(30)
        body, status, extra = answer.body, answer.status, {}
        asked = re.fullmatch(r'bytes=(\d+)-', to.headers['Range'] or '')
        same = not to.headers['If-Range'] or to.headers['If-Range'] == answer.tag
        if asked and answer.ranges and status == 200 and same:
            start = int(asked[1])
            if start >= len(body):
                body, status, extra = b'', 416, {'Content-Range': f'bytes */{len(body)}'}
            else:
                extra = {'Content-Range': f'bytes {start}-{len(body) - 1}/{len(body)}'}
                body, status = body[start:], 206
        to.send_response(status)
        headers = {'Content-Length': str(len(body)), **({'ETag': answer.tag} if answer.tag else {}), **extra}
        for name, value in {**headers, **answer.headers}.items():
            to.send_header(name, value)
        to.end_headers()
        if to.command == 'HEAD':
            return
        if answer.cuts:
            to.wfile.write(body[: answer.cuts.pop(0)])
            to.close_connection = True
        else:
            to.wfile.write(body)
