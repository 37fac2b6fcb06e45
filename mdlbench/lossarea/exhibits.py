"""What is shown of loss areas: a row for each curve with what is wrong with it, where curves cross, fits held out, pictures.

An area is an ideal code length, and every table of areas says so; only a slice whose file was decoded has a size.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from mdlbench.lossarea import llama_exhibits as llama_exhibits  # registers what shows the other kind
from mdlbench.lossarea.pictures import panels
from mdlbench.lossarea.result import CurveArea, HoldOut, LossArea
from mdlbench.lossarea.scales import AREA, TOKENS, Scale, scale_of, terms_of, tokens_text
from mdlbench.result.exhibits import Cell, Estimate, Exhibit, Finding, Folder, Measure, Part, Row, Section, Table, newest, shows
from mdlbench.result.reading import Found
from mdlbench.text import counted
from mdlbench.units import BITS_PER_BYTE, bits_to_bytes

IDEAL = (
    "IDEAL: the sum of loss × tokens, the length of a code that learns as it goes. No area here was coded, so this is no "
    "size; a file that decodes is what mdlbench compress -m online:... writes."
)
_RUN = Measure("run", definition="a training run, called by its log")
_MEAN = Measure("mean loss", "nats a token", "fixed", 4, "area divided by its tokens", "less")
_RATIO = Measure("ratio", form="fixed", digits=2, definition="raw bytes to the bytes of the area", better="more")
_FLOOR = Measure("floor E", "nats a token", "fixed", 3, "of L = E + (T / T0)^−b; in brackets, 95 % by the fit's covariance")
_EXPONENT = Measure("exponent b", "", "fixed", 3, "of the fit, searched below 1; in brackets, 95 % by its covariance")
_AHEAD = "measured so far, then the fit's; in brackets, 95 % by its covariance, or as wrong as it was of the second half"
_CROSSED = "where it falls below the other's for good, on the whole"
_TERMS = {
    "loss area": "the sum over one pass of each batch's loss before its update × its tokens: what a code that learns would pay",
    "anchor": "the loss from which an area above it is counted; models rank differently by which one is taken",
    "nats a token": "loss as torch gives it; × 1.4427 ÷ 8 × tokens gives bytes",
}


@shows(LossArea)
def section(results: Sequence[Found[LossArea]]) -> Section:
    """A part for each group of curves, its newest result."""
    found = newest(results, lambda payload: (payload.group, tuple(one.name for one in payload.curves)))
    areas = [one for payload in found for one in payload.curves if one.refused is None]
    parts = tuple(map(_part, found))
    return Section(
        title="Loss area",
        summary=f"ideal code lengths (no sizes) of the training data of {counted(len(areas), 'run')}",
        parts=parts,
        front=tuple(replace(overview(payload), notes=(IDEAL,)) for payload in found),
        findings=tuple(one for payload in found for one in _findings(payload)),
        terms={**_TERMS, **terms_of(exhibit for part in parts for exhibit in part.exhibits)},
        rank=60,
        counts={"curves": sum(len(payload.curves) for payload in found)},
    )


def _part(found: LossArea) -> Part:
    drawn = panels(found)
    shown: tuple[Exhibit, ...] = (overview(found),) if drawn is None else (drawn, overview(found))
    return Part(found.group, (*shown, *beside(found)), found.raw)


def beside(found: LossArea) -> tuple[Exhibit, ...]:
    """What stands below the areas: crossings, anchors, fits, forecasts."""
    cross = (crossings(found),) if found.crossings else ()
    behind = tuple(table for table in (anchors(found), fits(found), forecasts(found)) if table.rows)
    return (*cross, *((Folder("Anchors, fits and forecasts", behind),) if behind else ()))


def overview(found: LossArea) -> Table:
    """A row for each curve."""
    area = scale_of(AREA, [one.area_bytes for one in found.curves])
    raw = scale_of(AREA, [one.raw_bytes for one in found.curves])
    tokens = scale_of(TOKENS, [one.tokens for one in found.curves])
    columns = [
        _RUN,
        tokens.measure("tokens"),
        area.measure("area", definition="the sum of loss × tokens; in brackets what gaps leave open", better="less"),
        area.measure("untaught", definition="the first row's loss × tokens: the null, of a model that learns nothing"),
        _MEAN,
        raw.measure("raw", definition="bytes of the training data"),
        _RATIO,
        *_charged_columns(found, area),
        *_confirmed_columns(found),
    ]
    rows = tuple(
        Row((*_cells(one, tokens, area, raw), *_charged(found, one, area), *_confirmed(found, one)), _tags(one))
        for one in found.curves
    )
    kept = [at for at in range(len(columns)) if at < 5 or any(row.cells[at] is not None for row in rows)]
    shown = tuple(Row(tuple(row.cells[at] for at in kept), row.tags) for row in rows)
    title = f"Loss areas of {found.group}" if found.group else "Loss areas"
    return Table(title, tuple(columns[at] for at in kept), shown, notes=tuple(dict.fromkeys(_notes(found))))


def _cells(one: CurveArea, tokens: Scale, area: Scale, raw: Scale) -> tuple[Cell, ...]:
    null = None if one.untaught_bits is None else area.of(bits_to_bytes(one.untaught_bits))
    measured = (tokens.known(one.tokens), _area(one, area), null, one.mean_loss_nats)
    return one.name, *measured, raw.known(one.raw_bytes), one.ratio


def _area(one: CurveArea, scale: Scale) -> Cell:
    """In the column's unit, with the interval where there is one to see."""
    if one.area_bytes is None or one.area_low_bits is None or one.area_high_bits is None:
        return None
    ends = [scale.of(bits_to_bytes(end)) for end in (one.area_low_bits, one.area_high_bits)]
    value = scale.of(one.area_bytes)
    return Estimate(value, *ends) if ends[0] < ends[1] else value


