"""How far models stay above the entropy rate of processes whose rate is known: files that decode, in bits per symbol above h.

    python benchmarks/entropy_gap.py                                    six processes, five models, 1,000,000 symbols: minutes
    python benchmarks/entropy_gap.py -n 10M -m hmm -m external:xz
    python benchmarks/entropy_gap.py -s mess3 -m hmm -m cm -m hf:runs/mess3/seed-0

`hmm` stands for the process' own exact filter, `hmm:PROCESS`. For each process the sequence's own ideal code length is held
against n h + E -+ 1.96 sigma sqrt(n) (sigma by batch means), and the filter's file against that ideal length: it must land
within 0.01 % + 1e-5 bits a symbol + 64 bytes. Every file is decoded and compared. A model that sees bytes is not told the
alphabet: it learns that from the file.

What a file takes above h is told in parts that add up to it, each measured on this very sequence, in bits per symbol:

    sampling noise    ideal bits of the process' own filter - n h (the excess entropy E/n is in it)
    finite context    ideal bits of that filter begun afresh in every window of an `hf:` model - those of the filter
    model             ideal bits of the model - those of the filter in its windows: what it, or the network, has not learnt
    file overhead     bits of the file - ideal bits of the model: header, frames, coder
"""

import argparse
import io
import time
from collections.abc import Mapping
from typing import Any

import numpy as np
from tabulate import tabulate

from mdlbench.codec import compress_stream, decompress
from mdlbench.models import load_model
from mdlbench.processes import Process, find
from mdlbench.processes.belief import kernels
from mdlbench.processes.information import analyse
from mdlbench.processes.names import label
from mdlbench.processes.sampling import expected_length
from mdlbench.result import Figures, Result
from mdlbench.result.record import plain
from mdlbench.units import bytes_to_bits, parse_size

PROCESSES = ("z1r", "golden-mean", "even", "rrxor", "sns", "mess3")
MODELS = ("hmm", "cm", "kt,order=2", "ngram,order=8", "external:xz")
FRAMING = bytes_to_bits(64)  # what a file may weigh beside its payload


PARTS = ("sampling noise", "finite context", "model", "file overhead")


def measure_process(name: str, n: int, seed: int, models: list[str]) -> dict[str, Any]:
    """One process: its rate, one sequence, and every model's file of it."""
    process = find(name)
    known = analyse(process, contexts=1)
    rate, excess = known.entropy_rate, known.excess_entropy.value
    if excess is None:
        raise SystemExit(f"{name}: its excess entropy is not known ({known.excess_entropy.note}); choose another process")
    symbols = process.generate(n, seed)
    expected = expected_length(process, symbols, rate.value, excess)
    rows = [measure_model(process, model, symbols, rate.value, expected.ideal) for model in models]
    for row in rows:
        print(f"  {name}, {row['model']}: {row['output_bytes']:,} bytes, {row['gap']:+.6f} bits a symbol above h", flush=True)
    return {
        "source": label(process),
        "symbols": n,
        "seed": seed,
        "entropy_rate": plain(rate),
        "rate_used": rate.value,
        "excess_entropy": excess,
        "ideal_bits": expected.ideal,
        "expected_bits": expected.mean,
        "interval_95": [expected.low, expected.high],
        "inside": bool(expected.low - 1e-6 <= expected.ideal <= expected.high + 1e-6),
        "models": rows,
    }


def measure_model(process: Process, spec: str, symbols: np.ndarray, rate: float, ideal: float) -> dict[str, Any]:
    """Compress, decode, compare; the gap is (bits of the file)/n - h, and `parts` add up to it."""
    own, data, n = spec == "hmm", symbols.tobytes(), len(symbols)
    if own:
        spec = f"hmm:{process.name}" + "".join(f",{k}={v}" for k, v in process.parameters.items())
    sink, begin = io.BytesIO(), time.perf_counter()
    done = compress_stream(io.BytesIO(data), sink, [spec], verify=False)
    encoded = time.perf_counter()
    if decompress(sink.getvalue(), spec) != data:
        raise SystemExit(f"{spec}: {process.name} did not decode to the same bytes")
    bits, model = bytes_to_bits(done.output_bytes), load_model(spec)
    row = {
        "model": model.spec,
        "output_bytes": done.output_bytes,
        "model_ideal_bits": done.ideal_bits,
        "gap": bits / n - rate,
        "parts": parts(bits, done.ideal_bits, ideal, windowed_bits(process, model, symbols, done.policies[0]), rate, n),
        "seconds": [encoded - begin, time.perf_counter() - encoded],
    }
    if own:
        row["over_ideal_bits"] = bits - ideal
        row["allowed_bits"] = 1e-4 * ideal + 1e-5 * n + FRAMING
        row["within"] = bool(abs(bits - ideal) <= row["allowed_bits"])
    return row


