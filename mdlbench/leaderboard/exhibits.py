"""What is shown of rows: a ranked table for each group, size against speed, bits along the file, ledgers, adjusted sizes.

The terminal prints `board_exhibits`; a page has `section`. `pictures.py` makes the charts.
"""

import re
import shlex
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from operator import attrgetter
from typing import Any

from mdlbench.codec.ledger import NOTABLE_FRAMING
from mdlbench.leaderboard.derived import COLUMNS, flat
from mdlbench.leaderboard.pictures import ledger_table, pictures
from mdlbench.leaderboard.ranking import Board, Group, groups, imposed, is_busy, processor_of
from mdlbench.leaderboard.result import PublishedRow, Row, Timing
from mdlbench.models.decoders import RULE
from mdlbench.result.exhibits import Cell, Details, Exhibit, Finding, Folder, Measure, Note, Part, Section, Table, shows
from mdlbench.result.exhibits import Row as Line
from mdlbench.result.reading import Found
from mdlbench.text import counted

PUBLISHED_TITLE = "published by others, not measured here; whole files"
_WAITED = "original bytes per second of whole processes, start included, on one core unless -j says otherwise; median"
LEGEND = textwrap.fill(
    "bytes: of containers that fresh processes decoded to the same corpus. ideal: the sum of -log2 p, no file's size. "
    f"framing: what of a container is no payload, told from {100 * NOTABLE_FRAMING:.0f} % on. encode, decode: {_WAITED}. "
    f"memory: the larger of both ways. {RULE}.",
    80,
    break_on_hyphens=False,
)
_SIZE = Measure("bytes", "", "count", 4, "of containers that fresh processes decoded to the same corpus", "less")
_ENCODE = Measure("encode", form="rate", definition=_WAITED, better="more")
_DECODE = Measure("decode", form="rate", definition=_WAITED, better="more")
_RANKED = {  # where a row has it: published ones under one name, encode_bytes_per_second, or not at all
    "model.spec": Measure("model"),
    "container_bytes": _SIZE,
    "bits_per_byte": Measure("bits per byte", form="fixed", digits=4, better="less"),
    "ratio": Measure("ratio", "", "fixed", 3, "bytes of the original for each of the container", "more"),
    "ideal_bits_per_byte": Measure(
        "ideal bits per byte", "", "fixed", 4, "the sum of −log2 p per byte: no file's size", "less"
    ),
    "encode.bytes_per_second": _ENCODE,
    "decode.bytes_per_second": _DECODE,
    "peak_bytes": Measure("memory", "", "bytes", 4, "of the largest process, the larger of both ways", "less"),
    "adjusted.total": Measure("adjusted bytes", "", "count", 4, RULE, "less"),
}
_ranked_cells = attrgetter(*_RANKED)
_PUBLISHED = {
    "corpus": Measure("corpus"),
    "model": Measure("model"),
    "container_bytes": _SIZE,
    "bits_per_byte": Measure("bits per byte", form="fixed", digits=3),
    "adjusted_percent": Measure("adjusted", "%", "fixed", 1, "with the weights, of the raw size"),
    "encode_bytes_per_second": _ENCODE,
    "decode_bytes_per_second": _DECODE,
    "source": Measure("source", definition="where the figure was published"),
    "mark": Measure("mark", definition="what sets the figure apart from those measured here"),
    "note": Measure("notes"),
}
_TIMES = {
    "Wall, whole process": "wall_seconds",
    "Spread of wall times": "spread_wall_seconds",
    "CPU": "cpu_seconds",
    "Coding alone, once the model is ready": "coding_seconds",
    "Start-up": "start_seconds",
}
_SIZES = {
    "Decoder, packed": "code",
    "Weights as shipped": "weights",
    "Weights at 16 bits": "weights_16bit",
    "Container + decoder + weights": "total",
    "... weights at 16 bits": "total_16bit",
    "Breaks even at a corpus of": "break_even_bytes",
}
_FRAMED = "headers, index and trailer of the container, which do not grow with the text: compare ideal bits per byte"
_TERMS = {
    "ideal code length": "the sum of −log2 p over all symbols; nothing was coded, so it is no size",
    "payloads, not split": "blocks of programs that tell no probabilities",
    "raw blocks": "blocks stored as they are, since coding would have made them longer",
    "quantisation": "what rounding probabilities to integers costs, or saves",
    "coder": "what the entropy coder adds to that",
    "header": "what a container says of itself: models, digests, policy",
    "block headers": "lengths and checksum of each block",
    "index": "where blocks begin",
    "trailer": "length and digest of the whole",
    "container": "the compressed file; header, blocks and trailer",
    "exact": "decodes on any machine",
    "environment": "decodes under the same software and kind of device",
    "baseline": "another program, measured for comparison",
    "context policy": "block size and window: what each prediction may see",
}
_MANY_ARCHIVES = 12  # of a corpus of many files the first are listed; the row's file has all


