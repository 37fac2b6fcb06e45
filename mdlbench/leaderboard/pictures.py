"""Charts of a group of rows: size against speed, bits along the file, where the bytes went, when a model pays for itself."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from mdlbench.errors import ResultError
from mdlbench.leaderboard.derived import FAR
from mdlbench.leaderboard.ranking import Group
from mdlbench.leaderboard.result import Row
from mdlbench.result.exhibits import Axis, Bar, Bars, Chart, Exhibit, Measure, Panels, Role, Series, Shape, Span, Table
from mdlbench.units import BITS_PER_BYTE, bits_per_byte, bits_to_bytes, bytes_to_bits

CURVE_POINTS = 256  # at most, for each row: more is neither seen nor light
COLOURS = 7  # rows in colour, at most
PARTS = {  # of a container, in the order drawn; the first three split its payloads where the model gives probabilities
    "ideal": "ideal code length",
    "payloads": "payloads, not split",
    "raw_blocks": "raw blocks",
    "quantisation": "quantisation",
    "coder": "coder",
    "header": "header",
    "block_headers": "block headers",
    "index": "index",
    "trailer": "trailer",
}
_WAYS = ("encode", "decode")
_SPLIT = ("ideal", "quantisation", "coder")
_LAST = ("raw_blocks", "payloads")
_ORDER = tuple(PARTS[name] for name in (*(name for name in PARTS if name not in _LAST), *_LAST))
_WHOLE = ("ideal", "payloads", "raw_blocks")
_RATE = Measure("bits per byte", form="fixed", digits=4)
_OVERHEAD = "bytes of a container beyond ideal code length and raw blocks"
_FAR = 3  # times the bits per byte of the best: rows further off are not in colour
_EDGE = 1.9  # times the median rate: rows further off would squeeze the others
_MOST_CURVES = 5  # of the rows in colour
_MOST_BARS = 24
_CROWD = 40  # with more points than this only the front and the rows in colour are named
_STEPS = 60  # of a curve of adjusted sizes


def pictures(group: Group) -> Iterator[Exhibit]:
    """Every picture of a group for which its rows have figures."""
    rows = [found.payload for found in group.rows]
    if rows:
        slots = {id(rows[at]): slot for slot, at in enumerate(chosen(rows))}
        yield _pareto(rows, slots)
        yield from _curves(rows, slots)
        yield _ledgers(rows)
        yield from _adjusted(rows, slots)


def label_of(row: Row) -> str:
    """What pictures call a row."""
    return row.model.spec.removeprefix("external:")


def family(row: Row) -> str:
    """What the model is a variant of: `cm` for cm,level=9, `hf`, `external:xz`."""
    head = row.model.spec.partition(",")[0]
    return head if head.startswith("external:") else head.partition(":")[0]


def chosen(rows: Sequence[Row]) -> list[int]:
    """The rows in colour: the best of each family, those that have curves before those that have none, and the yardstick."""
    best: dict[str, int] = {}
    far = _FAR * (rows[0].bits_per_byte or 0)
    for at, row in enumerate(rows):
        if (row.bits_per_byte or 0) <= far:
            best.setdefault(family(row), at)
    curved = [at for at in best.values() if rows[at].units is not None]
    yardstick = best.get(next((row.adjusted.break_even_against for row in rows), ""))
    others = sorted((at for at in best.values() if at not in curved), key=lambda at: at != yardstick)
    return sorted([*curved[:_MOST_CURVES], *others, *curved[_MOST_CURVES:]][:COLOURS])


def _pareto(rows: Sequence[Row], slots: dict[int, int]) -> Panels:
    rates = sorted(row.bits_per_byte for row in rows if row.bits_per_byte is not None)
    edge = _EDGE * rates[len(rates) // 2] if rates else 0.0
    shown = [row for row in rows if row.bits_per_byte is not None and row.bits_per_byte <= edge]
    left_out = len(rates) - len(shown)
    more = f" {left_out} with more than {edge:.1f} bits per byte left out." if left_out else ""
    return Panels(
        "Size against speed",
        tuple(_speeds(shown, way, _front_first(shown, slots)) for way in _WAYS),
        "Bits per byte of the verified file against original bytes per second of whole processes, start included: further "
        "down and to the right is better. No row "
        f"measured here is both smaller and faster than those on the front. Squares are other programs.{more}",
    )


def _points(rows: Sequence[Row], way: str) -> list[tuple[float, float, Row]]:
    """Bytes per second and bits per byte of each row that has both."""
    return [(speed, row.bits_per_byte or 0.0, row) for row in rows if (speed := getattr(row, way).bytes_per_second)]


def _front(points: Sequence[tuple[float, float, Row]]) -> list[tuple[float, float, Row]]:
    """Those that no other is both smaller and faster than, the fastest first."""
    front: list[tuple[float, float, Row]] = []
    for point in sorted(points, key=lambda point: (-point[0], point[1])):
        if not front or point[1] < front[-1][1]:
            front.append(point)
    return front


def _front_first(rows: Sequence[Row], slots: dict[int, int]) -> dict[int, int]:
    """Colours for size against speed: rows on a front have them before others, and their own where they have one already."""
    on_front = {id(row) for way in _WAYS for *_, row in _front(_points(rows, way))}
    order = sorted((id(row) for row in rows if id(row) in on_front or id(row) in slots), key=lambda row: row not in on_front)
    kept = {row: slots[row] for row in order[:COLOURS] if row in slots}
    free = (slot for slot in range(COLOURS) if slot not in kept.values())
    return {row: kept[row] if row in kept else next(free) for row in order[:COLOURS]}


def _speeds(rows: Sequence[Row], way: str, slots: dict[int, int]) -> Chart:
    points = _points(rows, way)
    front = _front(points)
    on_front = {id(row) for *_, row in front}
    line = Series("front", [x for x, *_ in front], [y for _, y, _ in front], "step", role="null")
    named = [
        Series(
            row.model.spec,
            [x],
            [y],
            "points",
            labels=[label_of(row)] if len(points) <= _CROWD or id(row) in slots or id(row) in on_front else (),
            role="measured" if id(row) in slots else "aside",
            shape=_shape(row),
            slot=slots.get(id(row)),
        )
        for x, y, row in points
    ]
    measure = Measure(f"{way[:-1]}ing speed", form="rate", definition="original bytes per second, as in the table")
    return Chart(way.capitalize(), Axis(measure, "log"), Axis(_RATE), (line, *named))


def _shape(row: Row) -> Shape:
    if row.baseline or row.model.spec.startswith("external:"):
        return "square"
    return "triangle" if row.model.portability == "environment" else "circle"


def _curves(rows: Sequence[Row], slots: dict[int, int]) -> Iterator[Chart]:
    curved = [(row, found) for row in rows if id(row) in slots and (found := curve(row)) is not None]
    curved = [(row, found) for row, found in curved if found[0] == curved[0][1][0]]
    if not curved:
        return
    edges = curved[0][1][0]
    middles = [(a + b) / 2 for a, b in pairwise(edges)]
    series = tuple(Series(row.model.spec, middles, found[1], slot=slots[id(row)]) for row, found in curved)
    best = [min(curved, key=lambda pair, at=at: pair[1][1][at])[0] for at in range(len(middles))]  # type: ignore[misc]
    won: Counter[str] = Counter()
    for (begin, end), row in zip(pairwise(edges), best, strict=True):
        won[row.model.spec] += end - begin
    shares = ", ".join(f"{spec} on {100 * size / edges[-1]:.0f} %" for spec, size in won.most_common())
    yield Chart(
        "Along the file",
        Axis(Measure("position in the file", form="bytes", definition="bytes of the original before it")),
        Axis(Measure("ideal bits per byte", form="fixed", digits=4)),
        series,
        f"Where in the file ideal code length is spent, in at most {CURVE_POINTS} averages of the units that "
        f"rows store. The strip shows who needs fewest bits: {shares} of the file. Programs that give no probabilities "
        "have no curve.",
        tuple(_spans(edges, [row.model.spec for row in best])),
    )


def _spans(edges: Sequence[int], names: Sequence[str]) -> Iterator[Span]:
    """One for each stretch with one name."""
    start = 0
    for at, name in enumerate(names):
        if at + 1 == len(names) or names[at + 1] != name:
            yield Span(edges[start], edges[at + 1], name)
            start = at + 1


def curve(row: Row, points: int = CURVE_POINTS) -> tuple[list[int], list[float]] | None:
    """Ideal bits per byte along the file, thinned to at most `points` averages over equal numbers of units.

    Returns:
        (edges in bytes, one more than values; bits per byte); None for a model that gives no probabilities.

    Raises:
        ResultError: the number of units does not fit the corpus.
    """
    if row.units is None or not row.units.ideal_bits:
        return None
    unit, bits, total = row.units.unit_bytes, row.units.ideal_bits, row.input_bytes
    if unit < 1 or len(bits) != -(-total // unit):
        raise ResultError(f"{row.model.spec}: {len(bits)} units of {unit} bytes do not make {total:,} bytes; run the row again")
    step = -(-len(bits) // points)
    edges = [0, *(min(total, unit * min(at + step, len(bits))) for at in range(0, len(bits), step))]
    sums = [sum(bits[at : at + step]) for at in range(0, len(bits), step)]
    return edges, [round(bits_per_byte(s, b - a) or 0, 4) for s, (a, b) in zip(sums, pairwise(edges), strict=True)]


def parts_of(row: Row) -> dict[str, float]:
    """Bytes of each of PARTS, summing to the container."""
    stored = {name: float(row.ledger.bytes[name]) for name in PARTS if name not in _SPLIT}
    split = row.ledger.payload_bits
    if split is None:
        return {name: value for name, value in stored.items() if value}
    found = {name: bits_to_bytes(getattr(split, name)) for name in _SPLIT}
    return {name: value for name in PARTS if name != "payloads" and (value := found.get(name, stored.get(name, 0.0)))}


def _ledgers(rows: Sequence[Row]) -> Panels:
    smallest = sorted(rows, key=lambda row: row.container_bytes)[:_MOST_BARS]

    def bars(title: str, names: Sequence[str], measure: str, said: str) -> Bars:
        drawn = tuple(
            Bar(label_of(row), tuple((PARTS[name], value) for name, value in parts_of(row).items() if name in names))
            for row in smallest
        )
        return Bars(title, Axis(Measure(measure, form="bytes", definition=said), zero=True), drawn, order=_ORDER)

    return Panels(
        "Where the bytes went",
        (
            bars("Whole containers", list(PARTS), "container", "the compressed file; header, blocks and trailer"),
            bars("Overhead, enlarged", [name for name in PARTS if name not in _WHOLE], "overhead", _OVERHEAD),
        ),
        "Each container, and enlarged only what is neither ideal code length nor stored raw: rounding probabilities to "
        "integers (quantisation, of either sign), the entropy coder, the container's own framing. Programs without "
        "probabilities are not split.",
    )


def ledger_table(group: Group) -> Table:
    """Every part of every container, in bytes; the code lengths among them with one decimal."""
    columns = [
        Measure("model"),
        *(Measure(title, form="fixed" if name in _SPLIT else "count", digits=1) for name, title in PARTS.items()),
        Measure("container", form="count"),
    ]
    rows = [
        (found.payload.model.spec, *(parts_of(found.payload).get(name) for name in PARTS), found.payload.container_bytes)
        for found in group.rows
        if found.payload.ledger.bytes
    ]
    return Table.of("Where every byte of the containers went, in bytes", columns, rows, folded=True)


def _adjusted(rows: Sequence[Row], slots: dict[int, int]) -> Iterator[Chart]:
    usable = [row for row in rows if row.adjusted.total is not None and row.container_bytes and row.input_bytes]
    if not usable:
        return
    measured = usable[0].input_bytes
    lengths = [measured * FAR ** (2 * step / _STEPS - 1) for step in range(_STEPS + 1)]
    series = []
    for row in sorted(usable, key=lambda row: id(row) in slots):
        role: Role = "measured" if id(row) in slots else "aside"
        slot = slots.get(id(row))
        series.append(Series(row.model.spec, lengths, [_at(row, n) for n in lengths], role=role, slot=slot, dashed=True))
        series.append(Series(f"{row.model.spec}, measured", [measured], [_at(row, measured)], "points", role=role, slot=slot))
    for row in usable:
        if id(row) in slots and (even := row.adjusted.break_even_bytes):
            name = f"{row.model.spec} breaks even"
            series.append(Series(name, [even], [_at(row, even)], "points", shape="diamond", role="aside"))
    against = usable[0].adjusted.break_even_against.removeprefix("external:")
    yield Chart(
        "When a model pays for itself",
        Axis(Measure("length of the corpus", form="bytes", definition="bytes of text, measured or supposed"), "log"),
        Axis(Measure("adjusted bits per byte", "", "digits", 4, "adjusted size in bits, divided by that length"), "log"),
        tuple(series),
        f"Dots are measured, at {measured:,} bytes; dashes are not: there framing, decoder and weights stay as they are, and "
        f"payloads grow with the text at the rate measured here, from a {FAR}th to {FAR} times the length, and no further. "
        f"Diamonds: where a model breaks even with the files of {against}.",
        marks=((measured, "measured"),),
    )


def _at(row: Row, length: float) -> float | None:
    """Adjusted bits per byte at a length: what does not grow with the text, and the payloads' rate; None beyond 64."""
    assert row.adjusted.total is not None
    payloads = row.container_bytes - row.framing_bytes
    fixed = row.adjusted.total - payloads
    value = bytes_to_bits(payloads) / row.input_bytes + bytes_to_bits(fixed) / length
    return value if value <= BITS_PER_BYTE * BITS_PER_BYTE else None
