"""Leaderboard rows made up for tests: the form of real ones, figures from a seeded generator."""

import hashlib
import json
import math
import random
from pathlib import Path
from typing import Any

UNIT = 4096
MODELS = (  # spec, bits per byte, encode and decode in bytes per second, code, weights
    ("hf:./smol-135m,context=1024", 1.31, 3.1e3, 2.2e3, 61_000, 269_060_552),
    ("cm,level=9", 1.70, 1.8e5, 1.9e5, 48_000, 0),
    ("mix", 1.66, 4.1e4, 4.0e4, 52_000, 2_400_000),
    ("cm", 1.737, 4.2e5, 4.3e5, 48_000, 0),
    ("external:zpaq,level=5", 1.754, 3.6e5, 3.6e5, 410_000, 0),
    ("ngram", 2.29, 4.1e5, 4.9e5, 21_000, 0),
    ("external:ppmd", 1.967, 7.3e6, 6.8e6, 96_000, 0),
    ("external:brotli", 2.231, 4.5e5, 1.3e8, 790_000, 0),
    ("external:xz", 2.259, 2.1e6, 4.9e7, 180_000, 0),
    ("external:bzip2", 2.33, 1.17e7, 2.28e7, 74_000, 0),
    ("external:zstd", 2.35, 1.9e6, 1.38e8, 900_000, 0),
    ("external:gzip", 2.81, 1.4e7, 9.8e7, 98_000, 0),
    ("external:lz4", 3.31, 4.4e7, 4.1e8, 130_000, 0),
    ("kt,order=2", 3.41, 8.7e5, 7.9e5, 14_000, 0),
    ("uniform", 8.0, 6e6, 6e6, 9_000, 0),
)
HOSTILE = "</script><script>window.hacked=1</script><img src=x onerror=window.hacked=1>&\"'\u202egnp.exe \u2028 日本 😀"


def make_rows(folder: Path, count: int = len(MODELS), size: int = 4_000_000, **changes: Any) -> list[Path]:
    """Write `count` rows on one corpus of `size` bytes; `changes` are top-level fields that each row takes over."""
    paths = []
    for number in range(count):
        model = MODELS[number % len(MODELS)]
        spec = model[0] + (f",variant={number // len(MODELS)}" if number >= len(MODELS) else "")
        row = {**make_row((spec, *model[1:]), size, seed=number), **changes}
        paths.append(write(folder, row))
    return paths


def write(folder: Path, row: dict[str, Any]) -> Path:
    """Write a row below `folder` as the leaderboard would, without its seal."""
    slug = hashlib.sha256(row["model"]["spec"].encode()).hexdigest()[:12]
    path = folder / "".join(c if c.isalnum() else "-" for c in row["corpus"]["name"][:40]) / slug
    path.mkdir(parents=True, exist_ok=True)
    path = path / f"{len(list(path.iterdir()))}.json"
    path.write_text(json.dumps(row), encoding="utf8")
    return path


