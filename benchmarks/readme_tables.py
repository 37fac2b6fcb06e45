"""Write the tables of every README.md from the measurements in results/: python benchmarks/readme_tables.py

Replaces what stands between `<!-- NAME -->` and `<!-- /NAME -->`. A test holds each README.md against what this writes.
"""

import argparse
import json
import re
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from tabulate import tabulate

from mdlbench.algorithmic import tables as algorithmic
from mdlbench.algorithmic.result import AgainstProgram, Described
from mdlbench.beliefs import tables as belief_tables
from mdlbench.beliefs import verdict
from mdlbench.beliefs.result import BeliefGeometry, Setting
from mdlbench.evaluation.exhibits import tables
from mdlbench.leaderboard import Query, load_board
from mdlbench.lossarea import exhibits as lossarea
from mdlbench.lossarea.llama_exhibits import needed, of_fit
from mdlbench.lossarea.result import LossArea, LossAreaLlama
from mdlbench.models.decoders import RULE
from mdlbench.prequential.probing.exhibits import overview
from mdlbench.prequential.probing.result import Probe
from mdlbench.prequential.result import Prequential
from mdlbench.prequential.tables import estimate, how
from mdlbench.report import terminal
from mdlbench.result import collect
from mdlbench.result.exhibits import NONE, Estimate, Measure, Table, newest
from mdlbench.units import nats_to_bits

SPEED = "whole process"  # in every table: start included, on one core
ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "results"


def size_speed(name: str) -> tuple[str, list[dict]]:
    """What one size_speed.py run measured, called as its digests prove, and its rows."""
    document = json.loads((RESULTS / f"size_speed-{name}.json").read_text(encoding="utf8"))
    return document.get("title", f"{document['bytes']:,} bytes, not proven to be of any corpus"), document["rows"]


def models_table() -> str:
    """Sizes and speeds on the first 1,000,000 bytes of enwik8, mdlbench's models beside the peers."""
    title, rows = size_speed("enwik8-1M")
    table = [
        [
            f"**`{row['compressor'].removeprefix('mdlbench ')}`**" if "mdlbench" in row["compressor"] else row["compressor"],
            f"{row['bytes']:,}",
            f"{1e6 / row['bytes']:.2f}",
            f"{row['bits_per_byte']:.3f}",
            f"{row['compress_mb_per_s']:.2f}",
            f"{row['decompress_mb_per_s']:.2f}",
        ]
        for row in rows
    ]
    speeds = [f"{way} MB/s, {SPEED}" for way in ("compress", "decompress")]
    headers = [title, "bytes", "ratio", "bits per byte", *speeds]
    return tabulate(table, headers, tablefmt="github", colalign=("left", *["right"] * 5), disable_numparse=True)


def online_table() -> str:
    """Networks that learn the file, on the first 1,000,000 bytes of enwik8, beside `cm` and published online learners."""
    title, rows = size_speed("enwik8-1M-online")
    table = [
        [
            f"`{row['compressor'].removeprefix('mdlbench ')}`",
            f"{row['bytes']:,}",
            f"{row['bits_per_byte']:.3f}",
            f"{1e3 * row['compress_mb_per_s']:.1f}",
            f"{1e3 * row['decompress_mb_per_s']:.1f}",
        ]
        for row in rows
    ]
    table += [[*row] for row in ONLINE_ELSEWHERE]
    headers = [title, "bytes", "bits per byte", f"compress kB/s, {SPEED}", f"decompress kB/s, {SPEED}"]
    return tabulate(table, headers, tablefmt="github", colalign=("left", *["right"] * 4), disable_numparse=True)


ONLINE_ELSEWHERE = (  # not measured here: the design note's reference machine; arXiv 2605.02904, seen in a secondary copy
    ("lstm-compress (the design note's reference machine)", "301,243", "2.410", "4.5", NONE),
    ("online Mamba in C (published, arXiv 2605.02904)", NONE, "2.123", NONE, NONE),
)


def zpaq_table() -> str:
    """The default model against zpaq -m5, on three corpora."""
    table = []
    for corpus in ("enwik8-1M", "enwik8-4M", "canterbury"):
        title, measured = size_speed(corpus)
        rows = {row["compressor"]: row for row in measured}
        ours, theirs = rows["mdlbench cm"], rows["zpaq -m5 -t1"]
        speeds = [f"{ours[f'{way}_speed_vs_zpaq_m5']:.2f}" for way in ("compress", "decompress")]
        table.append([title, f"{ours['bytes']:,}", f"{theirs['bytes']:,}", *speeds])
    headers = ["`cm` against `zpaq -m5 -t1`", "`cm` bytes", "zpaq bytes", f"speed ratio, {SPEED}: compress", "decompress"]
    return tabulate(table, headers, tablefmt="github", colalign=("left", *["right"] * 4), disable_numparse=True)


