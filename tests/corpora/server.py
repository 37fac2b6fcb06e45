"""A real HTTP server on this machine that cuts connections, forgets ranges and changes its mind, as told."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Behaviour:
    """What the server does.

    Attributes:
        files: path to content.
        ranges: whether it honours Range at all.
        etag: sent, and compared with If-Range; None sends none.
        cuts: after how many bytes of the body each successive reply is cut; replies beyond the list are whole.
        status: answered instead of 200 by the first replies, one each.
        shift: added to the first byte that Content-Range claims.
        length: whether Content-Length is sent.
        stall: whether a cut reply is left open instead, until this is put back.
    """

    files: dict[str, bytes]
    ranges: bool = True
    etag: str | None = '"one"'
    cuts: list[int] = field(default_factory=list)
    status: list[int] = field(default_factory=list)
    shift: int = 0
    length: bool = True
    stall: bool = False
    address: str = ""
    requests: list[tuple[str, str | None, str | None]] = field(default_factory=list)  # path, Range, If-Range


@contextmanager
def serving(behaviour: Behaviour) -> Iterator[Behaviour]:
    """Serve until the block ends; `behaviour.address` is the root."""
    handler = type("Handler", (_Handler,), {"behaviour": behaviour})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    behaviour.address = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield behaviour
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    behaviour: Behaviour

    def log_message(self, format: str, *args: object) -> None:
        """Keep the test's output clean."""

    def do_GET(self) -> None:
        known = self.behaviour
        asked, condition = self.headers.get("Range"), self.headers.get("If-Range")
        known.requests.append((self.path, asked, condition))
        content = known.files.get(self.path)
        status = known.status.pop(0) if known.status else 404 if content is None else 200
        if status != 200 or content is None:
            self.send_error(status)
            return
        start = 0
        if asked and known.ranges and condition in (None, known.etag):
            start = int(asked.removeprefix("bytes=").removesuffix("-"))
            if start >= len(content):
                self.send_error(416)
                return
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start + known.shift}-{len(content) - 1}/{len(content)}")
        if known.etag:
            self.send_header("ETag", known.etag)
        if known.length:
            self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        body = content[start:]
        self.wfile.write(body[: known.cuts.pop(0)] if known.cuts else body)
        while known.stall:
            time.sleep(0.01)
