"""The figures of a row that follow from its others: computed here when the row is made, and again when it is checked.

A row is the JSON document described in README.md beside this file. What is measured (sizes of archives, seconds, bits of each
unit) is written down once; all else is one of the functions below.
"""

import hashlib
import json
import math
import statistics
from typing import Any

from mdlbench.units import BITS_PER_BYTE, bits_per_byte, bytes_to_bits, ratio

KIND = "leaderboard-row"
SCHEMA = f"mdlbench.{KIND}/1"
UNIT_BYTES = 4096
YARDSTICK = "external:xz"  # what the break-even size is taken against
Document = dict[str, Any]


def canonical(value: Any) -> bytes:
    """The one JSON text of a value: keys sorted, no spaces, ASCII."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def seal(document: Document) -> str:
    """SHA-256 over a row without its `seal`: a checksum that shows an edit, not a signature that proves an author."""
    return hashlib.sha256(canonical({key: value for key, value in document.items() if key != "seal"})).hexdigest()


def policy_hash(policies: list[dict[str, Any]]) -> str:
    """16 hexadecimal digits over the context policies, block size included."""
    return hashlib.sha256(canonical(policies)).hexdigest()[:16]


def derive(row: Document) -> dict[str, Any]:
    """Every derived field of `row` by its dotted path; a path is `adjusted.total` for `row["adjusted"]["total"]`."""
    input_bytes = sum(archive["bytes"] for archive in row["archives"])
    container = sum(archive["container_bytes"] for archive in row["archives"])
    bits = row["ideal_bits"]
    return {
        "policy_hash": policy_hash(row["model"]["policies"]),
        "input_bytes": input_bytes,
        "container_bytes": container,
        "bits_per_byte": bits_per_byte(bytes_to_bits(container), input_bytes),
        "ratio": ratio(input_bytes, container) if input_bytes else None,
        "ideal_bits_per_byte": None if bits is None else bits_per_byte(bits, input_bytes),
        **_timing("encode", row["encode"], input_bytes),
        **_timing("decode", row["decode"], input_bytes),
        **_adjusted(row, container, input_bytes),
    }


def _timing(name: str, timing: dict[str, Any], input_bytes: int) -> dict[str, Any]:
    wall, coding = statistics.median(timing["wall_seconds"]), statistics.median(timing["coding_seconds"])
    return {
        f"{name}.median_wall_seconds": wall,
        f"{name}.spread_wall_seconds": max(timing["wall_seconds"]) - min(timing["wall_seconds"]),
        f"{name}.median_coding_seconds": coding,
        f"{name}.bytes_per_second": ratio(input_bytes, coding),
        f"{name}.start_seconds": wall - coding,
    }


def _adjusted(row: Document, container: int, input_bytes: int) -> dict[str, Any]:
    """The container with what decodes it; `adjusted.against_bits_per_byte` is given, being another row's."""
    models = row["ledger"]["beside"]["model_bytes"].values()
    code, weights, half = (sum(model[part] for model in models) for part in ("code", "weights", "weights_16bit"))
    rate, against = bits_per_byte(bytes_to_bits(container), input_bytes), row["adjusted"]["against_bits_per_byte"]
    return {
        "adjusted.code": code,
        "adjusted.weights": weights,
        "adjusted.weights_16bit": half,
        "adjusted.total": container + code + weights,
        "adjusted.total_16bit": container + code + half,
        "adjusted.break_even_bytes": break_even(rate, code + weights, against),
    }


def break_even(rate: float | None, model_bytes: int, against: float | None) -> int | None:
    """The corpus size n in bytes from which rate * n + model <= against * n; None if there is none.

    Args:
        rate: the model's bits per byte, taken not to change with the size of the corpus.
        model_bytes: its code and weights as shipped.
        against: the yardstick's bits per byte, its own code not charged.

    Example:
        >>> break_even(1.0, 1000, 2.0)
        8000
    """
    if rate is None or against is None or rate >= against:
        return None
    return math.ceil(model_bytes * BITS_PER_BYTE / (against - rate))


def sum_ledgers(ledgers: list[dict[str, Any]]) -> dict[str, Any]:
    """One ledger, in the form of `Ledger.to_json`, for several archives: parts and bits summed, models named once."""
    splits = [ledger["payload_bits"] for ledger in ledgers]
    beside: dict[str, Any] = {"model_bytes": {}}
    for ledger in ledgers:
        for name, value in ledger["beside"].items():
            beside[name] = beside[name] | value if name == "model_bytes" else beside.get(name, 0.0) + value
    return {
        "bytes": {part: sum(ledger["bytes"][part] for ledger in ledgers) for part in ledgers[0]["bytes"]},
        "payload_bits": None if None in splits else {part: sum(split[part] for split in splits) for part in splits[0]},
        "beside": beside,
    }


def get(row: Document, path: str) -> Any:
    """The value at a dotted path."""
    value: Any = row
    for key in path.split("."):
        value = value[key]
    return value


def put(row: Document, path: str, value: Any) -> None:
    """Set the value at a dotted path."""
    *way, last = path.split(".")
    for key in way:
        row = row.setdefault(key, {})
    row[last] = value
