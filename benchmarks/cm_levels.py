"""The nine levels of `cm` against zpaq, 7z PPMd, xz, zstd and brotli: size and speed of whole processes, one thread.

Every size is of a file that was decoded again and compared. A row names what dominates it: smaller and no slower
both ways. Times are medians of `--repeats` runs, of all programs in turn, after one uncounted run of `cm`.

    python benchmarks/cm_levels.py [FILE] [--limit BYTES] [--repeats N] [--picture OUT.png] [--output-path DIR]
"""

import argparse
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from tabulate import tabulate

from mdlbench.result import Result

DEFAULT = Path(__file__).parents[2] / "shared" / "data" / "enwik8.first4000000"
MDLBENCH = f"{sys.executable} -m mdlbench"
# family -> settings, command that writes {out} from {file}, command that writes {back} from {out}
PROGRAMS = {
    "cm": (
        range(1, 10),
        MDLBENCH + " compress {file} -q -f -j 1 --no-verify -m cm,level={setting} -o {out}",
        MDLBENCH + " decompress {out} -q -f -j 1 -o {back}",
    ),
    "zpaq": (
        [f"-m{level}" for level in range(1, 6)],
        "zpaq add {out} {file} {setting} -t1",
        "zpaq extract {out} {file} -to {back} -t1",
    ),
    "7z PPMd": (
        [f"o{order}" for order in (4, 8, 16)],
        "7z a -bd -mmt1 -m0=PPMd:mem=256m:{setting} {out} {file}",
        "sh -c '7z e -so {out} > {back}'",
    ),
    "xz": (["-9e"], "sh -c 'xz -T1 {setting} -k -c {file} > {out}'", "sh -c 'xz -d -c {out} > {back}'"),
    "zstd": (
        ["-3", "-19", "--ultra -22"],
        "zstd -q -f --single-thread {setting} {file} -o {out}",
        "zstd -q -f -d {out} -o {back}",
    ),
    "brotli": (["11"], "brotli -q {setting} -w 24 -f {file} -o {out}", "brotli -d -f {out} -o {back}"),
}
SUFFIX = {"zpaq": ".zpaq", "7z PPMd": ".7z", "cm": ".mdlz"}


class Row(NamedTuple):
    """A measured program; speeds in MB/s of original bytes."""

    family: str
    setting: str
    size: int
    compress_speed: float
    decompress_speed: float

    @property
    def name(self) -> str:
        return f"{self.family} {self.setting}"

    def dominates(self, other: "Row") -> bool:
        """No larger, no slower either way, and better in one of the three."""
        mine = (-self.size, self.compress_speed, self.decompress_speed)
        theirs = (-other.size, other.compress_speed, other.decompress_speed)
        return all(a >= b for a, b in zip(mine, theirs, strict=True)) and mine != theirs


