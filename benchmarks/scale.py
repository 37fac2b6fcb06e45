"""Memory, workers and start-up: what mdlbench needs as files grow, and before it does anything.

    python benchmarks/scale.py                       about ten minutes on two cores: 20 MB and 200 MB with kt,order=2
    python benchmarks/scale.py --sizes 8M 40M -m cm

Memory: peak resident set of `mdlbench compress --no-verify --block-size 4M`, summed over the process tree (psutil, sampled
every 20 ms; pages that processes share count once per process, so the sum is an upper bound), for each size at -j 1 and -j 2.
The input is made by a fixed generator (words drawn from a Zipf law over 20,000 random words, fresh for every 1 MB), streamed to
a temporary file. The project's bound: the peak for the largest within 10 % of that for the smallest.
Workers: seconds at -j 1 over seconds at -j 2, and the two outputs compared.
Start-up: `mdlbench --help`, and compressing 1 kB with `cm`, compiled before; median of five. Bounds: 0.3 s and 1.5 s.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil
from tabulate import tabulate

from mdlbench.result import Figures, Result
from mdlbench.units import parse_size

MDLBENCH = (sys.executable, "-m", "mdlbench")
PIECE = 1_000_000
INTERVAL = 0.02  # seconds between two samples of memory


def write_text(path: Path, size: int) -> None:
    """`size` bytes of compressible text, a megabyte at a time."""
    with open(path, "wb") as file:
        for number, begin in enumerate(range(0, size, PIECE)):
            rng = np.random.default_rng(number)
            letters = rng.choice(np.frombuffer(b"etaoinshrdlucmfwypvbgkjqxz", np.uint8), (20_000, 9))
            words = [bytes(row[: 2 + rank % 8]) for rank, row in enumerate(letters)]
            ranks = np.minimum(rng.zipf(1.3, PIECE // 4), len(words)) - 1
            text = b" ".join([words[rank] for rank in ranks])
            while len(text) < PIECE:
                text += b" " + text
            file.write(text[: min(PIECE, size - begin)])


def tree_memory(process: psutil.Process) -> int:
    """Resident bytes of a process and all below it."""
    total = 0
    for each in [process, *process.children(recursive=True)]:
        try:
            total += each.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return total


def run_watched(argv: list[str]) -> tuple[float, int]:
    """Seconds and peak resident bytes of a command and its children."""
    begin, peak = time.perf_counter(), 0
    with subprocess.Popen(argv, stdout=subprocess.DEVNULL) as process:
        watched = psutil.Process(process.pid)
        while process.poll() is None:
            try:
                peak = max(peak, tree_memory(watched))
            except psutil.NoSuchProcess:
                break
            time.sleep(INTERVAL)
        code = process.wait()
    if code:
        raise SystemExit(f"{' '.join(argv)} failed with exit code {code}")
    return time.perf_counter() - begin, peak


def compressions(sizes: list[int], model: str, block_size: str) -> list[dict[str, object]]:
    """One row per size and number of workers; every output is decoded and compared, outputs of all -j must be the same."""
    rows: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory(prefix="mdlbench-bench-") as folder:
        for size in sizes:
            source, packed = Path(folder, "data"), Path(folder, "packed")
            write_text(source, size)
            outputs = []
            for jobs in (1, 2):
                print(f"{size:,} bytes, -j {jobs}", file=sys.stderr, flush=True)
                seconds, peak = run_watched(
                    [
                        *MDLBENCH,
                        "compress",
                        "-q",
                        "-f",
                        "--no-verify",
                        "-j",
                        str(jobs),
                        "--block-size",
                        block_size,
                        "-m",
                        model,
                        str(source),
                        "-o",
                        str(packed),
                    ]
                )
                outputs.append(packed.read_bytes())
                rows.append({"bytes": size, "jobs": jobs, "packed": len(outputs[-1]), "seconds": seconds, "peak_rss": peak})
            if outputs[0] != outputs[1]:
                raise SystemExit("-j 1 and -j 2 wrote different files")
            back = Path(folder, "back")
            subprocess.run([*MDLBENCH, "decompress", "-q", "-f", str(packed), "-m", model, "-o", str(back)], check=True)
            subprocess.run([sys.executable, "-c", _COMPARE, str(source), str(back)], check=True)
    return rows


_COMPARE = "import filecmp, sys; sys.exit(not filecmp.cmp(*sys.argv[1:], shallow=False))"


def start_up(repeat: int = 5) -> dict[str, float]:
    """Median seconds of `--help` and of 1 kB with cm, after one run that compiles."""
    with tempfile.TemporaryDirectory(prefix="mdlbench-bench-") as folder:
        source = Path(folder, "data")
        write_text(source, 1000)
        commands = {
            "mdlbench --help": ["--help"],
            "mdlbench compress, 1 kB, cm": ["compress", "-q", "-f", str(source), "-o", str(Path(folder, "packed"))],
        }
        medians = {}
        for name, arguments in commands.items():
            times = []
            for _ in range(repeat + 1):
                begin = time.perf_counter()
                subprocess.run([*MDLBENCH, *arguments], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                times.append(time.perf_counter() - begin)
            medians[name] = statistics.median(times[1:])
    return medians


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", nargs="+", default=["20M", "200M"], metavar="SIZE", help="default 20M 200M")
    parser.add_argument("-m", "--model", default="kt,order=2", metavar="SPEC")
    parser.add_argument("--block-size", default="4M", metavar="SIZE")
    parser.add_argument("--output-path", metavar="DIR", help="write the figures with their provenance as JSON")
    given = parser.parse_args()

    starts = start_up()
    print(tabulate([(name, seconds) for name, seconds in starts.items()], ["start-up", "seconds"], floatfmt=".3f"), "\n")
    rows = compressions([parse_size(size) for size in given.sizes], given.model, given.block_size)
    least = {row["jobs"]: row["peak_rss"] for row in reversed(rows)}  # of the first size
    alone = {row["bytes"]: row["seconds"] for row in rows if row["jobs"] == 1}
    table = [
        (
            row["bytes"],
            row["jobs"],
            row["packed"],
            row["seconds"],
            row["peak_rss"] / 1e6,
            row["peak_rss"] / least[row["jobs"]],
            alone[row["bytes"]] / row["seconds"],
        )
        for row in rows
    ]  # type: ignore[operator]
    headers = ["bytes", "-j", "packed", "seconds", "peak MB", f"/ peak at {given.sizes[0]}", "speed / -j 1"]
    print(f"{given.model}, --block-size {given.block_size}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n")
    print(tabulate(table, headers, floatfmt=("", "", "", ".1f", ".0f", ".3f", ".2f"), intfmt=","))
    if given.output_path:
        values = {"model": given.model, "block_size": given.block_size, "start_up_seconds": starts, "rows": rows}
        print(Result(Figures("benchmark-scale", values)).write(given.output_path))


if __name__ == "__main__":
    main()
