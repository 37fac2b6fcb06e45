"""TensorBoard's event files: scalars by tag. A reader of one screen, for TensorBoard's own brings 60 MB of servers, and its
usual entrance (`EventAccumulator`) thins every curve to 10,000 points.

    record    length u64, masked CRC-32C of it, data, masked CRC-32C of them        (TFRecord)
    event     step = field 2 (varint); summary = field 5 -> value = field 1 -> tag = 1, simple_value = 2, tensor = 8
    tensor    dtype = 1 (1 float, 2 double); content = 4; float_val = 5; double_val = 6

What it does not read: images, histograms, text, graphs. A record cut short ends a file: the run is still writing it.
Source: tensorflow/core/util/event.proto, framework/summary.proto, framework/tensor.proto; lib/io/record_writer.h.
"""

import struct
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from mdlbench.errors import UsageError
from mdlbench.lossarea.tables import Column, Log
from mdlbench.text import visible

_HEAD = 12  # bytes of a record before its data
_MOST, _MOST_SCALARS = 1 << 34, 1 << 18  # bytes of a record, and of one that holds scalars and no images


def is_events(head: bytes) -> bool:
    """Whether a file begins with a record whose length has its check."""
    return len(head) > _HEAD and struct.unpack("<I", head[8:_HEAD])[0] == masked_crc(head[:8])


def read(path: Path) -> Log:
    """All scalars of an event file, a row for each value.

    Raises:
        UsageError: a check fails, or a message is none.
    """
    found: dict[str, tuple[list[int], list[float]]] = {}
    row = 0
    try:
        for record in _records(path):
            step, scalars = _event(record)
            for tag, value in scalars:
                for name, figure in (("step", float(step)), (tag, value)):
                    places, values = found.setdefault(name, ([], []))
                    places.append(row)
                    values.append(figure)
                row += 1
    except (IndexError, struct.error):
        _damaged(path, "a record is no event")
    return Log({name: Column(np.array(places, np.int64), np.array(values)) for name, (places, values) in found.items()})


def _records(path: Path) -> Iterator[bytes]:
    data, at = path.read_bytes(), 0
    while at + _HEAD <= len(data):
        (length,) = struct.unpack("<Q", data[at : at + 8])
        if length > _MOST or not is_events(data[at : at + _HEAD + 1] + b"\0"):
            _damaged(path, f"the record at byte {at} does not match its check")
        start, end = at + _HEAD, at + _HEAD + length
        if end + 4 > len(data):
            return
        if length <= _MOST_SCALARS:
            if struct.unpack("<I", data[end : end + 4])[0] != masked_crc(data[start:end]):
                _damaged(path, f"the record at byte {at} does not match its check")
            yield data[start:end]
        at = end + 4


def _event(record: bytes) -> tuple[int, list[tuple[str, float]]]:
    fields = list(_fields(record))
    step = next((value for number, value in fields if number == 2), 0)
    values = [value for number, summary in fields if number == 5 for inner, value in _fields(summary) if inner == 1]
    return _signed(step), [scalar for value in values if (scalar := _scalar(dict(_fields(value)))) is not None]


def _scalar(value: dict[int, Any]) -> tuple[str, float] | None:
    tag = bytes(value.get(1, b"")).decode("utf8", "replace")
    if 2 in value:
        return tag, struct.unpack("<f", value[2])[0]
    tensor = dict(_fields(value[8])) if 8 in value else {}
    kind, size = {1: ("<f", 4), 2: ("<d", 8)}.get(tensor.get(1, 0), ("", 0))
    raw = tensor.get(4) or tensor.get(5) or tensor.get(6)
    return (tag, struct.unpack(kind, raw)[0]) if size and raw is not None and len(raw) == size else None


def _fields(message: bytes) -> Iterator[tuple[int, Any]]:
    """Number and value of each field of a protobuf message: varints as whole numbers, all else as bytes."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        kind = key & 7
        if kind == 0:
            value, at = _varint(message, at)
            yield key >> 3, value
            continue
        size, at = _varint(message, at) if kind == 2 else ({1: 8, 5: 4}[kind] if kind in (1, 5) else -1, at)
        if size < 0 or at + size > len(message):
            raise IndexError
        yield key >> 3, message[at : at + size]
        at += size


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        value, shift, at = value | (byte & 127) << shift, shift + 7, at + 1
        if byte < 128:
            return value, at
        if shift > 63:
            raise IndexError


def _signed(value: int) -> int:
    return value - (1 << 64) if value >> 63 else value


def masked_crc(data: bytes) -> int:
    """CRC-32C (Castagnoli), turned right by 15 bits, plus a constant: as record_writer.h masks it.

    Example:
        >>> (masked_crc(b"123456789") - 0xA282EAD8) % 2**32 == (0xE3069283 >> 15 | 0xE3069283 << 17) % 2**32
        True
    """
    table, crc = _table(), 0xFFFFFFFF
    for byte in data:
        crc = table[(crc ^ byte) & 255] ^ crc >> 8
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


@cache
def _table() -> tuple[int, ...]:
    rows = []
    for row in range(256):
        for _ in range(8):
            row = row >> 1 ^ (0x82F63B78 if row & 1 else 0)
        rows.append(row)
    return tuple(rows)


def _damaged(path: Path, what: str) -> NoReturn:
    raise UsageError(f"{visible(str(path))}: {what}; copy the event file again")
