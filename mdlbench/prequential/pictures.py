"""Pictures of prequential codes: the parts of every length, and what was spent along the way."""

from collections.abc import Iterator, Sequence

from mdlbench.prequential.result import Prequential
from mdlbench.prequential.tables import symbols_of
from mdlbench.result.exhibits import Axis, Bar, Bars, Chart, Measure, Panels, Series

MODEL, DATA, WHOLE = "learning, weights or KL", "data", "not split"


def pictures(group: Sequence[Prequential]) -> Panels:
    """The parts of every length, and what was spent along the way."""
    return Panels(
        "Code lengths and their parts; bits spent along the way",
        (parts(group), cumulative(group), regret(group)),
        "Prequential lengths are split at the final loss (held out; of texts, of the last 1 %), two-part ones into weights and "
        "data, variational ones into KL and expected data.",
    )


def parts(group: Sequence[Prequential]) -> Bars:
    """Each code's length as what the model costs and what the data cost given it."""
    bars = [bar for one in group for bar in _bars(one)]
    bars.append(Bar("uniform", ((DATA, group[0].uniform_bits),)))
    axis = Axis(Measure("code length", "bits", "count", 1, "of all symbols", "less"), zero=True)
    return Bars("What each code spends", axis, tuple(bars), "Shorter is better.", (MODEL, DATA, WHOLE))


def _bars(one: Prequential) -> Iterator[Bar]:
    spread = one.intervals.get("code_length_bits")
    ends = (None, None) if spread is None else (spread.low, spread.high)
    if one.excess_bits is None or one.final_loss_bits is None:
        yield Bar(f"{one.learner}, prequential", ((WHOLE, one.code_length_bits),), low=ends[0], high=ends[1])
    else:
        split = ((MODEL, one.excess_bits), (DATA, one.symbols * one.final_loss_bits))
        name = "random labels" if one.data == "labels" else "shuffled"
        null = () if one.random_labels_bits is None else ((name, one.random_labels_bits),)
        yield Bar(f"{one.learner}, prequential", split, null, *ends)
    if one.two_part is not None:
        yield Bar(f"{one.learner}, two-part", ((MODEL, one.two_part.weight_bits), (DATA, one.two_part.data_bits)))
    if one.variational is not None:
        yield Bar(f"{one.learner}, variational", ((MODEL, one.variational.kl_bits), (DATA, one.variational.data_bits)))


def cumulative(group: Sequence[Prequential]) -> Chart:
    """Bits spent after so many symbols, against the uniform code."""
    first = group[0]
    places = [point.symbols for point in first.curve]
    known = Series("uniform", places, [first.uniform_bits / first.symbols * n for n in places], role="null", dashed=True)
    spent = Measure("bits so far", "bits", "count", 1, "the sum of −log2 p over the symbols coded so far", "less")
    series = [_series(one, "bits") for one in group]
    return Chart("Bits spent so far", Axis(_along(first), "log"), Axis(spent, "log"), (*series, known))


def regret(group: Sequence[Prequential]) -> Chart:
    """Bits above the best in hindsight after so many symbols."""
    above = Measure("regret so far", "bits", "count", 1, "bits so far above those of the best in hindsight")
    series = tuple(_series(one, "regret_bits") for one in group if any(point.regret_bits is not None for point in one.curve))
    return Chart("Regret", Axis(_along(group[0]), "log"), Axis(above), series)


def _along(one: Prequential) -> Measure:
    return Measure(f"{symbols_of(one)} coded", form="count", definition="each before it was learnt")


def _series(one: Prequential, name: str) -> Series:
    bands = name == "bits" and one.curve and one.curve[0].low is not None
    return Series(
        one.learner,
        [point.symbols for point in one.curve],
        [getattr(point, name) for point in one.curve],
        low=[point.low for point in one.curve] if bands else (),
        high=[point.high for point in one.curve] if bands else (),
        dashed=bool(one.members),
    )
