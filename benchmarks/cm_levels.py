"""The nine levels of `cm` against zpaq, 7z PPMd, xz, zstd and brotli: size and speed of whole processes, one thread.

Every size is of a file that was decoded again and compared. A row names what dominates it: smaller and no slower
both ways. Times are medians of `--repeats` runs, of all programs in turn, after one uncounted run of `cm`.

    python benchmarks/cm_levels.py [CORPUS] [--repeats N] [--picture OUT.png] [--output-path DIR]

A corpus is one file as `mdlbench leaderboard run -C` takes it: a name that was fetched (`mdlbench corpus fetch enwik8`) or a
path, perhaps with a slice; enwik8:0:1M by default.
"""

import argparse
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import textwrap
import time
from pathlib import Path
from typing import Any, NamedTuple

from tabulate import tabulate

from mdlbench.corpora import find_corpus
from mdlbench.errors import MdlbenchError
from mdlbench.result import Figures, Result
from mdlbench.result.exhibits import Axis, Chart, Mark, Measure, Series

SPEED = "MB/s of whole processes, start included, one thread, wall time, median"
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

    @property
    def speed(self) -> float:
        """Geometric mean of both directions, in MB/s."""
        return (self.compress_speed * self.decompress_speed) ** 0.5

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
            Row(family, setting, max(sizes), megabytes / statistics.median(compress), megabytes / statistics.median(decompress))
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
            textwrap.fill(", ".join(dominators(rows, row)), 20),
        ]
        for row in rows
    ]
    headers = ["program", "bytes", "bits/byte", "comp. MB/s", "dec. MB/s", "dominated by"]
    return tabulate(body, headers, tablefmt="simple", floatfmt=".3f", disable_numparse=[1], colalign=("left", "right"))


def chart(rows: list[Row], title: str, size: int) -> Chart:
    """Bits per byte of `size` bytes against speed: a line for each family, and the front that none is below and right of."""
    families = {family: [row for row in rows if row.family == family] for family in dict.fromkeys(row.family for row in rows)}
    fastest_first = sorted(rows, key=lambda row: (-row.speed, row.size))
    front = [row for n, row in enumerate(fastest_first) if all(row.size < other.size for other in fastest_first[:n])]
    series = [_series(family, mine, size, labels=[row.setting for row in mine]) for family, mine in families.items()]
    series.append(_series("nothing measured is smaller and as fast", front, size, mark="step", role="aside"))
    return Chart(
        f"{title}: lower and further right is better",
        Axis(Measure("speed both ways (geometric mean), whole process", form="rate"), "log"),
        Axis(Measure("bits per byte", form="fixed", digits=3), "log"),
        tuple(series),
        caption="Speed of compression and decompression, one thread; grey steps: nothing measured is smaller and as fast.",
    )


def _series(name: str, rows: list[Row], size: int, mark: Mark = "line+points", **look: Any) -> Series:
    return Series(name, [1e6 * row.speed for row in rows], [8 * row.size / size for row in rows], mark, **look)


def draw(rows: list[Row], title: str, size: int, path: Path) -> None:
    """Write the chart as a .png, .svg or .pdf."""
    from mdlbench.report import figures

    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(figures.draw(chart(rows, title, size)).bytes(path.suffix.removeprefix(".")))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", nargs="?", default="enwik8:0:1M", metavar="CORPUS")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--picture", type=Path, help="write the picture here")
    parser.add_argument("--output-path", type=Path, help="write the figures as JSON into this folder")
    arguments = parser.parse_args()
    families = [family for family in PROGRAMS if family == "cm" or shutil.which(family.split()[0])]
    try:
        corpus = find_corpus(arguments.corpus)
        (file,) = corpus.files
    except (MdlbenchError, ValueError) as error:
        parser.error(str(error))
    with tempfile.TemporaryDirectory() as name:
        source = Path(name) / "source"
        with file.open() as original, open(source, "wb") as sink:
            shutil.copyfileobj(original, sink)
        rows = measure(source, arguments.repeats, families)
    print(f"{corpus.title}\n{SPEED} of {arguments.repeats}\n\n{table(rows, corpus.size)}")
    if arguments.picture:
        draw(rows, corpus.title, corpus.size, arguments.picture)
    if arguments.output_path:
        values = [{**row._asdict(), "dominated_by": dominators(rows, row)} for row in rows]
        named = {"input": corpus.recognised or corpus.name, "title": corpus.title, "input_bytes": corpus.size}
        figures = Figures("benchmark-cm-levels", {**named, "speed": SPEED, "rows": values})
        print(Result(figures).write(arguments.output_path))


if __name__ == "__main__":
    main()