def leaderboard_table(only: Collection[str] | None = None) -> str:
    """The rows of the first 4,000,000 bytes of enwik8, smallest container first; the baselines' names in plain type.

    Args:
        only: specs of models, or None for all.
    """
    (group,) = load_board(RESULTS, Query(corpora=("enwik8:0:4000000",))).groups
    table = [
        [
            row.model.spec if row.baseline else f"**`{row.model.spec}`**",
            f"{row.container_bytes:,}",
            f"{row.bits_per_byte:.3f}",
            NONE if row.ideal_bits_per_byte is None else f"{row.ideal_bits_per_byte:.3f}",
            f"{row.encode.bytes_per_second / 1e6:.2f}",
            f"{row.decode.bytes_per_second / 1e6:.2f}",
            NONE if row.adjusted.total is None else f"{row.adjusted.total:,}",
        ]
        for row in (found.payload for found in group.rows)
        if only is None or row.model.spec in only
    ]
    speeds = [f"{way} MB/s, {SPEED}" for way in ("encode", "decode")]
    headers = [group.title, "bytes", "bits per byte", "ideal", *speeds, "adjusted bytes"]
    return tabulate(table, headers, tablefmt="github", colalign=("left", *["right"] * 6), disable_numparse=True)


def gap_table() -> str:
    """Sources of known rate: how many bits a symbol above it each model's file is."""
    sources = json.loads((RESULTS / "entropy_gap.json").read_text(encoding="utf8"))["sources"]
    gaps = ["gap, own filter", *(f"gap, `{row['model']}`" for row in sources[0]["models"][1:])]
    table = [
        [
            source["source"],
            f"{source['rate_used']:.6f}",
            f"{source['ideal_bits']:,.0f}",
            f"{8 * source['models'][0]['output_bytes']:,}",
            *(f"{row['gap']:.4f}" for row in source["models"]),
        ]
        for source in sources
    ]
    headers = [f"{sources[0]['symbols']:,} symbols of", "h, bits", "ideal bits", "file, bits", *gaps]
    alignment = ("left", *["right"] * (len(headers) - 1))
    return tabulate(table, headers, tablefmt="github", colalign=alignment, disable_numparse=True)


def network_gap_table() -> str:
    """What files of one process take above its entropy rate, in parts: a trained network beside the filter and others."""
    (process,) = json.loads((RESULTS / "entropy_gap-network.json").read_text(encoding="utf8"))["sources"]
    names = list(process["models"][0]["parts"])
    table = [
        [_named(row["model"]), *(NONE if value is None else f"{value:+.4f}" for value in (row["gap"], *row["parts"].values()))]
        for row in process["models"]
    ]
    headers = [
        f"{process['symbols']:,} symbols of {process['source']}",
        "above h, bits a symbol",
        *(f"= {name}" for name in names),
    ]
    alignment = ("left", *["right"] * (len(headers) - 1))
    return tabulate(table, headers, tablefmt="github", colalign=alignment, disable_numparse=True)


def _named(model: str) -> str:
    return "a trained transformer" if model.startswith("hf:") else f"`{model}`"


def install_table() -> str:
    """What each way to install weighs and takes."""
    rows = json.loads((RESULTS / "install.json").read_text(encoding="utf8"))["rows"]
    table = [
        [row["for"], f"`pip install '{row['install']}'`", f"{row['bytes'] / 1e6:,.0f}", f"{row['seconds']:.0f}"] for row in rows
    ]
    return tabulate(
        table, ["you want to", "install", "MB", "seconds"], tablefmt="github", colalign=("left", "left", "right", "right")
    )


def eval_block() -> str:
    """What `mdlbench eval` printed of the start of alice29.txt under a language model and beside it."""
    found = sorted((each.payload for each in collect([RESULTS / "eval"]).found), key=lambda row: row.ideal_bits)
    models = " ".join(f"-m {row.model}" for row in found)
    shown = terminal.render(tables(found)).strip()
    return f"```console\n$ mdlbench eval {found[0].input} --limit {found[0].input_bytes} {models}\n{shown}\n```"


def beliefs_table() -> str:
    """Each run's loss gap, and its beliefs beside the best control, by split and weighting."""
    lost, r2 = Measure("", form="fixed", digits=6), Measure("", form="fixed", digits=4)
    table = []
    for run in _runs():
        for split in run.splits:
            found = [verdict.best(run, split, weighting) for weighting in run.setting.weightings]
            cells = [f"{r2.text(one.own)} against {r2.text(one.others)} ({one.control})" for one in found if one is not None]
            first = f"{run.run}, {len(run.seeds)} seeds of {run.seeds[0].tokens:,} tokens"
            table.append([first, lost.text(belief_tables.loss_gap(run)), split, *cells])
    ways = [f"R², {verdict.SAID[weighting]}" for weighting in Setting.weightings]
    headers = ["run", "bits a symbol above the Bayes predictor", "held out by", *ways]
    return tabulate(table, headers, tablefmt="github", colalign=("left", "right", *["left"] * 3), disable_numparse=True)