@shows(Row, PublishedRow)
def section(results: Sequence[Found[Row | PublishedRow]]) -> Section:
    """A part for each group of rows that may be ranked together."""
    rows = [found for found in results if isinstance(found.payload, Row)]
    others = [found.payload for found in results if isinstance(found.payload, PublishedRow)]
    parts = groups(rows, others)  # type: ignore[arg-type]
    shown = tuple(map(_part, parts))
    n_rows, n_published = sum(len(group.rows) for group in parts), sum(len(group.published) for group in parts)
    older = sum(group.older for group in parts)
    extra = f", {n_published} published" if n_published else ""
    left_out = f", {counted(older, 'older run')} of the same setting left out" if older else ""
    return Section(
        title="Leaderboard",
        summary=f"{counted(n_rows, 'row')} measured{extra} on {counted(len(parts), 'corpus slice')}{left_out}",
        parts=shown,
        front=tuple(one for part in shown for one in part.exhibits if isinstance(one, Table) and one.ranked),
        findings=tuple(map(_finding, sorted((one for one in parts if one.rows), key=lambda one: -len(one.rows)))),
        terms=_TERMS,
        rank=10,
        counts={"rows": n_rows, "published": n_published, "slices": len(parts), "older": older},
        facets=("corpus", "decodes", "baseline"),
    )


def _finding(group: Group) -> Finding:
    """Who needs fewest bits, against the best of the other sort: a baseline for a model, a model for a baseline."""
    rate = _RANKED["bits_per_byte"]
    best, *others = [found.payload for found in group.rows]
    rival = next((row for row in others if row.baseline != best.baseline), None)
    claim = f"On {group.title}, {best.model.spec} needs {rate.text(best.bits_per_byte)} bits per byte in a file that decodes"
    claim += f" (its training data: {best.contamination})" if best.contamination else ""
    if rival is None:
        return Finding(claim)
    sort = "other programs" if rival.baseline else "models that are no baseline"
    return Finding(claim, f"the best of {sort}, {rival.model.spec}, needs {rate.text(rival.bits_per_byte)}")


def _part(group: Group) -> Part:
    shown: list[Exhibit] = [ranked_table(group, details=True), *_policies(group), *pictures(group)]
    if any(row.payload.ledger.bytes for row in group.rows):
        shown.append(ledger_table(group))
    return Part(group.title, tuple(shown), _facts(group))


def board_exhibits(board: Board) -> list[Exhibit]:
    """The tables of a board, what their columns mean, and published figures in a table of their own."""
    shown: list[Exhibit] = [ranked_table(group) for group in board.groups]
    shown += [Note(LEGEND)] if board.groups else []
    shown += [published_table(board.published)] if board.published else []
    return shown or [Note("no rows")]


def ranked_table(group: Group, *, details: bool = False) -> Table:
    """A group's rows, best first; published figures of the same bytes below them.

    Args:
        details: what stands behind each row, for those who can open it; rows must be whole.
    """
    marks = group.policies if details else {}
    lines = [_line(row, group.title, marks, _details(row) if details else None) for row in group.rows]
    lines += [_published_line(row, group.title) for row in group.published]
    return Table(group.title, tuple(_RANKED.values()), tuple(lines), group.notes, ranked=True, bar=2)


def _line(found: Found[Row], corpus: str, marks: Mapping[str, str], details: Details | None) -> Line:
    row = found.payload
    facets = {"corpus": corpus, "decodes": row.model.portability, "baseline": "yes" if row.baseline else "no"}
    return Line(_ranked_cells(row), tuple(_tags(found, marks.get(row.policy_hash, "A"))), facets, details)


