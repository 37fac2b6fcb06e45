"""How long `mdlbench leaderboard show` takes on 10,000 rows: whole processes, beside plain sqlite3 printing as many lines.

    python benchmarks/leaderboard_show.py                about a minute
    python benchmarks/leaderboard_show.py --rows 1000

One small cell is measured, and its row is copied under other names (1,000 models on each of 10 slices), so that all are shown.
The first `show` reads every file and makes the index; the later ones, of which the median counts, only look whether files
changed. The peer does the least that could print the same: a Python process that selects 11 columns of the same number of rows
from a SQLite file and prints them. Beside it, a Python process that parses every JSON file, which is what the index saves.
"""

import argparse
import copy
import json
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tabulate import tabulate

from mdlbench.leaderboard import Config, run
from mdlbench.leaderboard.derived import seal
from mdlbench.result import Figures, Result

SLICES = 10
PEER = """
import sqlite3, sys
for row in sqlite3.connect(sys.argv[1]).execute("select * from row order by b"):
    print(*row)
"""
PARSE = """
import json, pathlib, sys
print(sum(len(json.loads(path.read_bytes())) for path in pathlib.Path(sys.argv[1]).glob("*/*/*.json")))
"""


def make_rows(folder: Path, count: int) -> None:
    """Write `count` rows that differ in model, slice and size."""
    text, measured = folder / "sample.txt", folder / "measured"
    text.write_bytes(b"to be or not to be, that is the question. " * 100)
    (row,) = run(Config((str(text),), ("uniform",), repeat=1, output_path=str(measured))).finished
    for number in range(count):
        document = copy.deepcopy(row.result.document())
        model, part = f"model,number={number // SLICES}", number % SLICES
        document["model"]["spec"] = model
        document["corpus"] |= {"name": f"corpus{part}", "sha256": f"{part:064x}"}
        document["bits_per_byte"] = 1 + number / count
        document["seal"] = seal(document)
        place = folder / "results" / f"corpus{part}" / model
        place.mkdir(parents=True, exist_ok=True)
        (place / "20260101T000000Z.json").write_text(json.dumps(document, indent=2), encoding="utf8")


def make_peer(path: Path, count: int) -> None:
    """A SQLite file of as many rows of 11 columns."""
    with sqlite3.connect(path) as database:
        database.execute("create table row (a, b, c, d, e, f, g, h, i, j, k)")
        rows = ((f"model,number={number}", number, *(number / 7 for _ in range(9))) for number in range(count))
        database.executemany("insert into row values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)


def seconds(command: Sequence[str], environment: dict[str, str], repeat: int) -> list[float]:
    """Wall seconds of whole processes."""
    times = []
    for _ in range(repeat):
        began = time.perf_counter()
        subprocess.run([sys.executable, *command], env=environment, stdout=subprocess.DEVNULL, check=True)
        times.append(time.perf_counter() - began)
    return times


def main() -> None:
    """Measure, print, and keep the figures if asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--output-path", metavar="FOLDER", help="also write the figures, with provenance, to a JSON file there")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mdlbench-show-") as name:
        folder = Path(name)
        make_rows(folder, options.rows)
        make_peer(folder / "peer.sqlite", options.rows)
        environment = {**os.environ, "MDLBENCH_CACHE": str(folder / "cache")}
        show = ["-m", "mdlbench", "leaderboard", "show", str(folder / "results")]
        first = seconds(show, environment, 1)[0]
        figures = {
            "show, index at hand": statistics.median(seconds(show, environment, options.repeat)),
            "show, first time": first,
            "sqlite3 alone": statistics.median(seconds(["-c", PEER, str(folder / "peer.sqlite")], environment, options.repeat)),
            "json.loads of all": statistics.median(seconds(["-c", PARSE, str(folder / "results")], environment, 3)),
            "mdlbench --version": statistics.median(seconds(["-m", "mdlbench", "--version"], environment, options.repeat)),
        }
    usual = figures["show, index at hand"]
    print(f"{options.rows:,} rows")
    print(tabulate([[what, f"{t:.3f}", f"{t / usual:.2f}"] for what, t in figures.items()], ["", "seconds", "ratio"]))
    if options.output_path:
        values = {"rows": options.rows, "repeat": options.repeat, "seconds": figures}
        print(Result(Figures("benchmark-leaderboard-show", values)).write(options.output_path))


if __name__ == "__main__":
    main()
