"""Runs that learnt one source beside each other: belief fidelity against the loss gap, as exhibits."""

from collections.abc import Sequence

from mdlbench.beliefs import tables
from mdlbench.beliefs.activations import ALL
from mdlbench.beliefs.distortion import at_gap
from mdlbench.beliefs.result import BeliefGeometry
from mdlbench.result.exhibits import Axis, Chart, Measure, Series, Table


def table(payloads: Sequence[BeliefGeometry]) -> Table:
    """Belief fidelity of several runs against their loss gap, the largest gap first; memory off each source's curve."""
    rows = []
    for payload in sorted(payloads, key=tables.loss_gap, reverse=True):
        row, gap = tables.whole_fit(payload), tables.loss_gap(payload)
        fidelity = (None, None) if row is None else (row.r2, row.mse)
        least = at_gap(payload.rate_distortion.curve, gap)
        rows.append((payload.run, payload.width, payload.parameters, gap, *fidelity, *least))
    columns = [
        Measure("run"),
        Measure("width", form="count", definition="Of the residual stream."),
        Measure("parameters", form="count"),
        tables.GAP,
        tables.r2(),
        tables.mse(),
        tables.bits("least memory", "Of the past, for a predictor with this loss gap.", 3),
        tables.r2("its R²", "Of the beliefs that this memory determines."),
    ]
    said = tables.SAID[payloads[0].setting.weightings[0]]
    title = f"Belief fidelity against the loss gap: {ALL}, ridge, held out, {said}"
    return Table.of(title, columns, rows)


def chart(payloads: Sequence[BeliefGeometry]) -> Chart:
    """A point for each run of one source, and the curve of the least memory."""
    curve = [point for point in payloads[0].rate_distortion.curve if point.gap_bits > 1e-6]
    rest = [_missed(point.r2) for point in curve]
    series = [Series("least memory", [point.gap_bits for point in curve], rest, role="bound")]
    for payload in sorted(payloads, key=lambda payload: payload.width):
        row, name = tables.whole_fit(payload), f"{payload.run}, width {payload.width}"
        series.append(Series(name, [tables.loss_gap(payload)], [None if row is None else _missed(row.r2)], "points"))
    axis = Axis(Measure("1 − R² of beliefs", form="digits", better="less"), "log")
    said = tables.SAID[payloads[0].setting.weightings[0]]
    return Chart(
        "Belief fidelity against loss gap",
        Axis(tables.GAP, "log"),
        axis,
        tuple(series),
        f"What the beliefs read from each run's activations miss ({ALL}, ridge, held out, {said}), against what its networks "
        "lose to the Bayes predictor; the line is the least memory that predicts so well.",
    )


def _missed(r2: float | None) -> float | None:
    return None if r2 is None else 1 - r2