def make_row(model: tuple[Any, ...], size: int, seed: int) -> dict[str, Any]:
    """One row of `model` (see MODELS) on `size` bytes."""
    spec, rate, encode, decode, code, weights = model
    rng = random.Random(seed)
    external = spec.startswith("external:")
    rate *= 1 + 0.02 * rng.random()
    units = None if external else _units(size, rate, rng, seed)
    parts = {
        "header": rng.randrange(20, 60),
        "block_headers": 14 * -(-size // 2**20),
        "payloads": 0,
        "raw_blocks": 0,
        "index": 24,
        "trailer": 26,
    }
    split = None
    if units is None:
        parts["payloads"] = int(rate * size / 8)
    else:
        split = {"ideal": sum(units), "quantisation": size * rng.uniform(-2e-4, 2e-3), "coder": rng.uniform(200, 6000)}
        split["coder"] += -sum(split.values()) % 8
        parts["payloads"] = round(sum(split.values()) / 8)
    container = sum(parts.values())
    break_even = math.ceil(8 * (code + weights) / (2.259 - 8 * container / size)) if 8 * container / size < 2.259 else None
    archive = hashlib.sha256(f"{spec} {seed}".encode()).hexdigest()
    corpus = hashlib.sha256(str(size).encode()).hexdigest()
    beside = {"model_bytes": {spec: {"code": code, "weights": weights, "weights_16bit": weights}}}
    return {
        "schema": "mdlbench.leaderboard-row/1",
        "corpus": {
            "name": "enwik8", "start": 0, "end": size, "bytes": size, "sha256": corpus, "source": f"enwik8.first{size}",
            "recognised": f"enwik8:0:{size}", "files": [{"name": "enwik8", "bytes": size, "sha256": corpus}],
        },
        "model": {
            "spec": spec, "digest": archive[:16], "portability": "environment" if spec.startswith("hf:") else "exact",
            "version": "5.4.1" if external else None, "policies": [{"block_size": 2**20, "context": "reset"}],
        },
        "policy_hash": "0f" * 8, "device": "cpu", "threads": 1, "jobs": 1,
        "input_bytes": size, "container_bytes": container, "bits_per_byte": 8 * container / size, "ratio": size / container,
        "ideal_bits": split and split["ideal"], "ideal_bits_per_byte": split and split["ideal"] / size,
        "archives": [{"name": "enwik8", "bytes": size, "container_bytes": container, "sha256": archive}],
        "ledger": {"bytes": parts, "payload_bits": split, "beside": beside},
        "encode": _timing(size, encode, rng), "decode": _timing(size, decode, rng),
        "adjusted": {
            "code": code, "weights": weights, "weights_16bit": weights, "total": container + code + weights,
            "total_16bit": container + code + weights, "break_even_bytes": break_even, "break_even_against": "external:xz",
        },
        "contamination": "enwik8 is Wikipedia, which its training data include" if spec.startswith("hf:") else None,
        "baseline": external, "published": False,
        "units": units and {"unit_bytes": UNIT, "ideal_bits": units},
        "decode_log": [{
            "command": ["python", "-m", "mdlbench", "decompress", "-c", "archive.mdlz", "-m", spec], "exit_code": 0,
            "archive_sha256": archive, "output_sha256": corpus, "output_bytes": size,
            "fresh_process": True, "seconds": size / decode, "python": "3.11.2",
        }],
        "provenance": _provenance(spec, seed),
    }  # fmt: skip


def published(spec: str, rate: float, size: int) -> dict[str, Any]:
    """A figure of others on the corpus of `make_row`: no ledger, no archive, no time."""
    row = make_row((spec, rate, 1e6, 1e6, 0, 0), size, 1)
    container = int(rate * size / 8)
    row |= {
        "published": True,
        "source": "LTCB",
        "mark": "2nd",
        "container_bytes": container,
        "bits_per_byte": rate,
        "ratio": 8 / rate,
    }
    row |= dict.fromkeys(
        ("ledger", "encode", "decode", "adjusted", "units", "archives", "decode_log", "policy_hash", "ideal_bits")
    )
    return row


def _units(size: int, rate: float, rng: random.Random, seed: int) -> list[float]:
    count = -(-size // UNIT)
    slow = [0.25 * math.sin(5 * i / count + seed) + 0.5 * math.exp(-40 * i / count) for i in range(count)]
    text = random.Random(7)
    hard = [text.gauss(0, 0.22) for _ in range(count)]
    lengths = [min(UNIT, size - i * UNIT) for i in range(count)]
    values = [max(0.05, rate * (1 + 0.25 * a + 0.6 * b + rng.gauss(0, 0.02))) for a, b in zip(slow, hard, strict=True)]
    scale = rate * size / sum(v * n for v, n in zip(values, lengths, strict=True))
    return [round(v * n * scale, 3) for v, n in zip(values, lengths, strict=True)]


def _timing(size: int, speed: float, rng: random.Random) -> dict[str, Any]:
    coding = [size / speed * (1 + 0.05 * rng.random()) for _ in range(3)]
    start = 0.2 + rng.random() / 10
    wall, median = [c + start for c in coding], sorted(coding)[1]
    return {
        "wall_seconds": wall, "cpu_seconds": wall, "coding_seconds": coding, "peak_bytes": rng.randrange(20, 900) * 10**6,
        "median_wall_seconds": median + start, "spread_wall_seconds": max(wall) - min(wall), "median_coding_seconds": median,
        "bytes_per_second": size / median, "start_seconds": start,
    }  # fmt: skip


def _provenance(spec: str, seed: int) -> dict[str, Any]:
    return {
        "time": f"2026-01-02T03:{seed // 60 % 60:02d}:{seed % 60:02d}Z",
        "command": ["mdlbench", "leaderboard", "run", "-C", "enwik8:0:4000000", "-m", spec, "--output-path", "results"],
        "commit": "7fc224e0d1a2b3c4d5e6f708192a3b4c5d6e7f80", "mdlbench_commit": "7fc224e0d1a2b3c4d5e6f708192a3b4c5d6e7f80",
        "python": "3.11.2", "platform": "Linux-6.1.0-x86_64-with-glibc2.36", "processor": "AMD EPYC 9B14", "cores": 2,
        "packages": {"mdlbench": "0.1.0", "numpy": "2.3.1", "numba": "0.61.0", "constriction": "0.5.0", "torch": "2.13.0"},
    }  # fmt: skip