def _tags(found: Found[Row], mark: str) -> Iterable[tuple[str, str]]:
    row = found.payload
    known = (
        (short_version(row.model.version or ""), row.model.version or "", row.model.version is not None),
        ("baseline", "added by --baselines", row.baseline),
        ("environment", "decodes under the same software and kind of device", row.model.portability == "environment"),
        ("contaminated?", row.contamination or "", row.contamination is not None),
        (f"policy {mark}", "another context policy than most rows here", mark != "A"),
        (row.device, "where it ran", row.device != "cpu"),
        (f"-j {row.jobs}", "worker processes", row.jobs > 1),
        (f"framing {100 * row.framing_share:.0f} %", _FRAMED, row.framing_share > NOTABLE_FRAMING),
        ("busy", "the machine did something else as well: speeds mean little", is_busy(found)),
    )
    return [(text, tip) for text, tip, holds in known if holds]


def short_version(text: str) -> str:
    """What a program says of its version, as name and number.

    Example:
        >>> short_version("7-Zip [64] 26.02 : Copyright (c) 1999-2026"), short_version("zpaq v7.15 journaling archiver")
        ('7-Zip 26.02', 'zpaq 7.15')
    """
    found = re.match(r"(\S+).*?(?<![\w.])v?(\d+(?:\.\d+)+)", text)
    return f"{found[1]} {found[2]}" if found else text[:24]


def _published_line(row: PublishedRow, corpus: str) -> Line:
    _, *others = (getattr(row, way.replace(".", "_"), None) for way in _RANKED)
    tags = ((row.source, row.note), (row.mark, ""))
    return Line((row.model, *others), tuple(tag for tag in tags if tag[0]), {"corpus": corpus}, published=True)


def published_table(rows: Sequence[PublishedRow]) -> Table:
    """Figures of others by themselves."""
    cells = [[None if name == "mark" and not row.mark else getattr(row, name) for name in _PUBLISHED] for row in rows]
    return Table.of(PUBLISHED_TITLE, tuple(_PUBLISHED.values()), cells, name=1)


def every_figure(board: Board) -> Table:
    """All single figures of all rows, for programs: a column for each, named as in the JSON of `show`."""
    names = ["table", "rank", *COLUMNS, "source", "mark", "note"]
    lines: list[Mapping[str, Any]] = [
        {"table": group.title, "rank": rank, **flat(row)} for group in board.groups for rank, row in enumerate(group.rows, 1)
    ]
    lines += [{"table": PUBLISHED_TITLE, **_flat_published(row)} for row in board.published]
    cells: list[list[Cell]] = [[line.get(name, "") for name in names] for line in lines]
    return Table.of("", [Measure(name) for name in names], cells)


def board_json(board: Board) -> dict[str, Any]:
    """A board as plain data: every single figure of every row, by name."""
    groups = [
        {
            "title": group.title,
            "block_size": imposed(group.rows[0].payload),
            "notes": list(group.notes),
            "rows": [{"rank": rank, **flat(row)} for rank, row in enumerate(group.rows, 1)],
        }
        for group in board.groups
    ]
    return {
        "schema": "mdlbench.leaderboard/1",
        "groups": groups,
        "published": [asdict(row) for row in board.published],
        "refused": [{"path": path, "reason": reason} for path, reason in board.refused],
    }


def _flat_published(row: PublishedRow) -> dict[str, Any]:
    """As `flat`; names that measured rows do not have are left out by whoever asks."""
    corpus = {"corpus_name": row.corpus, "corpus_start": 0, "corpus_end": row.corpus_bytes}
    return {**asdict(row), **corpus, "model_spec": row.model, "input_bytes": row.corpus_bytes}


def _facts(group: Group) -> str:
    if not group.rows:
        return "published figures only"
    machines = sorted(set(map(processor_of, group.rows)))
    threads = sorted({row.payload.threads for row in group.rows})
    facts = [counted(len(group.rows), "row") + " measured"]
    if len(machines) == 1:
        facts.append(machines[0] + (f", {counted(threads[0], 'thread')}" if len(threads) == 1 else ""))
    else:
        facts.append(f"speeds from {len(machines)} machines: compare them with care")
    facts.append(f"SHA-256 {group.rows[0].payload.corpus.sha256[:16]}…")
    facts += [f"{counted(group.older, 'older run')} left out"] if group.older else []
    return " · ".join(facts)


def _policies(group: Group) -> list[Exhibit]:
    """What the policy marks stand for; nothing where all rows agree."""
    if len(group.policies) < 2:
        return []
    texts = {row.payload.policy_hash: "; ".join(map(policy_text, row.payload.model.policies)) for row in group.rows}
    rows = [(mark, texts[name] or "not recorded") for name, mark in group.policies.items()]
    table = Table.of("Rows tagged “policy B” and on were coded under another one than the rest (A)", _POLICY, rows)
    return [Folder("Context policies differ", (table,))]


