"""Results of kind "hmm-entropy": written and read again, those in the repository too, and every refusal of a wrong file."""

import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from mdlbench.errors import ResultError
from mdlbench.processes import find
from mdlbench.processes.curves import curves
from mdlbench.processes.information import analyse
from mdlbench.processes.result import EntropyRate, Quantity, Source
from mdlbench.result import Result, collect, read

COMMITTED = Path(__file__).parents[2] / "results" / "processes"


def known(values: Any) -> Any:
    """A JSON value without the fields that are null."""
    if isinstance(values, dict):
        return {key: known(value) for key, value in values.items() if value is not None}
    return [known(value) for value in values] if isinstance(values, list) else values


@cache
def written(name: str) -> str:
    found = analyse(find(name), contexts=3)
    return Result(replace(found.source(), curves=curves(found)), {"time": "2026-01-01T00:00:00Z"}).to_json()


def test_results_written_before_are_read_and_nothing_is_lost() -> None:
    collection = collect([COMMITTED])
    assert collection.refused == ()
    assert len(collection.found) >= 18
    for found in collection.found:
        assert known(found.result.document() | {"provenance": {}}) == known(
            json.loads(Path(found.path).read_text()) | {"provenance": {}}
        )


@pytest.mark.parametrize("name", ["mess3", "tom-quantum", "clock"])
def test_a_source_is_what_was_kept_of_it(name: str, tmp_path: Path) -> None:
    """Computed anew, figures and curves are those of the committed file, to the last bits of a sum."""
    (tmp_path / "anew.json").write_text(written(name))
    anew: Source = read(tmp_path / "anew.json").payload
    kept: Source = next(found.payload for found in collect([COMMITTED]).found if found.payload.process == name)
    assert (anew.label, anew.mixed_states, anew.causal_states) == (kept.label, kept.mixed_states, kept.causal_states)
    assert anew.entropy_rate.value == pytest.approx(kept.entropy_rate.value, abs=1e-9)
    assert anew.curves is not None
    assert kept.curves is not None
    assert anew.curves.upper == pytest.approx(kept.curves.upper, abs=1e-9)
    assert anew.curves.synchronisation.bits == pytest.approx(kept.curves.synchronisation.bits, abs=1e-6)
    assert (anew.curves.graph is None) == (kept.curves.graph is None)


def test_what_is_infinite_has_a_reason_and_no_figure_is_infinite() -> None:
    values = json.loads(written("mess3"), parse_constant=lambda word: pytest.fail(f"{word} in JSON"))
    complexity = values["statistical_complexity"]
    assert (complexity["value"], complexity["method"]) == (None, None)
    assert "taken as infinite" in complexity["reason"]
    assert values["params"] == {"x": "0.05", "a": "0.85"}
    assert values["joint_entropy_rate"] == pytest.approx(1.3288, abs=5e-5)
    exponents = values["complexity_dimension"]["exponents_nats"]
    assert exponents == sorted(exponents, reverse=True)


def test_the_best_single_number_of_a_rate() -> None:
    bounded = EntropyRate.between(1.0, 2.0, "by hand")
    assert (bounded.value, bounded.gap) == (1.5, 1.0)
    unbounded = EntropyRate.between(None, 2.0, "by hand", "no lower bound is proved")
    assert (unbounded.value, unbounded.gap) == (2.0, None)


def test_a_quantity_has_a_value_and_a_method_or_a_reason() -> None:
    assert (Quantity.of(1.0, "exact").method, Quantity.of(None, "infinite").reason) == ("exact", "infinite")
    with pytest.raises(ValueError, match="a value and a method, or else a reason"):
        Quantity(None, method="exact")
    with pytest.raises(ValueError, match="a value and a method, or else a reason"):
        Quantity(1.0, method="exact", reason="infinite")


def set_in(values: Any, path: str, value: Any) -> None:
    *parents, last = [int(key) if key.isdigit() else key for key in path.split(".")]
    for key in parents:
        values = values[key]
    values[last] = value


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("entropy_rate.upper", "1", 'field entropy_rate.upper is "1", must be a finite number'),
        ("entropy_rate.unit", "nats", 'field entropy_rate.unit is "nats", must be one of bits per symbol'),
        ("entropy_rate.upper", 1e300, "entropy_rate: a symbol has at most 8 bits, bounds are"),
        ("entropy_rate.lower", -9, "entropy_rate: a symbol has at most 8 bits, bounds are -9.0 and"),
        ("entropy_rate.lower", 3.0, "entropy_rate.upper is 0."),
        ("entropy_rate.gap", 0.25, "entropy_rate.gap is 0.25, but other figures make it"),
        (
            "entropy_rate.converged",
            {"value": -1.0, "change": 1e-9, "rigorous": False},
            "entropy_rate.converged.value is -1, must be",
        ),
        ("excess_entropy.value", -3.0, "excess_entropy: value is -3, must be at least 0"),
        ("joint_entropy_rate", -1.0, "joint_entropy_rate is -1, must be at least 0"),
        ("myopic_entropies.1", 1e308, "myopic_entropies[1] is 1e+308, must be within 0 and 8"),
        ("excess_entropy.value", None, "a quantity has a value and a method, or else a reason"),
        ("mixed_states.count", None, "mixed states are counted"),
        ("causal_states", 2.5, "field causal_states is 2.5, must be a whole number"),
        ("curves.graph", None, "curves has either a graph of mixed states or beliefs"),
        ("curves.beliefs", "0.5 0.5", "curves has either a graph of mixed states or beliefs"),
        ("curves.graph.successors.0.1", 7, "curves.graph.successors names a state outside 0 .. 6"),
        ("curves.graph.recurrent.0", -1, "curves.graph.recurrent names a state outside 0 .. 6"),
        ("curves.graph.by_depth.2", 5, "are not of one number of mixed states"),
        ("curves.graph.p.3", [1.0], "a state has not a successor and a probability for every symbol"),
        ("curves.synchronisation.of", "past", "must be one of state, future"),
    ],
)
def test_a_wrong_file_is_refused_in_a_line_that_names_it(path: str, value: Any, message: str, tmp_path: Path) -> None:
    values = json.loads(written("z1r"))
    set_in(values, path, value)
    file = tmp_path / "wrong.json"
    file.write_text(json.dumps(values))
    with pytest.raises(ResultError) as error:
        read(file)
    assert str(error.value).startswith(f"{file}: ")
    assert message in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("beliefs", ["", "0.5 0.5; 1", "0.5 nan", "0.5 inf", "1e308 0", "a b", "0.5 0.5;"])
def test_beliefs_that_are_no_numbers_are_refused(beliefs: str, tmp_path: Path) -> None:
    values = json.loads(written("sns"))
    values["curves"]["beliefs"] = beliefs
    file = tmp_path / "wrong.json"
    file.write_text(json.dumps(values))
    with pytest.raises(ResultError, match=r"wrong\.json: curves\.beliefs: not all rows"):
        read(file)


def test_a_source_is_named_with_its_parameters() -> None:
    source = analyse(find("coin", {"p": "1/3"}), contexts=1).source()
    assert isinstance(source, Source)
    assert source.label == "coin p=1/3"
