"""What is said of a compression, by the commands that make or inspect one: a line, a table, JSON fields."""

from collections.abc import Mapping
from typing import Any

from mdlbench.cli.common.paths import STANDARD, json_name, name_of
from mdlbench.codec import Compression
from mdlbench.codec.ledger import NOTABLE_FRAMING, Ledger
from mdlbench.text import speed, visible
from mdlbench.units import bits_per_byte, bytes_to_bits, ratio


def compression_json(file: str, target: str | None, done: Compression) -> dict[str, Any]:
    """The fields of `compress --json` and `verify --json`; their names are stable."""
    return {
        "input": json_name(file),
        "output": None if target is None else json_name(target, "standard output"),
        "input_bytes": done.input_bytes,
        "output_bytes": done.output_bytes,
        "bits_per_byte": bits_per_byte(bytes_to_bits(done.output_bytes), done.input_bytes),
        "ideal_bits": done.ideal_bits,
        "model": " ".join(done.models),
        "digest": " ".join(done.digests),
        "portability": done.portability,
        "policy": list(done.policies),
        "seconds": done.seconds,
        "verify_seconds": done.verify_seconds,
        "verified": done.verified,
        "ledger": done.ledger.to_json(),
    }


def report_line(file: str, target: str | None, done: Compression) -> str:
    """Sizes, ratio, bits per byte, the speed of compression alone, and how long verification took.

    Where framing is a good part of the container, it and the ideal bits stand beside the bits per byte.
    """
    rate = ratio(done.input_bytes, done.output_bytes)
    bits = bits_per_byte(bytes_to_bits(done.output_bytes), done.input_bytes)
    parts = [
        f"{name_of(file)}: {done.input_bytes:,} → {done.output_bytes:,} bytes",
        f"ratio {rate:.3f}" if bits is not None else "ratio –",
        "empty" if bits is None else f"{bits:.4f} bits per byte{_framed(done)}",
        speed(done.input_bytes, done.seconds - done.verify_seconds),
        f"verified in {done.verify_seconds:.2f} s" if done.verified else "not verified",
    ]
    return ", ".join(parts) + f"  [{' '.join(done.models)}{'' if target in (None, STANDARD) else f' → {visible(target)}'}]"


def _framed(done: Compression) -> str:
    """How much of a short file's container is framing, and what the model alone would need."""
    if done.ledger.framing_share <= NOTABLE_FRAMING:
        return ""
    ideal = None if done.ideal_bits is None else bits_per_byte(done.ideal_bits, done.input_bytes)
    told = "" if ideal is None else f"ideal {ideal:.4f}, "
    return f" ({told}framing {100 * done.ledger.framing_share:.0f} % of the file)"


def weight_line(weights: Mapping[str, Any]) -> str:
    """What a model itself weighs, on one line: the fields of `models.base.Description`."""
    code = "–" if weights["code"] is None else f"{weights['code']:,}"
    reason = f" ({weights['reason']})" if weights["reason"] else ""
    shared = f"; shared, not charged: {', '.join(weights['shared'])}" if weights["shared"] else ""
    sizes = f"{weights['weights']:,} of weights as shipped, {weights['weights_16bit']:,} at 16 bits"
    return f"{code} bytes of decoder, packed{reason}, {sizes}{shared}"


def ledger_table(ledger: Ledger) -> str:
    """The two sums of a ledger and what stands beside them."""
    from tabulate import tabulate

    total = ledger.file_size
    rows: list[list[Any]] = [
        [part.replace("_", " "), f"{size:,}", f"{100 * size / total:.3f} %"] for part, size in ledger.bytes.items()
    ]
    text = tabulate([*rows, ["file", f"{total:,}", ""]], ["bytes", "", "share"], colalign=("left", "right", "right"))
    if ledger.payload_bits is not None:
        bits = vars(ledger.payload_bits)
        rows = [[name, f"{value:,.1f}"] for name, value in bits.items()]
        rows.append(["payloads", f"{sum(bits.values()):,.1f}"])
        text += "\n\n" + tabulate(rows, ["payload bits", ""], colalign=("left", "right"), disable_numparse=True)
    for name, weights in ledger.beside.get("model_bytes", {}).items():
        text += f"\n\nbeside the sums, {name}: {weight_line(weights)}"
    for name, value in ledger.beside.items():
        if name != "model_bytes":
            text += f"\nbeside the sums, {name.replace('_', ' ')}: {value:,.1f}"
    return text
