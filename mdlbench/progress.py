"""How far work has come, also within a block: whoever works says it here, and whoever waits for it is told.

    with telling(progress):        progress(n) is called with every n bytes more that are done in this, by the thread that waits
        with part(n_bytes):        what is done within stands for so many bytes
            with part(0.5):        and within that, for half of them
                for step in steps(n)        n equal steps of it
                for item in each(items)     a part for each item, by its size
                watch(count, n)             count[0], of a list, or of an array that a compiled kernel writes, goes from 0 to n

Saying it costs an assignment a step. Telling is up to `workers`, which runs work in a thread of its own, or in processes, and
looks `EVERY` so often what it has said.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol, TypeVar

Progress = Callable[[int], object]  # told how many more original bytes are done
Item = TypeVar("Item")

EVERY = 0.2  # seconds


def no_progress(n_bytes: int) -> None:
    """Tell nobody."""


class Count(Protocol):
    """A list or an array of one number."""

    def __getitem__(self, place: int, /) -> int: ...


class Meter:
    """How much is done, said by one thread at a time and read by any."""

    def __init__(self, progress: Progress = no_progress) -> None:
        self._progress, self._told = progress, 0
        self._begin, self._scale = 0.0, 1.0  # of the innermost part, in bytes
        self._now: tuple[float, float, Count] = (0.0, 0.0, (0,))  # replaced whole, so that it is read whole

    @contextmanager
    def part(self, share: float) -> Iterator[None]:
        """What is done within is this share of the part around it; bytes, if there is none."""
        begin, scale = self._begin, self._scale
        self._scale = scale * share
        try:
            yield
            begin += scale * share
        finally:
            self._scale = scale
            self.set(begin)

    def set(self, done: float) -> None:
        """So much is done."""
        self._begin, self._now = done, (done, 0.0, (0,))

    def adding(self, share: float) -> Progress:
        """A `Progress` that tells of this share of each byte."""

        def add(n_bytes: int) -> None:
            self.set(self._begin + share * n_bytes)
            self.tell()

        return add

    def watch(self, count: Count, total: int) -> None:
        """The innermost part is done when `count[0]` is `total`."""
        self._now = (self._begin, self._scale / max(total, 1), count)

    def tell(self) -> None:
        """Tell of the whole bytes that are done and were not told of."""
        begin, each, count = self._now
        more = int(begin + each * count[0]) - self._told
        if more > 0:
            self._told += more
            self._progress(more)


class _Here(threading.local):
    meter: Meter | None = None


_here = _Here()


def current() -> Meter | None:
    """What this thread's work is measured with; None if nobody wants to know."""
    return _here.meter


@contextmanager
def measured(meter: Meter | None) -> Iterator[None]:
    """Measure what this thread does within."""
    before = _here.meter
    _here.meter = meter
    try:
        yield
    finally:
        _here.meter = before


@contextmanager
def telling(progress: Progress) -> Iterator[None]:
    """Call `progress` while the work within is done, and once it is."""
    meter = Meter(progress)
    with measured(meter):
        yield
    meter.tell()


@contextmanager
def part(share: float) -> Iterator[None]:
    """As `Meter.part`, of this thread's work."""
    if _here.meter is None:
        yield
    else:
        with _here.meter.part(share):
            yield


def watch(count: Count, total: int) -> None:
    """As `Meter.watch`, of this thread's work."""
    if _here.meter is not None:
        _here.meter.watch(count, total)


def steps(total: int) -> Iterator[int]:
    """`range(total)`, all steps alike."""
    count = [0]
    watch(count, total)
    for step in range(total):
        count[0] = step
        yield step


def each(items: Iterable[Item], size: Callable[[Item], int] = len) -> Iterator[Item]:  # type: ignore[assignment]
    """The items one after the other, each a part as large as its size is among all."""
    known: Sequence[Item] = list(items)
    total = sum(map(size, known)) or 1
    for item in known:
        with part(size(item) / total):
            yield item
