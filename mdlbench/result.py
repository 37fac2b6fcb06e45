"""A result: figures with the provenance that lets somebody else get them again, as JSON."""

import json
import os
import platform
import subprocess
import sys
import time
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from mdlbench.atomic import write_new

SCHEMA = 1
_PACKAGES = ("mdlbench", "numpy", "numba", "constriction", "torch", "transformers", "tokenizers")


def provenance() -> dict[str, Any]:
    """When, where and with what: command line, commit, versions, processor, cores."""
    return {
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "command": [Path(sys.argv[0]).name, *sys.argv[1:]],
        "commit": _commit(),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "processor": processor(),
        "cores": os.cpu_count(),
        "packages": {name: found for name in _PACKAGES if (found := _version(name))},
    }


@dataclass(frozen=True)
class Result:
    """One run's figures.

    Attributes:
        kind: what was run, such as "eval"; with the schema version it names the fields of `values`.
        values: plain JSON data, no NaN or Infinity.
        provenance: see `provenance`.
    """

    kind: str
    values: dict[str, Any]
    provenance: dict[str, Any] = field(default_factory=provenance)
    schema: int = SCHEMA

    def to_json(self) -> str:
        """One JSON object: `schema` ("mdlbench.KIND/1"), the values, `provenance`."""
        document = {"schema": f"mdlbench.{self.kind}/{self.schema}", **self.values, "provenance": self.provenance}
        return json.dumps(document, indent=2, allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> "Result":
        """Read what `to_json` wrote."""
        document = json.loads(text)
        kind, _, schema = document.pop("schema").removeprefix("mdlbench.").partition("/")
        recorded = document.pop("provenance")
        return cls(kind, document, recorded, int(schema))

    def write(self, folder: str | os.PathLike[str]) -> Path:
        """Write `folder/KIND-TIME.json`, making the folder; whole, and never over an existing file."""
        Path(folder).mkdir(parents=True, exist_ok=True)
        stamp = self.provenance["time"].replace(":", "").replace("-", "")
        return write_new(Path(folder), f"{self.kind}-{stamp}", ".json", self.to_json() + "\n")


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _commit() -> str | None:
    """The commit of the source tree this package runs from, `+` if it has changes; None for an installed package."""
    folder = Path(__file__).parent
    git = ["git", "-C", str(folder)]
    try:
        tracked = subprocess.run([*git, "ls-files", "--error-unmatch", __file__], capture_output=True, check=False)
        if tracked.returncode:
            return None
        commit = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()
        dirty = subprocess.run([*git, "status", "--porcelain", "-uno"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    return commit + ("+" if dirty.strip() else "")


def processor() -> str:
    """The name of the processor, as the system gives it."""
    try:
        with open("/proc/cpuinfo", encoding="utf8") as file:
            names = [line.partition(":")[2].strip() for line in file if line.startswith("model name")]
        return names[0] if names else platform.processor()
    except OSError:
        return platform.processor()
