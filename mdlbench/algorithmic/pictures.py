"""Pictures: every model's bits over the program's, how they grow, and what sentences save."""

from collections.abc import Sequence
from dataclasses import replace

from mdlbench.algorithmic.result import AgainstProgram, Described
from mdlbench.algorithmic.tables import PROGRAM, SAVED, SPENT, TERMS, by_network, models, program_bits
from mdlbench.result.exhibits import Axis, Bar, Bars, Chart, Panels, Series

_GROWN = ("primes", "shuffled", "pi", "thue-morse")  # one of each kind
_BITS = Axis(SPENT, "log")
_AXIS = replace(SAVED, form="count")


def panels(found: Sequence[AgainstProgram]) -> Panels:
    """All sequences at their greatest length, and some as they grow."""
    several = [one for one in found if len(one.lengths) > 1]
    chosen = [one for one in several if one.sequence in _GROWN] or several[:2]
    caption = "Below the models: the file of a program that was run and printed the sequence. Ideal code lengths are no sizes."
    return Panels("Bits spent, and the program", (dots(found), *map(grown, chosen)), caption)


def dots(found: Sequence[AgainstProgram]) -> Chart:
    """A column of dots for each sequence, placed by the bits of its program: models, and at the foot the program itself."""
    placed = sorted(((program_bits(one.lengths[-1]), one) for one in found), key=lambda pair: pair[0])
    series: list[Series] = []
    for model in models(found):
        known = [(x, code.bits, one.sequence) for x, one in placed for code in one.lengths[-1].codes if code.model == model]
        if known:
            x, y, names = map(tuple, zip(*known, strict=True))
            series.append(Series(model, x, y, "points", labels=names if not series else ()))
    x = tuple(place for place, _ in placed)
    series.append(Series("its program", x, x, "points", role="bound", shape="diamond"))
    return Chart("Every sequence", Axis(PROGRAM), _BITS, tuple(series))


def grown(one: AgainstProgram) -> Chart:
    """A sequence's bits as it grows."""
    series = []
    for model in models([one]):
        pairs = [(length.count, code.bits) for length in one.lengths for code in length.codes if code.model == model]
        x, y = zip(*pairs, strict=True)
        series.append(Series(model, x, y, "line+points"))
    counts = tuple(length.count for length in one.lengths)
    program = Series("its program", counts, tuple(map(program_bits, one.lengths)), "line+points", role="bound", shape="diamond")
    return Chart(one.sequence, Axis(TERMS, "log"), _BITS, (*series, program))


def saved(found: Sequence[Described]) -> Panels:
    """What the sentences save each network on each sequence, beside those about another one."""
    networks = by_network(found)
    caption = (
        "Before the sentence is charged; intervals over wordings. The mark is the null: a sentence that tells only the looks."
    )
    return Panels("Bits saved by a sentence", tuple(_saved(name, chosen) for name, chosen in networks.items()), caption)


def _saved(network: str, found: Sequence[Described]) -> Bars:
    bars = tuple(
        Bar(
            one.sequence,
            (("saved by its sentences", one.saved.mean),),
            (("sentences about another sequence", one.saved_by_control.mean),),
            one.saved.low,
            one.saved.high,
        )
        for one in found
    )
    return Bars(network, Axis(_AXIS, zero=True), bars)
