"""Pictures of sources: the figures in them, and that what is not known or zero is not drawn."""

from pathlib import Path

import numpy as np
import pytest

from mdlbench.processes import find
from mdlbench.processes.curves import synchronisation as synchronisation_curve
from mdlbench.processes.information import analyse
from mdlbench.processes.pictures import beliefs, convergence, every_belief, graph_places, mixed_states, panels, synchronisation
from mdlbench.processes.result import Source
from mdlbench.result import collect
from mdlbench.result.exhibits import Graph, Simplex

COMMITTED = Path(__file__).parents[2] / "results" / "processes"


@pytest.fixture(scope="module")
def kept() -> dict[str, Source]:
    return {found.payload.process: found.payload for found in collect([COMMITTED]).found}


def test_distances_from_h_are_those_of_the_entropies(kept: dict[str, Source]) -> None:
    """Mess3's fall by orders of magnitude, from both sides; an axis says so."""
    source = kept["mess3"]
    chart = convergence(source.entropy_rate.value, source.curves)
    above, below = chart.series
    assert above.y[0] == pytest.approx(np.log2(3) - 1.144717266, abs=1e-9)
    assert all(value is not None and value > 0 for value in (*above.y, *below.y))
    assert (chart.x.measure.heading, chart.y.measure.heading, chart.y.scale) == (
        "symbols of context",
        "distance from h, bits",
        "log",
    )
    assert below.dashed


def test_what_is_exact_at_once_is_said_and_not_drawn(kept: dict[str, Source]) -> None:
    """Z1R is unifilar: given its first state nothing is left to converge, and 0.67, 0.58, 0.33 bits are no decade."""
    above, below = (chart := convergence(1 / 3, kept["z1r"].curves)).series
    assert [round(value, 6) for value in above.y if value is not None] == [0.666667, 0.584963, 0.333333]
    assert set(below.y) == {None}
    assert below.name == "below: H(X | context, first state): exact at once"
    assert (chart.y.scale, chart.y.zero) == ("linear", True)


def test_a_generalised_process_has_nothing_from_below(kept: dict[str, Source]) -> None:
    source = kept["tom-quantum"]
    assert [series.name for series in convergence(source.entropy_rate.value, source.curves).series] == ["above: H(X | context)"]


def test_an_observer_knows_the_state_of_z1r_after_three_symbols(kept: dict[str, Source]) -> None:
    chart = synchronisation(kept["z1r"].curves.synchronisation)
    (series,) = chart.series
    assert series.y[0] == pytest.approx(np.log2(3))
    assert list(series.y[3:]) == pytest.approx([0] * len(series.y[3:]), abs=1e-12)
    assert chart.y.measure.heading == "H(state | symbols), bits"


def test_synchronisation_without_states_is_what_the_past_still_tells() -> None:
    """It begins at the excess entropy and falls."""
    found = analyse(find("post-quantum"), contexts=2)
    curve = synchronisation_curve(found)
    assert curve.of == "future"
    assert curve.bits[0] == pytest.approx(found.excess_entropy.value)
    assert (np.diff(curve.bits) <= 1e-12).all()
    assert synchronisation(curve).title == "What the past still tells of the future"


def test_the_graph_of_z1r(kept: dict[str, Source]) -> None:
    """Seven mixed states; the three recurrent ones are 0, 1, random in a ring, and random goes both ways."""
    graph = mixed_states(kept["z1r"].curves.graph)
    assert graph.title == "7 mixed states, 3 recurrent"
    assert [node.filled for node in graph.nodes].count(True) == 3
    assert [node.name for node in graph.nodes] == ["start", *[""] * 6]
    assert graph.nodes[0].note == "transient mixed state; belief 0.333 0.333 0.333; symbol 0: 0.5; symbol 1: 0.5"
    inside = [edge for edge in graph.edges if graph.nodes[edge.start].filled]
    assert sorted(edge.weight for edge in inside) == [0.5, 0.5, 1, 1]
    assert all(graph.nodes[edge.end].filled for edge in inside)
    assert [edge.kind for edge in graph.edges] == sorted(edge.kind for edge in graph.edges)


def test_symbols_of_a_large_alphabet_keep_their_order(kept: dict[str, Source]) -> None:
    kinds = list(dict.fromkeys(edge.kind for edge in mixed_states(kept["clock"].curves.graph).edges))
    assert kinds == [f"symbol {symbol}" for symbol in range(9)]


def test_no_two_mixed_states_lie_in_one_place(kept: dict[str, Source]) -> None:
    for source in kept.values():
        graph = source.curves.graph
        if graph is not None:
            places = graph_places(graph.by_depth, set(graph.recurrent))
            assert len(np.unique(places.round(6), axis=0)) == len(graph.successors)


def test_beliefs_that_do_not_end_are_a_cloud(kept: dict[str, Source]) -> None:
    pictures = panels(kept["mess3"])
    cloud = pictures.parts[2]
    assert isinstance(cloud, Simplex)
    assert cloud.title == "1,500 beliefs, after long words"
    assert [name for *_, name in cloud.corners] == ["state 0", "state 1", "state 2"]
    assert isinstance(panels(kept["rrxor"]).parts[2], Graph)


def test_beliefs_of_two_states_stand_against_the_share_of_smaller_ones() -> None:
    cloud = beliefs(np.array([[0.9, 0.1], [0.2, 0.8], [0.5, 0.5], [0.4, 0.6]]), states=True)
    assert (cloud.x, cloud.y) == ("probability of state 0", "share of beliefs below")
    assert cloud.cloud.places == [[0.9, 0.75], [0.2, 0.0], [0.5, 0.5], [0.4, 0.25]]


def test_of_a_source_at_hand_all_beliefs_are_drawn(kept: dict[str, Source]) -> None:
    """SNS: after each word of L symbols at most L + 1 beliefs, the first of them the stationary one."""
    cloud = every_belief(find("sns"))
    assert (cloud.x, cloud.y) == ("probability of state 0", "symbols seen")
    lengths = [height for _, height in cloud.cloud.places]
    assert lengths.count(0) == 1
    assert 2 <= lengths.count(5) <= 6
    assert len(every_belief(find("mess3")).cloud.places) > 50_000
    assert len(panels(kept["sns"], find("sns")).parts[2].cloud.places) == len(lengths)
