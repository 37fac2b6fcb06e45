"""What is shown of LLaMA's "about 14x": what it needs by each convention of raw bytes, and what published fits give."""

from collections.abc import Sequence
from dataclasses import replace

from mdlbench.lossarea.pictures import envelopes as picture
from mdlbench.lossarea.result import LossAreaLlama
from mdlbench.lossarea.scales import terms_of
from mdlbench.result.exhibits import Cell, Exhibit, Finding, Measure, Part, Section, Table, newest, shows
from mdlbench.result.reading import Found
from mdlbench.units import bits_to_bytes

_RATIO = Measure("ratio", "", "digits", 3, "raw bytes to compressed ones", "more")
_ENVELOPE_RATIO = Measure("ratio", "", "fixed", 1)
_LOSS = Measure("loss", "nats a token", "fixed", 3)
_RAW = Measure("what raw bytes are", definition="a convention for how many bytes the training data are")
_TB, _GB = 1e12, 1e9
_TERMS = {
    "envelope": "a published L(N, D), the loss at the end of a schedule, followed as if it were a curve; real ones lie above",
    "nats a token": "loss as torch gives it; × 1.4427 ÷ 8 × tokens gives bytes",
}


@shows(LossAreaLlama)
def section(results: Sequence[Found[LossAreaLlama]]) -> Section:
    """The newest result."""
    (found,) = newest(results, lambda payload: payload.claimed_ratio)[-1:]
    shown = (picture(found), *tables(found))
    return Section(
        title="LLaMA's 14x, recomputed",
        summary="the compression ratio claimed for LLaMA 65B, from published figures",
        parts=(Part("", shown),),
        front=(needed(found),),
        findings=(finding(found),),
        terms={**_TERMS, **terms_of(shown)},
        rank=61,
        counts={"envelopes": len(found.envelopes)},
    )


def tables(found: LossAreaLlama) -> tuple[Exhibit, ...]:
    """What the claim needs, what the fits give, and where all figures are from."""
    return needed(found), given(found), marks(found), sources(found)


def needed(found: LossAreaLlama) -> Table:
    """What the claimed ratio needs by each convention."""
    columns = (
        _RAW,
        Measure("raw", "TB", "fixed", 2, "bytes of the training data"),
        Measure("bytes a token", form="fixed", digits=3, definition="raw bytes divided by tokens"),
        Measure(f"area at {found.claimed_ratio:g}x", "GB", "fixed", 0, "raw bytes divided by the claimed ratio"),
        Measure("mean loss needed", "nats a token", "fixed", 3, "over the whole run, for the claimed ratio"),
    )
    rows = [
        (row.convention, row.raw_bytes / _TB, row.bytes_per_token, row.claimed_bytes / _GB, row.needed_loss_nats)
        for row in found.raw
    ]
    return Table.of(f"What {found.claimed_ratio:g}x of {found.tokens / 1e12:g} trillion tokens needs", columns, rows)


def given(found: LossAreaLlama) -> Table:
    """Areas of the envelopes."""
    columns = [
        Measure("envelope of", definition="whose size and tokens the fit is asked for"),
        Measure("fit of", definition="who published the constants of L(N, D)"),
        Measure("tokens", "billions", "count"),
        Measure("area", "GB", "fixed", 0, "under the envelope, in closed form", "less"),
        Measure("mean loss", "nats a token", "fixed", 3, "area divided by its tokens"),
        Measure("last loss", "nats a token", "fixed", 3, "L(N, D) itself"),
        *(
            Measure(
                f"ratio at {row.bytes_per_token:.2f}",
                form="fixed",
                digits=1,
                definition="raw bytes to the area's, at so many raw bytes a token",
                better="more",
            )
            for row in found.raw
        ),
    ]
    rows: list[tuple[Cell, ...]] = [
        (
            one.model,
            one.fit,
            one.tokens / 1e9,
            bits_to_bytes(one.area_bits) / _GB,
            one.mean_loss_nats,
            one.last_loss_nats,
            *one.ratios,
        )
        for one in found.envelopes
    ]
    notes = (
        "ENVELOPES of published fits, no training curves: LLaMA's own are not public. L(N, D) is the loss at the end of a "
        "schedule made for D tokens, so a real curve lies above it, and its ratio below.",
        "the fits are of Chinchilla's data and tokenizer, not LLaMA's: they say what such figures look like, no more",
    )
    return Table.of("What published fits give", columns, rows, notes=notes, name=1)


def marks(found: LossAreaLlama) -> Table:
    """What was told."""
    columns = (Measure("told of", definition="what a ratio was published for"), _RATIO, Measure("source"))
    return Table.of("Told", columns, [(mark.name, mark.ratio, mark.source) for mark in found.marks])


def of_fit(found: LossAreaLlama, fit: str) -> Table:
    """`given` for one fit."""
    table = given(found)
    return replace(table, rows=tuple(row for row in table.rows if row.cells[1] == fit))


def sources(found: LossAreaLlama) -> Table:
    """Constants and where they are from."""
    numbers = [
        Measure(name, form="digits", digits=6, definition="of L(N, D) = E + A / N^α + B / D^β, nats a token")
        for name in ("E", "A", "B", "α", "β")
    ]
    columns = (Measure("fit of", definition="who published the constants of L(N, D)"), *numbers, Measure("source"))
    rows = [
        (fit.name, fit.e, fit.a, fit.b, fit.alpha, fit.beta, f"{fit.source}{f' [{fit.mark}]' if fit.mark else ''}")
        for fit in found.fits
    ]
    return Table.of("Published, not measured here", columns, rows, notes=("2nd: seen in a secondary copy only",))


def finding(found: LossAreaLlama) -> Finding:
    """How far the fits are from the claim."""
    largest = max(found.envelopes, key=lambda one: one.parameters).model
    ratios = [ratio for one in found.envelopes if one.model == largest for ratio in one.ratios]
    losses = [one.mean_loss_nats for one in found.envelopes if one.model == largest]
    who = "Some published fits give" if max(ratios) >= found.claimed_ratio else "No published fit gives"
    needs = [row.needed_loss_nats for row in found.raw]
    return Finding(
        f"{who} {largest} the {_RATIO.text(found.claimed_ratio)}x that is told of it: "
        f"{_range(_ENVELOPE_RATIO, ratios, 'x')}, by what raw bytes are, though envelopes flatter",
        f"it needs a mean loss of {_range(_LOSS, needs)} nats a token, envelopes have {_range(_LOSS, losses)}",
    )


def _range(measure: Measure, values: Sequence[float], unit: str = "") -> str:
    return f"{measure.text(min(values))}{unit} to {measure.text(max(values))}{unit}"