_POLICY = (
    Measure("policy", definition="the context policy of a row, by a letter"),
    Measure("what each prediction sees", definition="the block, and of it the window before the symbol"),
)


def policy_text(policy: Mapping[str, Any]) -> str:
    """A context policy on one line: `block_size 65536, window 1024`."""
    return ", ".join(f"{name} {value}" for name, value in policy.items())


def _details(found: Found[Row]) -> Details:
    """Where a row's figures come from."""
    row, recorded = found.payload, found.result.provenance
    command, packages = recorded.get("command"), recorded.get("packages")
    commit = recorded.get("mdlbench_commit") or recorded.get("commit")
    groups: dict[str, list[tuple[str, Any]]] = {
        "Model": [
            ("Spec", row.model.spec),
            ("Digest", row.model.digest),
            ("Version", row.model.version),
            ("Decodes", row.model.portability),
            ("Context policy", "; ".join(map(policy_text, row.model.policies))),
            ("Policy hash", row.policy_hash),
            ("Training data", row.contamination),
        ],
        "Where from": [
            ("Command", shlex.join(map(str, command)) if isinstance(command, list) else None),
            ("Commit", commit),
            ("Time", found.result.time),
            ("File", found.path),
            ("Corpus", row.corpus.source),
            ("Corpus SHA-256", row.corpus.sha256),
        ],
        "Machine": [
            ("Processor", recorded.get("processor")),
            ("Cores", recorded.get("cores")),
            ("Threads, jobs", f"{row.threads}, {row.jobs}"),
            ("Device", row.device),
            ("System", recorded.get("platform")),
            ("Python", recorded.get("python")),
            ("Packages", ", ".join(f"{n} {v}" for n, v in packages.items()) if isinstance(packages, dict) else None),
        ],
        "Encode": _timed(row.encode),
        "Decode": _timed(row.decode),
        "Adjusted size": [
            *((name, _in_bytes(getattr(row.adjusted, field))) for name, field in _SIZES.items()),
            ("... against", row.adjusted.break_even_against if row.adjusted.break_even_bytes is not None else None),
            ("No figure", row.adjusted.reason or None),
            ("Framing of the container", _in_bytes(row.framing_bytes)),
            *_charged_to_none(row),
        ],
    }
    kept = tuple((title, tuple((name, str(text)) for name, text in pairs if text)) for title, pairs in groups.items())
    return Details(tuple(group for group in kept if group[1]), _archives(row))


def _charged_to_none(row: Row) -> list[tuple[str, str]]:
    """The runtimes that a model needs beside what is charged."""
    models = row.ledger.beside["model_bytes"].values()
    names = sorted({name for model in models for name in model.get("shared", ())})
    return [("Shared runtimes, not charged", ", ".join(names))] if names else []


def _timed(timing: Timing) -> list[tuple[str, str | None]]:
    shown = [(name, getattr(timing, field)) for name, field in _TIMES.items()]
    seconds = [(name, value if isinstance(value, tuple) else (value,)) for name, value in shown]
    texts = [(name, ", ".join(f"{value:.3f}" for value in values) + " s") for name, values in seconds]
    return [*texts, ("Peak memory", _in_bytes(timing.peak_bytes))]


def _in_bytes(size: int | None) -> str | None:
    return None if size is None else f"{size:,} bytes"


def _archives(row: Row) -> tuple[Table, ...]:
    """Each archive beside the log of the fresh process that decoded it."""
    if not row.archives:
        return ()
    pairs = list(zip(row.archives, row.decode_log, strict=False))
    sizes = (Measure("original", form="count", definition="bytes of the file"), Measure("container", form="count"))
    decoded = Measure("decoded", definition="how the fresh process that decoded it ended")
    named = Measure("archive of", definition="the file that a container is of")
    columns = (named, *sizes, decoded, Measure("archive SHA-256", definition="digest of the container"))
    cells = [
        (a.name, a.bytes, a.container_bytes, f"exit code {log.exit_code}, {log.seconds:.2f} s", a.sha256)
        for a, log in pairs[:_MANY_ARCHIVES]
    ]
    fresh = all(log.fresh_process for _, log in pairs)
    notes = [f"a fresh process decoded each to the original's SHA-256: {shlex.join(pairs[0][1].command)}"] if fresh else []
    notes += [f"{len(pairs) - len(cells)} more archives: the row's file has them"] if len(pairs) > len(cells) else []
    return (Table.of("Archives, and their decoding", columns, cells, notes=tuple(notes)),)