def timed(command: str) -> float:
    """Seconds that a command takes; its error output if it fails."""
    start = time.perf_counter()
    done = subprocess.run(shlex.split(command), capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{command}\n{done.stderr or done.stdout}")
    return time.perf_counter() - start


def run_once(family: str, setting: str, source: Path, folder: Path) -> tuple[int, float, float]:
    """Compress, decompress and compare `source`: size in bytes, seconds each way."""
    _, compress, decompress = PROGRAMS[family]
    out, back = folder / f"out{SUFFIX.get(family, '.out')}", folder / "back"
    for path in (out, back):
        path.unlink(missing_ok=True)
    names = {"file": source, "out": out, "back": back, "setting": setting}
    seconds = timed(compress.format(**names)), timed(decompress.format(**names))
    if back.read_bytes() != source.read_bytes():
        raise SystemExit(f"{family} {setting} did not give {source} back")
    return out.stat().st_size, *seconds


def measure(source: Path, repeats: int, families: list[str]) -> list[Row]:
    """All programs in turn, `repeats` times; one row each."""
    pairs = [(family, str(setting)) for family in families for setting in PROGRAMS[family][0]]
    runs: dict[tuple[str, str], list[tuple[int, float, float]]] = {pair: [] for pair in pairs}
    with tempfile.TemporaryDirectory() as name:
        if "cm" in families:
            run_once("cm", "1", source, Path(name))  # compile, outside the clock
        for _ in range(repeats):
            for pair in pairs:
                runs[pair].append(run_once(*pair, source, Path(name)))
    megabytes = source.stat().st_size / 1e6
    rows = []
    for (family, setting), measured in runs.items():
        sizes, compress, decompress = zip(*measured, strict=True)
        rows.append(
            Row(
                family,
                setting,
                max(sizes),
                megabytes / statistics.median(compress),
                megabytes / statistics.median(decompress),
            )
        )
    return rows


def dominators(rows: list[Row], row: Row) -> list[str]:
    return [other.name for other in rows if other.dominates(row)]


def table(rows: list[Row], size: int) -> str:
    body = [
        [
            row.name,
            f"{row.size:,}",
            f"{8 * row.size / size:.3f}",
            row.compress_speed,
            row.decompress_speed,
            ", ".join(dominators(rows, row)),
        ]
        for row in rows
    ]
    headers = ["program", "bytes", "bits/byte", "compress MB/s", "decompress MB/s", "dominated by"]
    return tabulate(body, headers, tablefmt="github", floatfmt=".3f", disable_numparse=[1], colalign=("left", "right"))


def draw(rows: list[Row], original: Path, size: int, path: Path) -> None:
    """Bits per byte against speed, one line a family."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(9, 5.5), layout="constrained")
    colors = dict(zip(PROGRAMS, ["#c0392b", "#2c3e50", "#2980b9", "#7f8c8d", "#16a085", "#8e44ad"], strict=True))
    for family in dict.fromkeys(row.family for row in rows):
        mine = [row for row in rows if row.family == family]
        speeds = [(row.compress_speed * row.decompress_speed) ** 0.5 for row in mine]
        rates = [8 * row.size / size for row in mine]
        main = family == "cm"
        axes.plot(
            speeds, rates, "o-", color=colors[family], label=family, linewidth=2 if main else 1, markersize=7 if main else 5
        )
        for number, (row, speed, rate) in enumerate(zip(mine, speeds, rates, strict=True)):
            offset = (0, -14) if main else (0, 6) if number % 2 == 0 else (0, -12)
            axes.annotate(
                row.setting, (speed, rate), offset, textcoords="offset points", fontsize=8, color=colors[family], ha="center"
            )
    axes.set_xscale("log")
    axes.set_yscale("log")
    ticks = [1.6, 1.8, 2.0, 2.2, 2.5, 3.0, 3.5]
    axes.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()
    axes.set_xticks([0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50], ["0.1", "0.2", "0.5", "1", "2", "5", "10", "20", "50"])
    axes.set_xlabel("speed, MB/s (geometric mean of compression and decompression, whole process, one thread)")
    axes.set_ylabel("bits per byte")
    axes.set_title(f"{original.name}, {size:,} bytes: lower and further right is better", fontsize=11)
    axes.grid(alpha=0.25)
    axes.legend(frameon=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=150)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, nargs="?", default=DEFAULT)
    parser.add_argument("--limit", type=int, help="only the first bytes of the file")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--picture", type=Path, help="write the picture here")
    parser.add_argument("--output-path", type=Path, help="write the figures as JSON into this folder")
    arguments = parser.parse_args()
    families = [family for family in PROGRAMS if family == "cm" or shutil.which(family.split()[0])]
    data = arguments.file.read_bytes()[: arguments.limit]
    with tempfile.TemporaryDirectory() as name:
        source = Path(name) / "source"
        source.write_bytes(data)
        rows = measure(source, arguments.repeats, families)
    print(table(rows, len(data)))
    if arguments.picture:
        draw(rows, arguments.file, len(data), arguments.picture)
    if arguments.output_path:
        values = [{**row._asdict(), "dominated_by": dominators(rows, row)} for row in rows]
        result = Result("cm_levels", {"input": arguments.file.name, "input_bytes": len(data), "rows": values})
        print(result.write(arguments.output_path))


if __name__ == "__main__":
    main()
