"""What is shown of ideal code lengths: for each input its models, best first; what the harness would say, and why that differs.

An ideal code length is no size, and every table says so.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from mdlbench.evaluation.result import Comparison, IdealCodeLength
from mdlbench.result import Found, Result
from mdlbench.result.exhibits import (
    Axis,
    Bar,
    Bars,
    Cell,
    Details,
    Exhibit,
    Finding,
    Folder,
    Measure,
    Note,
    Part,
    Row,
    Section,
    Table,
    shows,
)
from mdlbench.units import bits_per_byte, ratio

_IDEAL = (
    "IDEAL: the sum of −log2 p over all symbols. Nothing was coded, so this is no size; a file adds integer counts, coder and "
    "headers (mdlbench compress)."
)
_PRETRAINED = "whether this text was among its training data is not known, nothing in the record says so"
_RATE = Measure(
    "ideal bits per byte", form="fixed", digits=4, definition="of the input, whatever the symbols are", better="less"
)
_BITS = Measure("ideal bits", form="fixed", digits=1, definition="sum of −log2 p over all symbols", better="less")
_EXTENT = Measure("extent", definition="the bytes of the input, or what part of it was measured")
_COLUMNS = (
    Measure("model"),
    Measure("symbols", form="count", definition="that the bytes became"),
    _BITS,
    _RATE,
    Measure("byte perplexity", form="digits", digits=6, definition="2 to the ideal bits per byte", better="less"),
    Measure("word perplexity", form="digits", digits=6, definition="per run of bytes other than white space", better="less"),
    Measure("symbols/s", form="fixed", digits=0, definition="of the whole evaluation, once the model was ready", better="more"),
)
_BESIDE = {  # name in results -> what it is
    "byte_fallback_bits": "of the ideal bits, spent on bytes that no token gives back",
    "context_reset_bits": "of the ideal bits, saved if the context restarted twice as often with half the stride",
}
_BESIDE_NEGATIVE = {"context_reset_bits": "more it would cost if the context restarted twice as often with half the stride"}
_STEP = Measure("from the harness's figure to ours", definition="what lies between the two, step by step")
_PER_BYTE = Measure("bits per byte", form="fixed", digits=5)
_PROVENANCE = ("time", "commit", "processor")  # told of a result
_NEGLIGIBLE = 0.005  # bits: shown as none


@shows(IdealCodeLength)
def section(results: Sequence[Found[IdealCodeLength]]) -> Section:
    """A part for each input: the newest result of each model and policy."""
    newest = {_same(found.payload): found for found in sorted(results, key=lambda found: found.age)}
    inputs: dict[tuple[str, str], list[Result[IdealCodeLength]]] = {}
    for found in newest.values():
        inputs.setdefault(_input(found.payload), []).append(found.result)
    models = {found.payload.model for found in newest.values()}
    return Section(
        title="Ideal code lengths",
        summary=f"ideal code lengths (no sizes) of {_counted(len(inputs), 'input')} under {_counted(len(models), 'model')}",
        parts=tuple(_part(*named, chosen) for named, chosen in sorted(inputs.items())),
        front=(_overview(inputs),),
        findings=tuple(_finding(*named, chosen) for named, chosen in sorted(inputs.items())),
        terms={"ideal code length": "the sum of −log2 p over all symbols; nothing was coded, so it is no size"},
        rank=15,
        counts={"inputs": len(inputs), "evaluations": len(newest)},
    )


def _same(found: IdealCodeLength) -> tuple[object, ...]:
    return *_input(found), found.model, *sorted(found.policy.items())


def _input(found: IdealCodeLength) -> tuple[str, str]:
    """What was measured, and what part of it."""
    return found.input, found.cut or f"{found.input_bytes:,} bytes"


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _overview(inputs: Mapping[tuple[str, str], Sequence[Result[IdealCodeLength]]]) -> Table:
    """All results, input by input, the best first."""
    columns = (_COLUMNS[0], _RATE, Measure("input", definition="what was predicted"), _EXTENT, _BITS)
    rows: list[Row] = []
    for (name, part), chosen in sorted(inputs.items()):
        results = sorted(chosen, key=lambda result: result.payload.ideal_bits)
        found = [result.payload for result in results]
        for model, one, result in zip(_names(found), found, results, strict=True):
            rows.append(Row((model, one.ideal_bits_per_byte, name, part, one.ideal_bits), details=_details(result)))
    unknown = dict.fromkeys(note for chosen in inputs.values() for result in chosen for note in _training(result.payload))
    return Table("Ideal code lengths", columns, tuple(rows), notes=(_IDEAL, *unknown), bar=columns.index(_RATE))


def _finding(name: str, part: str, results: Sequence[Result[IdealCodeLength]]) -> Finding:
    """The best model of an input, against the next."""
    found = sorted((result.payload for result in results), key=lambda one: one.ideal_bits)
    rates = [_RATE.text(one.ideal_bits_per_byte) + f" ({_PRETRAINED})" * _brings_weights(one) for one in found]
    best, *others = [f"{named}, {rate}" for named, rate in zip(_names(found), rates, strict=True)]
    claim = f"On {name} ({part}), nothing coded, the fewest ideal bits per byte are those of {best}"
    return Finding(claim, f"next is {others[0]}" if others else "")


def tables(found: Iterable[IdealCodeLength]) -> list[Table]:
    """A table for each input, in the order given, with a row for each model."""
    inputs: dict[tuple[str, str], list[Result[IdealCodeLength]]] = {}
    for one in found:
        inputs.setdefault(_input(one), []).append(Result(one, {}))
    return [_table(f"{name}, {part}: ideal code length", chosen) for (name, part), chosen in inputs.items()]


def _part(name: str, part: str, results: Sequence[Result[IdealCodeLength]]) -> Part:
    found = [result.payload for result in results]
    compared = [Folder(f"Beside lm-evaluation-harness: {one.model}", beside_lm_eval(one)) for one in found if one.lm_eval]
    bars = _bars(found)
    chart = (bars,) if len(bars.bars) > 1 else ()
    return Part(f"{name}, {part}", (_table("Ideal code length", results), *chart, *compared))


def _table(title: str, results: Sequence[Result[IdealCodeLength]]) -> Table:
    results = sorted(results, key=lambda result: result.payload.ideal_bits)
    found = [result.payload for result in results]
    rows = tuple(
        Row((name, *_figures(one)), details=_details(result))
        for name, one, result in zip(_names(found), found, results, strict=True)
    )
    notes = (_IDEAL, *dict.fromkeys(note for one in found for note in (*_training(one), *_notes(one))))
    return Table(title, _COLUMNS, rows, notes=notes, ranked=True, bar=_COLUMNS.index(_RATE))


def _brings_weights(found: IdealCodeLength) -> bool:
    """Whether it was trained before, on who knows what."""
    return found.model.startswith("hf:")


def _training(found: IdealCodeLength) -> Iterator[str]:
    """What bits under trained weights may owe to the text itself."""
    if _brings_weights(found):
        yield f"{found.model}: {_PRETRAINED}"


def _notes(found: IdealCodeLength) -> Iterator[str]:
    """Where a network ran, and what of its bits is no prediction of tokens."""
    if found.device and found.dtype:
        batch = found.policy.get("batch_size")
        yield f"{found.model}: on {found.device} in {found.dtype}" + ("" if batch is None else f", {batch} blocks side by side")
    for name, bits in found.beside.items():
        if bits:
            told = _BESIDE_NEGATIVE if bits < 0 else _BESIDE
            yield f"{found.model}: {abs(bits) if name in told else bits:,.1f} bits {told.get(name, _words(name))}"


def _names(found: Sequence[IdealCodeLength]) -> list[str]:
    """Models, with the size of a block where that is what tells two of them apart."""
    times = Counter(one.model for one in found)
    blocks = [f", blocks of {_text(one.policy.get('block_size', '?'))} bytes" if times[one.model] > 1 else "" for one in found]
    return [f"{one.model}{block}" for one, block in zip(found, blocks, strict=True)]


def _figures(found: IdealCodeLength) -> tuple[Cell, ...]:
    return (
        found.symbols,
        found.ideal_bits,
        found.ideal_bits_per_byte,
        found.byte_perplexity,
        found.word_perplexity,
        ratio(found.symbols, found.seconds or 0) or None,
    )


def _details(result: Result[IdealCodeLength]) -> Details:
    found = result.payload
    policy = tuple((_words(name), _text(value)) for name, value in found.policy.items())
    measured = tuple((name, str(result.provenance[name])) for name in _PROVENANCE if name in result.provenance)
    known = found.symbol_perplexity
    perplexity = "–" if known is None else f"{known:.6g}, comparable between models of the same symbols"
    beside = (("symbol perplexity", perplexity), *((_words(name), f"{bits:,.1f}") for name, bits in found.beside.items()))
    groups = (
        ("What a prediction may see", policy),
        ("Beside", beside),
        ("Model", (("digest", found.digest),)),
        ("Measured", measured),
    )
    return Details(tuple((name, pairs) for name, pairs in groups if pairs))


def _words(name: str) -> str:
    return name.replace("_", " ")


def _text(value: object) -> str:
    return f"{value:,}" if type(value) is int else str(value)


def _bars(found: Sequence[IdealCodeLength]) -> Bars:
    known = sorted((one.ideal_bits, name, one.ideal_bits_per_byte) for one, name in zip(found, _names(found), strict=True))
    bars = tuple(Bar(name, ((_RATE.name, rate),)) for _, name, rate in known if rate is not None)
    return Bars("Ideal bits per byte", Axis(_RATE, zero=True), bars, "Shorter is better; none of these is a size.")


def beside_lm_eval(found: IdealCodeLength) -> tuple[Exhibit, ...]:
    """The harness's figures for an input, and what lies between them and its ideal code length."""
    compared = found.lm_eval
    assert compared is not None
    return (_metrics(compared), _gap(compared, found.ideal_bits), *map(Note, compared.notes))


def _metrics(compared: Comparison) -> Table:
    names = ("word_perplexity", "byte_perplexity", "bits_per_byte")
    metric = Measure(f"lm-eval, {compared.tokens:,} tokens", definition="figures as lm-evaluation-harness names them")
    columns = (metric, Measure("value", "", "digits", 6, "of that figure, by its rules"))
    return Table.of("", columns, [(name, getattr(compared, name)) for name in names])


def _gap(compared: Comparison, ideal_bits: float) -> Table:
    size = compared.bytes
    rows = [("lm-eval: loglikelihood_rolling", compared.bits, compared.bits_per_byte)]
    rows += [(line.what, *_change(line.bits, line.bits_per_byte)) for line in compared.gap]
    rows.append(("mdlbench: ideal code length", ideal_bits, bits_per_byte(ideal_bits, size)))
    columns = (_STEP, Measure("bits", form="fixed", digits=2), _PER_BYTE)
    closing = f"both over {size:,} bytes; a file adds integer counts, coder and headers: mdlbench compress -v"
    return Table.of("", columns, rows, notes=(closing,))


def _change(bits: float, rate: float | None) -> tuple[float, float | None]:
    return (bits, rate) if abs(bits) >= _NEGLIGIBLE else (0.0, 0.0)