def _charged_columns(found: LossArea, area: Scale) -> tuple[Measure, ...]:
    return (
        area.measure("total", 3, definition="area, model code and weights, as far as they are charged"),
        Measure("total ratio", form="fixed", digits=2, definition="raw bytes to that total", better="more"),
    )


def _charged(found: LossArea, one: CurveArea, area: Scale) -> tuple[Cell, ...]:
    return area.known(one.total_bytes), one.total_ratio


def _confirmed_columns(found: LossArea) -> tuple[Measure, ...]:
    return (
        Measure("decoded slice", "tokens", "count", definition="of the same run, whose file was decoded in a fresh process"),
        Measure("its area", "bytes", "fixed", 1, "of that slice"),
        Measure("its payload", "bytes", "count", definition="of the file that was decoded: a size"),
    )


def _confirmed(found: LossArea, one: CurveArea) -> tuple[Cell, ...]:
    area = None if one.confirmed_area_bits is None else bits_to_bytes(one.confirmed_area_bits)
    return one.confirmed_tokens, area, one.confirmed_file_bytes


def _tags(one: CurveArea) -> tuple[tuple[str, str], ...]:
    return tuple(
        (f"REFUSED: {flag.check}" if flag.refused else flag.check, f"{flag.what}; {flag.remedy}") for flag in one.flags
    )


def _notes(found: LossArea) -> Iterator[str]:
    for one in found.curves:
        yield from (
            f"{one.name}, {'REFUSED ' if flag.refused else ''}{flag.check}: {flag.what}; {flag.remedy}" for flag in one.flags
        )
    measured = [one for one in found.curves if one.refused is None]
    if measured:
        yield IDEAL
    if any(one.confirmed_file_bytes is not None for one in measured):
        yield "only decoded slices were coded: a payload's bytes are a size, held against the area of the same tokens"
    if any(one.raw_bytes is None for one in measured):
        yield "raw bytes and ratio are not known without --bytes-per-token, or --tokenizer with --text"
    elif measured:
        yield f"raw bytes, {found.raw}"
    if any(one.epochs is None for one in measured):
        yield "where a log does not count epochs, all of it is taken for one pass over the data"
    if any(not one.unit_said for one in found.curves):
        yield "no log says its unit, so losses are taken as nats a token, as torch gives them; --unit says otherwise"
    for first in sorted({one.first_step for one in measured if not one.averaged}):
        batch = "s + 1" if first == 0 else "s"
        yield f"where the first row is step {first:,.0f}, row s is taken as the loss of batch {batch}, before its update"
    yield from (f"no fit: {one.no_fit}" for one in measured if one.no_fit)
    if any(one.averaged for one in measured):
        yield "rows of transformers' Trainer are means over the steps since the row before: nothing lies between them"
    charged = {"model code": measured and measured[0].model_code_bytes, "weights": measured and measured[0].weights_bytes}
    if any(charged.values()):
        yield "total charges " + " and ".join(f"{size:,} bytes of {name}" for name, size in charged.items() if size)


def crossings(found: LossArea) -> Table:
    """Where each winner passes each other curve."""
    columns = (
        Measure("smaller area", definition="the run that has it at the end"),
        Measure("than", definition="the other run"),
        Measure("lower loss from, tokens", definition=_CROSSED),
        Measure("smaller area from, tokens", definition=_CROSSED),
    )
    rows = [(one.winner, one.other, _place(one.loss_tokens), _place(one.area_tokens)) for one in found.crossings]
    return Table.of("Where curves cross", columns, rows)


def _place(tokens: float | None) -> str:
    return "the start" if tokens is None else tokens_text(tokens)


