"""What each way to install weighs and takes: python benchmarks/install.py --output-path results

For each way, in a fresh virtual environment: seconds of `pip install` (no cache of downloads, so the network counts), and the
bytes of the files that it added. Packages come from where pip is set up to look: with PyPI's own torch, CUDA's libraries come
along and weigh some gigabytes more. The result records which torch was installed.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from mdlbench.result import Figures, Result

ROOT = Path(__file__).parents[1]
WAYS = {  # what is installed, and who needs it
    ".": "code files, built-in models, processes of known entropy",
    ".[torch]": "evaluate and code with language models (`hf:`); train",
    ".[external]": "zstd, brotli and PPMd through the same harness",
    ".[report]": "one page of all results; pictures",
    ".[test]": "everything, and the tests",
}


def weight(folder: Path) -> int:
    """Bytes of all files below a folder."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file() and not file.is_symlink())


def measure(target: str) -> dict[str, str | float]:
    """Install one target into a fresh environment."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        pip = [f"{folder}/bin/pip", "--disable-pip-version-check"]
        before, start = weight(Path(folder)), time.monotonic()
        subprocess.run([*pip, "install", "--quiet", "--no-cache-dir", target], cwd=ROOT, check=True, stderr=subprocess.DEVNULL)
        seconds = time.monotonic() - start
        listed = json.loads(subprocess.run([*pip, "list", "--format", "json"], capture_output=True, check=True).stdout)
        torch = next((package["version"] for package in listed if package["name"] == "torch"), "none")
        added = weight(Path(folder)) - before
        return {"install": target, "for": WAYS[target], "seconds": round(seconds, 1), "bytes": added, "torch": torch}


def main() -> None:
    """Measure every way, in turn."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output-path", metavar="DIR", help="write the figures with their provenance as JSON")
    given = parser.parse_args()
    rows = []
    for target in WAYS:
        rows.append(measure(target))
        print(
            f"{target:12} {rows[-1]['bytes'] / 1e6:8,.0f} MB {rows[-1]['seconds']:6.0f} s, torch {rows[-1]['torch']}",
            flush=True,
        )
    if given.output_path:
        print(Result(Figures("benchmark-install", {"rows": rows})).write(given.output_path))


if __name__ == "__main__":
    main()