def published_table() -> str:
    """Errors through training in the published setting, beside those that were published."""
    runs = [run for run in _runs() if str(run.preset).startswith("paper") and run.published_mse]
    rows: list[list[str]] = []
    headers = ["tokens"]
    for run in runs:
        table = belief_tables.emergence(run)
        chosen = [at for at, column in enumerate(table.columns) if "MSE" in column.name]
        headers = ["tokens", *(table.columns[at].name for at in chosen)]
        rows += [[f"{row.cells[0]:,}", *(table.columns[at].text(row.cells[at]) for at in chosen)] for row in table.rows]
    return tabulate(rows, headers, tablefmt="github", colalign=["right"] * len(headers), disable_numparse=True)


def programs_table() -> str:
    """What models spend on each sequence, beside its program."""
    return github(algorithmic.spent(_programs()))


def growth_table() -> str:
    """The best model against the program, as sequences grow."""
    return github(algorithmic.growth(_programs()))


def sentences_tables() -> str:
    """What a sentence about a sequence saves each network, the largest first."""
    told = [each.payload for each in collect([RESULTS / "algorithmic"]).found if isinstance(each.payload, Described)]
    return "\n\n".join(f"{table.title}:\n\n{github(table)}" for table in algorithmic.sentences(algorithmic.ordered(told)))


def _programs() -> list[AgainstProgram]:
    found = [each for each in collect([RESULTS / "algorithmic"]).found if isinstance(each.payload, AgainstProgram)]
    return algorithmic.merged(found)


def github(table: Table) -> str:
    """A table of exhibits in Markdown, numbers flush right."""
    rows = [[column.text(cell) for column, cell in zip(table.columns, row.cells, strict=True)] for row in table.rows]
    alignment = ["right" if column.numeric else "left" for column in table.columns]
    headers = [column.heading for column in table.columns]
    return tabulate(rows, headers, tablefmt="github", colalign=alignment, disable_numparse=True)


def _runs() -> list[BeliefGeometry]:
    """The newest belief geometry of each run, the first process first, the least loss gap first."""
    found = [each for each in collect([RESULTS / "hmm"]).found if isinstance(each.payload, BeliefGeometry)]
    runs = newest(found, lambda payload: (payload.process, payload.run))
    return sorted(runs, key=lambda run: (run.process, belief_tables.loss_gap(run)))


def rule() -> str:
    """What adjusted sizes are, as help and pages say it."""
    return f"{RULE[:1].upper()}{RULE[1:]}."


SHORT = ("cm", "cm,level=1", "external:zpaq", "external:bzip3", "external:xz", "external:zstd")


def loss_areas() -> str:
    """Areas of the Pythia runs, with what is wrong with each."""
    return terminal.render([lossarea.overview(_loss_area(LossArea, confirmed=False))], "markdown")


def family_table() -> str:
    """Areas of the models that were trained here, and the file that confirms a part of each."""
    found = _loss_area(LossArea, confirmed=True)
    table = [
        [
            one.name,
            f"{one.parameters:,}",
            f"{one.area_bytes:,.0f}",
            f"{one.ratio:.3f}",
            f"{nats_to_bits(one.mean_loss_nats):.3f}",
            f"{one.confirmed_tokens:,}",
            f"{one.confirmed_area_bits / 8:,.1f}",
            f"{one.confirmed_file_bytes:,}",
            f"{100 * (8 * one.confirmed_file_bytes / one.confirmed_area_bits - 1):+.4f} %",
        ]
        for one in found.curves
    ]
    headers = [found.group, "parameters", "area, bytes", "ratio", "mean bits per byte"]
    headers += ["confirmed on, bytes", "area there, bytes", "payload of its file, bytes", "apart"]
    return tabulate(table, headers, tablefmt="github", colalign=("left", *["right"] * 8), disable_numparse=True)


def identity_table() -> str:
    """Evaluator, area and file of some learners."""
    document = json.loads((RESULTS / "area_equals_file.json").read_text(encoding="utf8"))
    table = [
        [
            f"`{row['model']}`",
            f"{row['evaluator_bits']:,.1f}",
            f"{row['area_bits']:,.1f}",
            f"{row['file_payload_bits']:,.0f}",
            f"{100 * row['spread']:.4f} %",
        ]
        for row in document["rows"]
    ]
    headers = [document["input"], "evaluator, bits", "area, bits", "payload of the file, bits", "largest difference"]
    return tabulate(table, headers, tablefmt="github", colalign=("left", *["right"] * 4), disable_numparse=True)