def anchors(found: LossArea) -> Table:
    """The area above each anchor of each curve."""
    scale = scale_of(AREA, [bits_to_bytes(above.bits) for one in found.curves for above in one.above])
    columns = (
        _RUN,
        Measure("anchor"),
        Measure("level", "nats a token", "fixed", 4, "of the anchor"),
        scale.measure("area above", definition="area less tokens × level"),
    )
    rows = [
        (one.name, above.anchor, above.level_nats, scale.of(bits_to_bytes(above.bits)))
        for one in found.curves
        for above in one.above
    ]
    note = "what is learnt is what lies above the anchor, and which run learns most depends on it"
    return Table.of("Area above an anchor", columns, rows, notes=(note,))


def fits(found: LossArea) -> Table:
    """The power law of each curve, and how wrong a fit of its first half is about the second."""
    columns = (
        _RUN,
        _FLOOR,
        _EXPONENT,
        Measure("T0, tokens", definition="where the fitted loss is 1 nat above E"),
        Measure("residual", "nats a token", "fixed", 4, "root mean square over the blocks that were fitted"),
        Measure(
            "second half",
            "%",
            "fixed",
            2,
            "a fit of the first half of the tokens against the measured area of the rest; in brackets, 95 % by its covariance",
        ),
    )
    fitted = [(one, one.fit) for one in found.curves if one.fit is not None]
    rows = [
        (
            one.name,
            Estimate(fit.floor_nats.value, fit.floor_nats.low, fit.floor_nats.high),
            Estimate(fit.exponent.value, fit.exponent.low, fit.exponent.high),
            tokens_text(fit.scale_tokens.value),
            fit.residual_nats,
            _held_out(fit.hold_out),
        )
        for one, fit in fitted
    ]
    return Table.of("Fits: L = E + (T / T0)^−b", columns, rows, notes=tuple(_fit_notes(found)))


def _held_out(held: HoldOut | None) -> Cell:
    if held is None:
        return None
    ends = [None if end is None else 100 * (end / held.measured_bits - 1) for end in (held.low_bits, held.high_bits)]
    return Estimate(100 * (held.predicted_bits / held.measured_bits - 1), *ends)


def _fit_notes(found: LossArea) -> Iterator[str]:
    held = [one.fit.hold_out for one in found.curves if one.fit and one.fit.hold_out and one.fit.hold_out.low_bits is not None]
    missed = [one for one in held if not (one.low_bits or 0.0) <= one.measured_bits <= (one.high_bits or 0.0)]
    yield "schedules of learning rates, and losses that rise, make real curves no power law"
    if missed:
        share = f"{len(missed)} of {len(held)} curves"
        yield f"HELD OUT: the 95 % interval by covariance missed the second half of {share}"
    yield from (
        f"{one.name}: no interval, for a bound of the search holds a parameter"
        for one in found.curves
        if one.fit and one.fit.exponent.low is None
    )
    if found.size_law is not None:
        parts = (found.size_law.floor_nats, found.size_law.exponent)
        floor, exponent = (Estimate(part.value, part.low, part.high) for part in parts)
        law = f"{_FLOOR.text(floor)} + (N / {found.size_law.scale_parameters:,.3g})^−{_EXPONENT.text(exponent)}"
        yield f"mean loss against size: {law} nats a token; in brackets, 95 % by the fit's covariance"


def forecasts(found: LossArea) -> Table:
    """Areas if training went on."""
    every = [(one, ahead) for one in found.curves if one.fit for ahead in one.fit.forecasts]
    area = scale_of(AREA, [bits_to_bytes(ahead.bits) for _, ahead in every])
    tokens = scale_of(TOKENS, [ahead.tokens for _, ahead in every])
    size = BITS_PER_BYTE * area.size
    columns = (
        _RUN,
        tokens.measure("tokens"),
        area.measure("area, by covariance", definition=_AHEAD),
        area.measure("area, by hold-out", definition=_AHEAD),
    )
    rows = [
        (
            one.name,
            tokens.of(ahead.tokens),
            Estimate(ahead.bits / size, *(None if end is None else end / size for end in (ahead.low_bits, ahead.high_bits))),
            Estimate(
                ahead.bits / size,
                *(None if end is None else end / size for end in (ahead.held_out_low_bits, ahead.held_out_high_bits)),
            ),
        )
        for one, ahead in every
    ]
    return Table.of("If training went on", columns, rows, notes=("extrapolations, no measurements",))


def _findings(found: LossArea) -> Iterator[Finding]:
    ranked = sorted((one for one in found.curves if one.mean_loss_nats is not None), key=lambda one: one.mean_loss_nats or 0.0)
    if len(ranked) > 1:
        best, second = ranked[:2]
        yield Finding(
            f"Of {found.group or 'the runs'}, nothing coded, {best.name} has the smallest loss area a token: "
            f"{_MEAN.text(best.mean_loss_nats)} nats",
            f"next is {second.name}, {_MEAN.text(second.mean_loss_nats)}",
        )
