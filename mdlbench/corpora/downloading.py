"""One file over HTTP, going on where an earlier attempt was cut. What arrives is checked by the caller's digests.

urllib of the standard library is enough: one GET with a Range header. A client library would be a dependency of every install.
"""

import http.client
import json
import os
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from mdlbench import __version__
from mdlbench.errors import CorpusError

Progress = Callable[[str, int, int | None], None]  # what is being done, bytes done, bytes in all if that is known

ATTEMPTS = 5
PAUSE = 1.0  # seconds before the second attempt; twice as long before each further one
_TIMEOUT = 30.0  # seconds without a byte
_CHUNK = 1 << 16


class _CutError(Exception):
    """The transfer ended too early; trying again may help."""


@dataclass(frozen=True)
class _Started:
    """What a partial file is part of: without the same validator or length it is not gone on with."""

    url: str
    validator: str | None
    total: int | None


def download(url: str, part: Path, most: int, progress: Progress) -> None:
    """Fetch `url` into the file `part`; if that holds the beginning already, only the rest.

    A server that does not do ranges, or whose file has changed since, is read from the start again. If the transfer stays cut,
    `part` is kept for the next call.

    Args:
        part: beside it, `part` with `.json` appended says what it is part of.
        most: refuse more bytes than this.

    Raises:
        CorpusError: the server refuses, offers too much, or cuts every attempt.
    """
    for attempt in range(ATTEMPTS):
        try:
            _attempt(url, part, most, progress)
            return
        except _CutError as error:
            reason = str(error)
        if attempt + 1 < ATTEMPTS:
            time.sleep(PAUSE * 2**attempt)
    kept = f"{_size(part):,} bytes are kept, run the same command again to go on" if _size(part) else "try again later"
    raise CorpusError(f"{url}: {reason}, {ATTEMPTS} times; {kept}, or give a file with --from")


def discard(part: Path) -> None:
    """Forget a download."""
    part.unlink(missing_ok=True)
    _note(part).unlink(missing_ok=True)


def _attempt(url: str, part: Path, most: int, progress: Progress) -> None:
    started = _read_note(part, url)
    have = _size(part) if started else 0
    if started and have and have == started.total:
        return
    with _open(url, part, have, started) as reply:
        have, total = _begin(reply, url, part, have, started)
        if total is not None and total > most:
            discard(part)
            raise CorpusError(f"{url}: offers {total:,} bytes, but no archive of this corpus has more than {most:,}")
        with open(part, "ab") as sink:
            for data in _pieces(reply):
                sink.write(data)
                have += len(data)
                if have > most:
                    discard(part)
                    raise CorpusError(f"{url}: sends more than {most:,} bytes, the most an archive of this corpus can have")
                progress("fetching", have, total)
    if total is not None and have < total:
        raise _CutError(f"the connection was cut after {have:,} of {total:,} bytes")


def _open(url: str, part: Path, have: int, started: _Started | None) -> http.client.HTTPResponse:
    headers = {"User-Agent": f"mdlbench/{__version__}", "Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
        if started and started.validator:
            headers["If-Range"] = started.validator
    try:
        return urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=_TIMEOUT)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            discard(part)
        elif error.code < 500 and error.code != http.HTTPStatus.TOO_MANY_REQUESTS:
            raise CorpusError(f"{url}: {error.code} {error.reason}; give another address or a file with --from") from None
        raise _CutError(f"the server answers {error.code} {error.reason}") from None
    except (OSError, http.client.HTTPException) as error:
        raise _CutError(_reason(error)) from None


def _begin(
    reply: http.client.HTTPResponse, url: str, part: Path, have: int, started: _Started | None
) -> tuple[int, int | None]:
    """From the reply's head: how many bytes of `part` stay, and how many there will be in all."""
    if have and reply.status == http.HTTPStatus.PARTIAL_CONTENT:
        match = re.fullmatch(r"bytes (\d+)-\d+/(\d+)", reply.headers.get("Content-Range", ""), re.ASCII)
        if match and int(match[1]) == have and started and started.total in (None, int(match[2])):
            return have, int(match[2])
        discard(part)
        raise _CutError("the server's range is not the one asked for")
    discard(part)  # the whole file comes, from its first byte
    length = reply.headers.get("Content-Length")
    total = int(length) if length and length.isascii() and length.isdigit() else None
    etag = reply.headers.get("ETag")
    strong = etag if etag and not etag.startswith("W/") else None
    note = _Started(url, strong or reply.headers.get("Last-Modified"), total)
    part.parent.mkdir(parents=True, exist_ok=True)
    _note(part).write_text(json.dumps(asdict(note)), encoding="utf8")
    return 0, total


def _pieces(reply: http.client.HTTPResponse) -> Iterator[bytes]:
    while True:
        try:
            data = reply.read1(_CHUNK)
        except (OSError, http.client.HTTPException) as error:
            raise _CutError(_reason(error)) from None
        if not data:
            return
        yield data


def _note(part: Path) -> Path:
    return part.with_name(part.name + ".json")


def _read_note(part: Path, url: str) -> _Started | None:
    try:
        started = _Started(**json.loads(_note(part).read_text(encoding="utf8")))
    except (OSError, ValueError, TypeError):
        return None
    return started if started.url == url else None


def _size(path: Path) -> int:
    return os.path.getsize(path) if path.exists() else 0


def _reason(error: Exception) -> str:
    reason = getattr(error, "reason", error)
    return f"{type(reason).__name__}: {reason}" if isinstance(reason, Exception) else str(reason)