def loss_areas_of_llama() -> str:
    """What 14x needs, and what the first of the published fits gives."""
    found = _loss_area(LossAreaLlama)
    return terminal.render([needed(found), of_fit(found, found.fits[0].name)], "markdown")


def _loss_area(kind: type, confirmed: bool | None = None) -> Any:
    found = [one for one in collect([RESULTS / "lossarea"]).found if isinstance(one.payload, kind)]
    if confirmed is not None:
        found = [one for one in found if any(curve.confirmed_tokens for curve in one.payload.curves) == confirmed]
    return max(found, key=lambda one: one.age).payload


def prequential_table() -> str:
    """Every code of the digits' labels, and of a text, with its interval over seeds."""
    found = newest(
        (one for one in collect([RESULTS / "prequential"]).found if isinstance(one.payload, Prequential)),
        lambda one: (one.task, one.code, one.learner),
    )
    found.sort(key=lambda one: (one.data, one.task, one.code, one.code_length_bits))
    table = [
        [
            f"`{one.learner}`" if not one.members else f"{one.learner} of {len(one.members)}",
            one.task,
            how(one),
            *(BITS.text(estimate(one, name)) for name in LENGTHS),
        ]
        for one in found
    ]
    headers = ["learner", "of", "how", *(name.removesuffix("_bits").replace("_", " ") for name in LENGTHS)]
    return tabulate(table, headers, tablefmt="github", colalign=("left", "left", "left", *["right"] * 5), disable_numparse=True)


BITS = Measure("bits", form="fixed", digits=1)
LENGTHS = ("code_length_bits", "two_part_bits", "variational_bits", "random_labels_bits", "uniform_bits")


def replay_table() -> str:
    """Online with replay less block-wise, seed by seed, at equal compute."""
    document = json.loads((RESULTS / "prequential" / "replay_against_blocks.json").read_text(encoding="utf8"))
    table = [
        [
            f"`{row['learner']}`",
            row["calibration"],
            row["online"],
            row["blocks"],
            BITS.text(Estimate(row["online_minus_blocks_bits"], row["low"], row["high"])),
        ]
        for row in document["differences"]
    ]
    headers = ["learner", "calibration", "online", "less", f"bits, {document['seeds']} seeds"]
    return tabulate(table, headers, tablefmt="github", colalign=("left",) * 4 + ("right",), disable_numparse=True)


def probe_table() -> str:
    """The best layer of each label beside its nulls."""
    found = newest(
        (one for one in collect([RESULTS / "prequential"]).found if isinstance(one.payload, Probe)),
        lambda one: (one.model_digest, one.text, one.label, one.learner),
    )
    table = overview(sorted(found, key=lambda one: (one.text, one.learner, one.label)))
    rows = [[column.text(cell) for column, cell in zip(table.columns, row.cells, strict=True)] for row in table.rows]
    headers = [column.name for column in table.columns]
    align = ["right" if column.numeric else "left" for column in table.columns]
    return tabulate(rows, headers, tablefmt="github", colalign=align, disable_numparse=True)


TABLES: dict[str, Callable[[], str]] = {
    "algorithmic-growth": growth_table,
    "algorithmic-programs": programs_table,
    "algorithmic-sentences": sentences_tables,
    "area-equals-file": identity_table,
    "beliefs": beliefs_table,
    "eval": eval_block,
    "gap": gap_table,
    "gap-network": network_gap_table,
    "install": install_table,
    "leaderboard": leaderboard_table,
    "leaderboard-short": lambda: leaderboard_table(SHORT),
    "lossarea": loss_areas,
    "lossarea-family": family_table,
    "lossarea-llama": loss_areas_of_llama,
    "models": models_table,
    "online": online_table,
    "prequential": prequential_table,
    "probe": probe_table,
    "published": published_table,
    "replay": replay_table,
    "rule": rule,
    "zpaq": zpaq_table,
}


def documents() -> list[Path]:
    """Every README.md of the project."""
    return [ROOT / "README.md", *sorted((ROOT / "mdlbench").rglob("README.md")), ROOT / "benchmarks" / "README.md"]


def filled(text: str) -> str:
    """A document with each of its tables as measured."""

    def table(found: re.Match[str]) -> str:
        return f"{found[1]}{TABLES[found[2]]()}\n{found[3]}"

    return re.sub(r"(<!-- ([\w-]+) -->\n).*?(<!-- /\2 -->)", table, text, flags=re.DOTALL)


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    for path in documents():
        path.write_text(filled(path.read_text(encoding="utf8")), encoding="utf8")