def parts(
    file: float, model: float | None, ideal: float, windowed: float | None, rate: float, n: int
) -> dict[str, float | None]:
    """What a file takes above n h, in bits per symbol; they add up, those that are None being in the one after.

    Args:
        file: bits of the file; `model`: ideal bits of its model, None where it tells none.
        ideal, windowed: of the process' own filter, over everything and in the model's windows.
    """
    seen = ideal if windowed is None else windowed
    found = {
        "sampling noise": ideal - n * rate,
        "finite context": None if windowed is None else windowed - ideal,
        "model": None if model is None else model - seen,
        "file overhead": file - (seen if model is None else model),
    }
    return {name: None if bits is None else bits / n for name, bits in found.items()}


def windowed_bits(process: Process, model: Any, symbols: np.ndarray, policy: Mapping[str, Any]) -> float | None:
    """Ideal bits of the process' filter that begins afresh in every window of a model that has some; None for others.

    The very first symbol of a block is predicted from nothing, by the filter from its stationary start.
    """
    window = getattr(model, "window", None)
    if window is None or model.tokens.alphabet_size != process.alphabet_size:
        return None
    size, total = policy["block_size"], 0.0
    for first in range(0, len(symbols), size):
        block = symbols[first : first + size]
        by_shape: dict[tuple[int, int], list[int]] = {}
        for fed, predicted, end in window.spans(len(block)):
            by_shape.setdefault((predicted - fed, end - fed), []).append(fed)
        for (skipped, length), begins in by_shape.items():
            rows = np.ascontiguousarray(block[np.add.outer(begins, np.arange(length))])
            p, belief = np.empty(rows.shape), np.repeat(process.stationary[None, :], len(rows), axis=0)
            kernels().filter_rows(process.matrices, rows, belief, p)
            total -= float(np.log2(p[:, skipped:]).sum())
    return total


def table(found: list[dict[str, Any]], models: list[str]) -> str:
    """Processes down, models across: bits per symbol above h of each file."""
    rows = []
    for process in found:
        low, high = process["interval_95"]
        rows.append(
            [
                process["source"],
                f"{process['rate_used']:.9f}",
                f"{process['ideal_bits']:,.0f}",
                f"{low:,.0f} .. {high:,.0f} ({'inside' if process['inside'] else 'outside'})",
                f"{process['models'][0]['output_bytes']:,}",
                *(f"{row['gap']:.6f}" for row in process["models"]),
            ]
        )
    heads = ["process", "h, bits", "ideal bits", "95 % interval of n h + E", f"file ({models[0]}), bytes"]
    return _columns(rows, [*heads, *(f"gap: {model}" for model in models)], 1)


def parts_table(found: list[dict[str, Any]]) -> str:
    """What each file takes above h, in parts that add up."""
    rows = [
        [
            process["source"],
            row["model"],
            f"{row['gap']:.6f}",
            *("–" if row["parts"][name] is None else f"{row['parts'][name]:.6f}" for name in PARTS),
        ]
        for process in found
        for row in process["models"]
    ]
    return _columns(rows, ["process", "model", "above h, bits per symbol", *(f"= {name}" for name in PARTS)], 2)


def _columns(rows: list[list[str]], heads: list[str], names: int) -> str:
    sides = ["left"] * names + ["right"] * (len(heads) - names)
    return tabulate(rows, heads, disable_numparse=True, colalign=sides)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-n", "--symbols", default="1M", help="in each sequence")
    parser.add_argument("-s", "--process", action="append", help="repeat it; as for `mdlbench hmm entropy`")
    parser.add_argument("-m", "--model", action="append", help="repeat it; any spec, or hmm for the process' own filter")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output-path", metavar="DIR", help="write the figures with their provenance as JSON")
    given = parser.parse_args()
    models, processes = given.model or list(MODELS), given.process or list(PROCESSES)
    found = []
    for name in processes:
        found.append(measure_process(name, parse_size(given.symbols), given.seed, models))
    print(f"\n{table(found, models)}\n\n{parts_table(found)}\n")
    for process in found:
        for row in process["models"]:
            if "within" in row:
                verdict = "allowed" if row["within"] else "allowed: TOO MUCH"
                over, most = row["over_ideal_bits"], row["allowed_bits"]
                print(f"{process['source']}: {over:+.1f} bits over the ideal length, {most:.1f} {verdict}")
    if given.output_path:
        print(Result(Figures("benchmark-entropy-gap", {"sources": found})).write(given.output_path))


if __name__ == "__main__":
    main()
