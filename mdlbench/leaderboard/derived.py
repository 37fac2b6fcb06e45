"""The figures of a row that follow from its others: computed here when the row is made, and again when it is checked.

What is measured (sizes of archives, seconds, bits of each unit) is written down once; all else is one of the functions below.
`figures` walks a row's single figures by name: columns of the index, of CSV and of the check are what it finds.
"""

import hashlib
import json
import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import is_dataclass, replace
from functools import cache
from operator import attrgetter
from types import NoneType, UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

from mdlbench.container.writer import framing
from mdlbench.leaderboard.result import Account, Adjusted, Row, Split, Timing
from mdlbench.result.reading import Found
from mdlbench.result.record import Plain, Result
from mdlbench.units import BITS_PER_BYTE, bits_per_byte, bytes_to_bits, ratio

UNIT_BYTES = 4096  # of a unit, whose bits a row keeps; fewer where that would make fewer than _UNITS of them
_UNITS = 256
_SMALLEST_UNIT = 64
YARDSTICK = "external:xz"  # what the break-even size is taken against
FAR = 10  # times the size that was measured: beyond it nothing is said
_SCALARS = (bool, int, float, str)


def canonical(value: Any) -> bytes:
    """The one JSON text of a value: keys sorted, no spaces, ASCII."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def seal(document: Plain) -> str:
    """SHA-256 over a row's document without its `seal`: a checksum that shows an edit, no signature that proves an author."""
    return hashlib.sha256(canonical({key: value for key, value in document.items() if key != "seal"})).hexdigest()


def sealed(row: Row, provenance: Plain) -> Result[Row]:
    """The row with its derived figures and its seal."""
    made = Result(derived(row), provenance)
    return Result(replace(made.payload, seal=seal(json.loads(json.dumps(made.document())))), provenance)


def unit_bytes(input_bytes: int) -> int:
    """Original bytes of a unit: a power of two, so that units of one row are whole numbers of another's.

    Example:
        >>> unit_bytes(4_000_000), unit_bytes(50_000), unit_bytes(10)
        (4096, 128, 64)
    """
    unit = UNIT_BYTES
    while unit > _SMALLEST_UNIT and input_bytes < unit * _UNITS:
        unit //= 2
    return unit


def policy_hash(policies: Sequence[Mapping[str, Any]]) -> str:
    """16 hexadecimal digits over the context policies, block size included."""
    return hashlib.sha256(canonical(list(policies))).hexdigest()[:16]


def derived(row: Row) -> Row:
    """The row with every figure that follows from others made again."""
    input_bytes = sum(archive.bytes for archive in row.archives)
    container = sum(archive.container_bytes for archive in row.archives)
    return replace(
        row,
        policy_hash=policy_hash(row.model.policies),
        input_bytes=input_bytes,
        container_bytes=container,
        bits_per_byte=bits_per_byte(bytes_to_bits(container), input_bytes),
        ratio=ratio(input_bytes, container) if input_bytes else None,
        ideal_bits_per_byte=None if row.ideal_bits is None else bits_per_byte(row.ideal_bits, input_bytes),
        encode=_timing(row.encode, input_bytes),
        decode=_timing(row.decode, input_bytes),
        framing_bytes=framing(row.ledger.bytes),
        adjusted=_adjusted(row.adjusted, row.ledger, container, input_bytes),
    )


def _timing(timing: Timing, input_bytes: int) -> Timing:
    wall, coding = statistics.median(timing.wall_seconds), statistics.median(timing.coding_seconds)
    return replace(
        timing,
        median_wall_seconds=wall,
        spread_wall_seconds=max(timing.wall_seconds) - min(timing.wall_seconds),
        median_coding_seconds=coding,
        bytes_per_second=ratio(input_bytes, wall),
        coding_bytes_per_second=ratio(input_bytes, coding),
        start_seconds=wall - coding,
    )


