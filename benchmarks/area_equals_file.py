"""One number, three ways: bits of the evaluator, area under the logged training curve, payload of a file that decodes.

    python benchmarks/area_equals_file.py                              two learners of two sizes, the first 64 KiB of FILE
    python benchmarks/area_equals_file.py FILE --limit 256k
    python benchmarks/area_equals_file.py FILE -m online:gru,streams=4 -m online:lstm

FILE is LICENSE unless it is named; any corpus or slice that `mdlbench eval` takes.

    evaluator    sum of -log2 p over all bytes: `mdlbench eval -m online:...`
    area         sum of loss x tokens over the lines of a log, each written before the update that it belongs to
    file         bits of the payload of a file of `mdlbench compress -m online:...`, decoded and compared in a fresh process

Evaluator and log let a chunk through the network at once; a file is coded symbol by symbol, since its decoder can do no other.
So file and area are one number by different arithmetic; the file's bits hold integer counts and the coder's last word as well.
"""

import argparse
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from tabulate import tabulate

from mdlbench.codec.verification import verify_round_trip
from mdlbench.corpora import find_corpus
from mdlbench.lossarea import area, read_log
from mdlbench.models import load_model
from mdlbench.result import Figures, Result
from mdlbench.training.onepass import train_once
from mdlbench.units import bytes_to_bits, parse_size

LEARNERS = ("gru,width=32", "gru,width=128", "llama,width=32,streams=8", "llama,width=64,streams=8")
ALLOWED = 5e-4  # between any two of the three
LAST_WORD = 64  # bits that the coder may add to any file


def measure(spec: str, data: bytes) -> dict[str, Any]:
    """One learner: evaluator, area, file, in bits."""
    model = load_model(spec)
    evaluated = float(model.code_length([data])[0].sum())
    with tempfile.TemporaryDirectory() as folder:
        symbols = np.frombuffer(data, np.uint8)
        train_once(model.config(), symbols, model.streams_of(len(data)), model.settings.seed, Path(folder, "run"))
        curve = read_log(Path(folder, "run", "log.jsonl"))
        path = Path(folder, "data")
        path.write_bytes(data)
        made = verify_round_trip(path, spec)
    summed = area(curve)
    assert summed.tokens == len(data), "every byte is in the area once"
    file = bytes_to_bits(made.compression.ledger.bytes["payloads"])
    spread = max(evaluated, summed.bits, file) - min(evaluated, summed.bits, file)
    return {
        "model": model.spec,
        "bytes": len(data),
        "evaluator_bits": evaluated,
        "area_bits": summed.bits,
        "file_payload_bits": file,
        "file_bytes": made.compression.output_bytes,
        "spread": spread / summed.bits,
        "within": bool(spread <= ALLOWED * summed.bits + LAST_WORD),
        "encode_seconds": made.compression.seconds - made.compression.verify_seconds,
        "decode_seconds": made.decompression.wall_seconds,
        "decode_process": "fresh",
    }


def table(rows: list[dict[str, Any]]) -> str:
    """A row for each learner."""
    cells = [
        [
            row["model"],
            f"{row['evaluator_bits']:,.1f}",
            f"{row['area_bits']:,.1f}",
            f"{row['file_payload_bits']:,}",
            f"{100 * row['spread']:.4f} %" + ("" if row["within"] else " TOO MUCH"),
            f"{row['file_bytes']:,}",
        ]
        for row in rows
    ]
    heads = ["learner", "evaluator, bits", "area, bits", "file's payload, bits", "largest difference", "whole file, bytes"]
    return tabulate(cells, heads, disable_numparse=True, colalign=["left"] + ["right"] * 5)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", nargs="?", default=str(Path(__file__).parents[1] / "LICENSE"))
    parser.add_argument("--limit", default="64Ki", help="bytes of it")
    parser.add_argument("-m", "--model", action="append", help="repeat it; an online: spec")
    parser.add_argument("--output-path", metavar="DIR", help="write the figures with their provenance as JSON")
    given = parser.parse_args()
    corpus = find_corpus(given.file, parse_size(given.limit))
    with corpus.files[0].open() as source:
        data = source.read()
    rows = []
    for spec in given.model or [f"online:{learner}" for learner in LEARNERS]:
        rows.append(measure(spec, data))
        print(f"  {rows[-1]['model']}: {rows[-1]['file_bytes']:,} bytes, decoded in a fresh process", flush=True)
    print(f"\n{corpus.title}, {len(data):,} bytes\n\n{table(rows)}\n")
    if given.output_path:
        values = {"input": corpus.title, "sha256": corpus.sha256(), "rows": rows}
        print(Result(Figures("area_equals_file", values)).write(given.output_path))
    if not all(row["within"] for row in rows):
        raise SystemExit("the three differ by more than 0.05 %")


if __name__ == "__main__":
    main()
