"""How far models stay above the entropy rate of sources whose rate is known: files that decode, in bits per symbol above h.

    python benchmarks/entropy_gap.py                                    six sources, five models, 1,000,000 symbols: minutes
    python benchmarks/entropy_gap.py -n 10M -m hmm -m external:xz
    python benchmarks/entropy_gap.py -s mess3 -m hmm -m cm -m hf:runs/mess3/seed-0

`hmm` stands for the source's own exact filter, `hmm:SOURCE`. For each source the sequence's own ideal code length is held
against n h + E -+ 1.96 sigma sqrt(n) (sigma by batch means), and the filter's file against that ideal length: it must land
within 0.01 % + 1e-5 bits a symbol + 64 bytes. Every file is decoded and compared. A model that sees bytes is not told the
alphabet: it learns that from the file.
"""

import argparse
import io
import time
from typing import Any

from tabulate import tabulate

from mdlbench.codec import compress_stream, decompress
from mdlbench.models import load_model
from mdlbench.processes import Process, find
from mdlbench.processes.information import analyse
from mdlbench.processes.names import label
from mdlbench.processes.sampling import expected_length
from mdlbench.result import Figures, Result
from mdlbench.result.record import plain
from mdlbench.units import bytes_to_bits, parse_size

SOURCES = ("z1r", "golden-mean", "even", "rrxor", "sns", "mess3")
MODELS = ("hmm", "cm", "kt,order=2", "ngram,order=8", "external:xz")
FRAMING = bytes_to_bits(64)  # what a file may weigh beside its payload


def measure_source(name: str, n: int, seed: int, models: list[str]) -> dict[str, Any]:
    """One source: its rate, one sequence, and every model's file of it."""
    process = find(name)
    known = analyse(process, contexts=1)
    rate, excess = known.entropy_rate, known.excess_entropy.value
    if excess is None:
        raise SystemExit(f"{name}: its excess entropy is not known ({known.excess_entropy.note}); choose another source")
    symbols = process.generate(n, seed)
    expected = expected_length(process, symbols, rate.value, excess)
    rows = [measure_model(process, model, symbols.tobytes(), rate.value, expected.ideal) for model in models]
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


def measure_model(process: Process, model: str, data: bytes, rate: float, ideal: float) -> dict[str, Any]:
    """Compress, decode, compare; the gap is (bits of the file)/n - h."""
    spec = f"hmm:{process.name}" + "".join(f",{k}={v}" for k, v in process.parameters.items()) if model == "hmm" else model
    sink, begin = io.BytesIO(), time.perf_counter()
    done = compress_stream(io.BytesIO(data), sink, [spec], verify=False)
    encoded = time.perf_counter()
    if decompress(sink.getvalue(), spec) != data:
        raise SystemExit(f"{spec}: {process.name} did not decode to the same bytes")
    bits, n = bytes_to_bits(done.output_bytes), len(data)
    row = {
        "model": load_model(spec).spec,
        "output_bytes": done.output_bytes,
        "model_ideal_bits": done.ideal_bits,
        "gap": bits / n - rate,
        "gap_of_ideal": None if done.ideal_bits is None else done.ideal_bits / n - rate,
        "seconds": [encoded - begin, time.perf_counter() - encoded],
    }
    if model == "hmm":
        row["over_ideal_bits"] = bits - ideal
        row["allowed_bits"] = 1e-4 * ideal + 1e-5 * n + FRAMING
        row["within"] = bool(abs(bits - ideal) <= row["allowed_bits"])
    return row


def table(found: list[dict[str, Any]], models: list[str]) -> str:
    """Sources down, models across: bits per symbol above h of each file."""
    rows = []
    for source in found:
        h = source["rate_used"]
        cells = [f"{row['gap']:.6f}" for row in source["models"]]
        low, high = source["interval_95"]
        inside = "inside" if source["inside"] else "outside"
        rows.append(
            [
                source["source"],
                f"{h:.9f}",
                f"{source['ideal_bits']:,.0f}",
                f"{low:,.0f} .. {high:,.0f} ({inside})",
                f"{source['models'][0]['output_bytes']:,}",
                *cells,
            ]
        )
    heads = ["source", "h, bits", "ideal bits", "95 % interval of n h + E", f"file ({models[0]}), bytes"]
    return tabulate(
        rows,
        [*heads, *(f"gap: {model}" for model in models)],
        disable_numparse=True,
        colalign=("left", *["right"] * (4 + len(models))),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-n", "--symbols", default="1M", help="in each sequence")
    parser.add_argument("-s", "--source", action="append", help="repeat it; as for `mdlbench hmm entropy`")
    parser.add_argument("-m", "--model", action="append", help="repeat it; any spec, or hmm for the source's own filter")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output-path", metavar="DIR", help="write the figures with their provenance as JSON")
    given = parser.parse_args()
    models, sources = given.model or list(MODELS), given.source or list(SOURCES)
    found = []
    for name in sources:
        found.append(measure_source(name, parse_size(given.symbols), given.seed, models))
    print("\n" + table(found, models))
    for source in found:
        for row in source["models"]:
            if "within" in row:
                verdict = "allowed" if row["within"] else "allowed: TOO MUCH"
                over, most = row["over_ideal_bits"], row["allowed_bits"]
                print(f"{source['source']}: {over:+.1f} bits over the ideal length, {most:.1f} {verdict}")
    if given.output_path:
        print(Result(Figures("benchmark-entropy-gap", {"sources": found})).write(given.output_path))


if __name__ == "__main__":
    main()