def _adjusted(adjusted: Adjusted, ledger: Account, container: int, input_bytes: int) -> Adjusted:
    """The container with what decodes it; what it is held against is given, being another row's."""
    models = ledger.beside["model_bytes"].values()
    weights, half = (sum(model[part] for model in models) for part in ("weights", "weights_16bit"))
    codes = [model["code"] for model in models]
    code = None if None in codes else sum(codes)
    fixed = None if code is None else framing(ledger.bytes) + code + weights
    against = adjusted.against_bits_per_byte
    return replace(
        adjusted,
        code=code,
        weights=weights,
        weights_16bit=half,
        total=None if code is None else container + code + weights,
        total_16bit=None if code is None else container + code + half,
        break_even_bytes=break_even(payload_rate(ledger, input_bytes), fixed, against, FAR * input_bytes),
        reason="; ".join(sorted({model["reason"] for model in models} - {""})),
    )


def payload_rate(ledger: Account, input_bytes: int) -> float | None:
    """Bits per byte of payloads and raw blocks: the part of a container that grows with what is coded."""
    return bits_per_byte(bytes_to_bits(sum(ledger.bytes.values()) - framing(ledger.bytes)), input_bytes)


def break_even(rate: float | None, fixed: int | None, against: float | None, most: int) -> int | None:
    """The corpus size n in bytes from which rate * n + fixed <= against * n; None if there is none up to `most`.

    Args:
        rate: bits per byte of the model's payloads, taken not to change with the size of the corpus.
        fixed: bytes that do not grow with it: framing, code, weights as shipped.
        against: the yardstick's bits per byte, its own code not charged.

    Example:
        >>> break_even(1.0, 1000, 2.0, 10_000), break_even(1.0, 1000, 2.0, 7_999)
        (8000, None)
    """
    if rate is None or fixed is None or against is None or rate >= against:
        return None
    size = math.ceil(fixed * BITS_PER_BYTE / (against - rate))
    return size if size <= most else None


def sum_ledgers(ledgers: Sequence[Plain]) -> Account:
    """One account for several archives' ledgers (in the form of `Ledger.to_json`): parts and bits summed, models named once."""
    splits = [ledger["payload_bits"] for ledger in ledgers]
    beside: dict[str, Any] = {"model_bytes": {}}
    for ledger in ledgers:
        for name, value in ledger["beside"].items():
            beside[name] = beside[name] | value if name == "model_bytes" else beside.get(name, 0.0) + value
    return Account(
        {part: sum(ledger["bytes"][part] for ledger in ledgers) for part in ledgers[0]["bytes"]},
        None if None in splits else Split(**{part: sum(split[part] for split in splits) for part in splits[0]}),
        beside,
    )


@cache
def scalars(cls: type = Row, before: str = "") -> Mapping[str, type]:
    """The dotted way to each single figure of a row, and its type; lists, tables and what may be missing whole are left out.

    Example:
        >>> scalars()["model.spec"], scalars()["encode.peak_bytes"]
        (<class 'str'>, <class 'int'>)
    """
    found: dict[str, type] = {}
    for name, hint in get_type_hints(cls).items():
        kind = scalar(hint)
        if is_dataclass(hint):
            found |= scalars(hint, f"{before}{name}.")  # type: ignore[arg-type]
        elif kind is not None:
            found[before + name] = kind
    return found


def scalar(hint: Any) -> type | None:
    """The type of the single figure that a field with this hint is; None if it is none."""
    if get_origin(hint) is Literal:
        return str
    kinds = [kind for kind in get_args(hint) if kind is not NoneType] if isinstance(hint, UnionType) else [hint]
    return kinds[0] if kinds[0] in _SCALARS else None


def figures(row: Row) -> dict[str, Any]:
    """Every single figure of a row by its column, a name without dots such as `model_spec`."""
    return dict(zip(_NAMES, attrgetter(*scalars())(row), strict=True))


def flat(found: Found[Row]) -> dict[str, Any]:
    """Path, single figures, and what `RECORDED` names of the provenance, by column."""
    recorded = {f"provenance_{name}": found.result.provenance.get(name) for name in RECORDED}
    return {"path": found.path, **figures(found.payload), **recorded}


_RECORDED_TYPES = {"time": str, "processor": str, "cores": int}
RECORDED = tuple(_RECORDED_TYPES)
_NAMES = tuple(way.replace(".", "_") for way in scalars())
COLUMN_TYPES: dict[str, type] = {
    "path": str,
    **dict(zip(_NAMES, scalars().values(), strict=True)),
    **{f"provenance_{name}": kind for name, kind in _RECORDED_TYPES.items()},
}
COLUMNS = tuple(COLUMN_TYPES)
