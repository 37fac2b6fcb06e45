"""Size and whole-process speed of mdlbench's models beside other compressors, on the same files in the same run.

    python benchmarks/size_speed.py enwik8:0:1M           about three minutes on one core
    python benchmarks/size_speed.py canterbury -m cm,level=9 --repeat 1
    python benchmarks/size_speed.py my.tar -m cm -m ngram

Every size is the byte count of a file that was decoded and compared with the original in this run; every time is that of a
whole process, start included, with compiled kernels already cached, on one thread. Each of `--repeat` rounds runs all
contestants in alternating order, and the median round counts, so slow drifts of the machine meet all of them alike. Several
files are separate archives and sizes and times are summed. mdlbench runs as `python -m mdlbench compress --no-verify -j 1` and
`decompress`; the others as the commands that `--commands` prints. A program that is not installed is listed as missing.

A corpus is what `mdlbench leaderboard run -C` takes: a name that was fetched (`mdlbench corpus fetch enwik8`), a file or
a folder, each perhaps with a slice. It is called by a known name only where digests prove that it is that.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tabulate import tabulate

from mdlbench.corpora import Corpus, find_corpus
from mdlbench.errors import MdlbenchError
from mdlbench.result import Figures, Result
from mdlbench.text import counted

MODELS = ("cm", "kt,order=2", "ngram")
REFERENCE = "zpaq -m5 -t1"
SPEED = "MB/s of whole processes, start included, one thread, median"
TIME_LIMIT = 3600.0


@dataclass(frozen=True)
class Contestant:
    """A compressor's two commands, run in a folder that holds `data`; they make `packed`, and `data` again in another folder.

    A command without the word `packed` (or `data`) in it reads from or writes to the standard streams.
    """

    name: str
    compress: tuple[str, ...]
    decompress: tuple[str, ...]

    @property
    def missing(self) -> bool:
        return shutil.which(self.compress[0]) is None

    def version(self) -> str:
        """The first line with a digit of what the program says of itself."""
        argv = [*self.compress[:3], "--version"] if self.name.startswith("mdlbench") else [self.compress[0], "--version"]
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=60)
        lines = (done.stdout + done.stderr).splitlines()
        return next((line.strip() for line in lines if any(map(str.isdigit, line))), "unknown")


PEERS = (
    Contestant("gzip -9", ("gzip", "-9", "-n", "-c"), ("gzip", "-d", "-c")),
    Contestant("bzip2 -9", ("bzip2", "-9", "-c"), ("bzip2", "-d", "-c")),
    Contestant("zstd -19", ("zstd", "-19", "--single-thread", "-q", "-c"), ("zstd", "-d", "-q", "-c")),
    Contestant("brotli -11", ("brotli", "-q", "11", "--lgwin=24", "-c"), ("brotli", "-d", "-c")),
    Contestant("xz -9e", ("xz", "-9e", "-T1", "-c"), ("xz", "-d", "-T1", "-c")),
    Contestant(
        "7z PPMd o16",
        ("7z", "a", "-t7z", "-m0=PPMd:o16:mem=256m", "-mmt=1", "-bd", "-y", "packed.7z", "data"),
        ("7z", "x", "-mmt=1", "-bd", "-y", "packed.7z"),
    ),
    Contestant("zpaq -m4 -t1", ("zpaq", "add", "packed.zpaq", "data", "-m4", "-t1"), ("zpaq", "x", "packed.zpaq", "-t1")),
    Contestant(REFERENCE, ("zpaq", "add", "packed.zpaq", "data", "-m5", "-t1"), ("zpaq", "x", "packed.zpaq", "-t1")),
)


def mdlbench(spec: str) -> Contestant:
    """mdlbench with one model."""
    python = (sys.executable, "-m", "mdlbench")
    return Contestant(
        f"mdlbench {spec}",
        (*python, "compress", "-q", "--no-verify", "-j", "1", "-m", spec, "data", "-o", "packed"),
        (*python, "decompress", "-q", "-j", "1", "-m", spec, "packed", "-o", "data"),
    )


@dataclass(frozen=True)
class Run:
    """One contestant on all files, once: bytes and seconds."""

    packed_bytes: int
    compress_seconds: float
    decompress_seconds: float


def run_once(contestant: Contestant, files: Sequence[Path]) -> Run:
    """Compress every file, decode it in another folder, compare; sums over the files."""
    runs = [_one_file(contestant, file) for file in files]
    return Run(*(sum(getattr(run, name) for run in runs) for name in Run.__dataclass_fields__))


def _one_file(contestant: Contestant, file: Path) -> Run:
    with tempfile.TemporaryDirectory(prefix="mdlbench-bench-") as name:
        before, after = Path(name, "before"), Path(name, "after")
        before.mkdir()
        after.mkdir()
        shutil.copyfile(file, before / "data")
        seconds = _timed(contestant.compress, before, "data", "packed")
        (packed,) = before.glob("packed*")
        shutil.copyfile(packed, after / packed.name)
        back = _timed(contestant.decompress, after, packed.name, "data")
        if (after / "data").read_bytes() != file.read_bytes():
            raise SystemExit(f"{contestant.name}: {file.name} does not come back; no size is reported")
        return Run(packed.stat().st_size, seconds, back)


def _timed(argv: Sequence[str], folder: Path, source: str, result: str) -> float:
    """Seconds of one process; what it does not name it gets and gives through the standard streams."""
    with (
        open(folder / source if source not in argv else os.devnull, "rb") as stdin,
        open(
            folder / result if not any(a.startswith(result) for a in argv) and "x" not in argv else os.devnull, "wb"
        ) as stdout,
    ):
        begin = time.perf_counter()
        done = subprocess.run(
            argv, cwd=folder, stdin=stdin, stdout=stdout, stderr=subprocess.PIPE, check=False, timeout=TIME_LIMIT
        )
        seconds = time.perf_counter() - begin
    if done.returncode:
        raise SystemExit(f"{' '.join(argv)}\nfailed with exit code {done.returncode}: {done.stderr.decode(errors='replace')}")
    return seconds


def copied(corpus: Corpus, folder: Path) -> list[Path]:
    """The files of a corpus, or their slices, as files of their own."""
    paths = []
    for number, file in enumerate(corpus.files):
        paths.append(folder / f"{number}-{Path(file.name).name}")
        with file.open() as source, open(paths[-1], "wb") as sink:
            shutil.copyfileobj(source, sink)
    return paths


def measure(contestants: Sequence[Contestant], files: Sequence[Path], repeat: int) -> dict[str, list[Run]]:
    """All rounds: every contestant once a round, each round in the opposite order of the one before."""
    rounds: dict[str, list[Run]] = {contestant.name: [] for contestant in contestants}
    for number in range(repeat):
        for contestant in contestants[:: 1 if number % 2 == 0 else -1]:
            print(f"round {number + 1}/{repeat}: {contestant.name}", file=sys.stderr, flush=True)
            rounds[contestant.name].append(run_once(contestant, files))
    return rounds


def summary(rounds: dict[str, list[Run]], n_bytes: int) -> list[dict[str, object]]:
    """One row per contestant, smallest file first; speeds in 10**6 original bytes a second, relative to zpaq -m5."""
    medians = {
        name: (
            runs[0].packed_bytes,
            statistics.median(r.compress_seconds for r in runs),
            statistics.median(r.decompress_seconds for r in runs),
        )
        for name, runs in rounds.items()
    }
    reference = medians.get(REFERENCE)
    return [
        {
            "compressor": name,
            "bytes": packed,
            "bits_per_byte": 8 * packed / n_bytes,
            "compress_mb_per_s": n_bytes / compress / 1e6,
            "decompress_mb_per_s": n_bytes / decompress / 1e6,
            "compress_speed_vs_zpaq_m5": reference[1] / compress if reference else None,
            "decompress_speed_vs_zpaq_m5": reference[2] / decompress if reference else None,
            "size_vs_zpaq_m5": packed / reference[0] if reference else None,
            "runs": [vars(run) for run in rounds[name]],
        }
        for name, (packed, compress, decompress) in sorted(medians.items(), key=lambda item: item[1][0])
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", nargs="?", metavar="CORPUS", help="a known name, a file or a folder, perhaps with a slice")
    parser.add_argument("-m", "--model", action="append", metavar="SPEC", help=f"repeatable; default {' '.join(MODELS)}")
    parser.add_argument("--repeat", type=int, default=3, help="rounds; the median counts (default 3)")
    parser.add_argument("--no-peers", action="store_true", help="mdlbench only")
    parser.add_argument("--commands", action="store_true", help="print the commands and stop")
    parser.add_argument("--output-path", metavar="DIR", help="write the figures with their provenance as JSON")
    given = parser.parse_args()
    if given.corpus is None and not given.commands:
        parser.error("name a corpus, such as enwik8:0:1M")

    contestants = [mdlbench(spec) for spec in given.model or MODELS] + ([] if given.no_peers else list(PEERS))
    if given.commands:
        print(tabulate([(c.name, " ".join(c.compress), " ".join(c.decompress)) for c in contestants]))
        return
    missing = [contestant.name for contestant in contestants if contestant.missing]
    present = [contestant for contestant in contestants if not contestant.missing]
    try:
        corpus = find_corpus(given.corpus)
    except MdlbenchError as error:
        parser.error(str(error))
    with tempfile.TemporaryDirectory(prefix="mdlbench-bench-") as folder:
        files = copied(corpus, Path(folder))
        tiny = Path(folder, "tiny")
        tiny.write_bytes(b"compile what is not compiled yet\n" * 40)
        for contestant in present:
            run_once(contestant, [tiny])
        rows = summary(measure(present, files, given.repeat), corpus.size)
    shown = [[value for key, value in row.items() if key != "runs"] for row in rows]
    shown = [[str(name).removeprefix("mdlbench "), *figures] for name, *figures in shown]
    shown += [[name, "missing", *[None] * 6] for name in missing]
    headers = ["", "bytes", "bits/B", "comp.", "dec.", "comp./z", "dec./z", "size/z"]
    print(f"{corpus.title}: {counted(len(files), 'file')}; each size decoded and compared")
    print(f"comp., dec.: {SPEED} of {given.repeat}\nz: {REFERENCE}\n")
    print(tabulate(shown, headers, floatfmt=("", "", ".3f", ".2f", ".2f", ".2f", ".2f", ".4f"), intfmt=",", missingval="-"))
    if given.output_path:
        values = {
            "corpus": corpus.recognised or corpus.name,
            "title": corpus.title,
            "sha256": corpus.sha256(),
            "bytes": corpus.size,
            "files": len(files),
            "speed": SPEED,
            "repeat": given.repeat,
            "rows": rows,
            "missing": missing,
        }
        print(Result(Figures("benchmark-size-speed", values)).write(given.output_path))


if __name__ == "__main__":
    main()
