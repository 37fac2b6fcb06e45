"""What the page shows when a row is opened: where its figures come from, as plain JSON."""

import shlex
from typing import Any

from mdlbench.report.collect import Fields
from mdlbench.report.page import visible
from mdlbench.report.rows import Row

_MANY_ARCHIVES = 12  # of a corpus of many files the first are listed; the row's file has all


def details(row: Row) -> dict[str, Any]:
    """Groups of (name, text) pairs and a table of archives; figures as the row's file has them."""
    f, p = row.fields, row.provenance
    groups = {
        "Model": [
            ("Spec", row.spec),
            ("Digest", f.maybe_text("model.digest")),
            ("Version", f.maybe_text("model.version")),
            ("Decodes", f.maybe_text("model.portability")),
            ("Context policy", "; ".join(map(policy_text, f.items("model.policies"))) or None),
            ("Policy hash", f.maybe_text("policy_hash")),
            ("Training data", f.maybe_text("contamination")),
        ],
        "Where from": [
            ("Source", f.maybe_text("source")),
            ("Mark", f.maybe_text("mark")),
            ("Note", f.maybe_text("note")),
            ("Command", _command(p.values.get("command"))),
            ("Commit", p.maybe_text("mdlbench_commit") or p.maybe_text("commit")),
            ("Time", p.maybe_text("time")),
            ("File", f.path),
            ("Corpus", f.maybe_text("corpus.source")),
            ("Corpus SHA-256", f.maybe_text("corpus.sha256")),
        ],
        "Machine": [
            ("Processor", p.maybe_text("processor")),
            ("Cores", p.maybe_text("cores")),
            ("Threads, jobs", _joined(f.maybe_text("threads"), f.maybe_text("jobs"))),
            ("Device", f.maybe_text("device")),
            ("System", p.maybe_text("platform")),
            ("Python", p.maybe_text("python")),
            ("Packages", _packages(p.values.get("packages"))),
        ],
        "Encode": _timing(f, "encode"),
        "Decode": _timing(f, "decode"),
        "Adjusted size": _adjusted(f),
    }
    kept = {title: [[name, visible(text)] for name, text in pairs if text] for title, pairs in groups.items()}
    return {"groups": [[title, pairs] for title, pairs in kept.items() if pairs], "archives": _archives(f)}


def policy_text(policy: Any) -> str:
    """A context policy on one line: `block_size 65536, window 1024`."""
    return ", ".join(f"{name} {value}" for name, value in policy.items()) if isinstance(policy, dict) else str(policy)


def _command(words: Any) -> str | None:
    return shlex.join(map(str, words)) if isinstance(words, list) and words else None


def _joined(*texts: str | None) -> str | None:
    return ", ".join(text for text in texts if text) or None


def _packages(found: Any) -> str | None:
    return ", ".join(f"{name} {version}" for name, version in found.items()) if isinstance(found, dict) else None


def _timing(f: Fields, name: str) -> list[tuple[str, str | None]]:
    def seconds(field: str) -> str | None:
        values = f.numbers(f"{name}.{field}")
        return ", ".join(f"{value:.3f}" for value in values) + " s" if values else None

    spread, start, peak = (f.maybe_number(f"{name}.{x}") for x in ("spread_wall_seconds", "start_seconds", "peak_bytes"))
    return [
        ("Wall, whole process", seconds("wall_seconds")),
        ("Spread of wall times", None if spread is None else f"{spread:.3f} s"),
        ("CPU", seconds("cpu_seconds")),
        ("Coding alone", seconds("coding_seconds")),
        ("Start-up", None if start is None else f"{start:.3f} s"),
        ("Peak memory", None if peak is None else f"{peak:,.0f} bytes"),
    ]


def _adjusted(f: Fields) -> list[tuple[str, str | None]]:
    names = {
        "Code": "code", "Weights as shipped": "weights", "Weights at 16 bits": "weights_16bit",
        "Container + code + weights": "total", "... weights at 16 bits": "total_16bit",
        "Breaks even at a corpus of": "break_even_bytes",
    }  # fmt: skip
    values = [(label, f.maybe_number(f"adjusted.{name}")) for label, name in names.items()]
    pairs: list[tuple[str, str | None]] = [(label, None if v is None else f"{v:,.0f} bytes") for label, v in values]
    return [*pairs, ("... against", f.maybe_text("adjusted.break_even_against"))] if pairs[-1][1] else pairs


def _archives(f: Fields) -> dict[str, Any] | None:
    """Each archive beside the log of the fresh process that decoded it."""
    archives, logs = f.parts("archives"), f.parts("decode_log")
    if not archives:
        return None
    rows = []
    for archive, log in list(zip(archives, [*logs, *[None] * len(archives)], strict=False))[:_MANY_ARCHIVES]:
        rows.append([
            visible(archive.text("name")),
            archive.number("bytes"),
            archive.number("container_bytes"),
            visible(archive.maybe_text("sha256") or ""),
            visible((log and log.maybe_text("output_sha256")) or ""),
            log and log.maybe_number("exit_code"),
            log and log.maybe_number("seconds"),
        ])  # fmt: skip
    command = _command(logs[0].values.get("command")) if logs else None
    fresh = bool(logs) and all(log.true("fresh_process") for log in logs)
    python = logs[0].maybe_text("python") if logs else None
    return {"rows": rows, "total": len(archives), "command": visible(command or ""), "fresh": fresh, "python": python}
