"""Edit any one thing in a row and the check fails, naming file and field; honest rows of every kind pass."""

import copy
import json
from collections.abc import Iterator
from contextlib import suppress
from operator import attrgetter
from pathlib import Path
from typing import Any

import pytest

from mdlbench.errors import ResultError
from mdlbench.leaderboard import Row, check, load_board
from mdlbench.leaderboard.checking import problems
from mdlbench.leaderboard.derived import derived, scalars, seal
from mdlbench.result import Found
from tests.leaderboard.made import Document, changed, document_of, put, row_of, written

Measured = tuple[Path, dict[str, Found[Row]]]
Place = tuple[str | int, ...]


def leaves(value: Any, place: Place = ()) -> Iterator[tuple[Place, Any]]:
    """Every value in a document that is no list or object, with the way to it."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if items is None:
        yield place, value
        return
    for key, part in items:
        yield from leaves(part, (*place, key))


def edited(document: Document, place: Place) -> Document:
    """A copy with one leaf a little different."""
    made = copy.deepcopy(document)
    parent: Any = made
    for key in place[:-1]:
        parent = parent[key]
    value = parent[place[-1]]
    parent[place[-1]] = other(value)
    return made


def other(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    if isinstance(value, str):
        return ("0" if value[:1] != "0" else "1") + value[1:]
    return 1


@pytest.mark.parametrize("spec", ["uniform", "external:gzip"])
def test_any_edit_of_any_leaf_is_found(spec: str, measured: Measured) -> None:
    document = document_of(measured[1][spec])
    assert problems(document) == []
    places = list(leaves(document))
    assert len(places) > 90
    for place, value in places:
        assert problems(edited(document, place)), f"{place}: {value!r}"


def test_the_row_is_named(measured: Measured, tmp_path: Path) -> None:
    rows = measured[1]
    good = written(tmp_path, document_of(rows["external:gzip"]))
    bad = written(tmp_path, edited(document_of(rows["uniform"]), ("archives", 0, "container_bytes")))
    verdicts = {verdict.path: {problem.field for problem in verdict.problems} for verdict in check(tmp_path)}
    assert verdicts[good] == set()
    assert {"container_bytes", "seal", "ratio", "adjusted.total"} <= verdicts[bad]


def test_a_derived_figure_is_named_even_if_the_row_is_sealed_anew(measured: Measured) -> None:
    document = document_of(measured[1]["cm,level=1"])
    found = set()
    for way in scalars():
        made = copy.deepcopy(document)
        figure = attrgetter(way)
        put(made, way.split("."), other(figure(row_of(document).payload)))
        with suppress(ResultError):  # of another type: no row at all
            edited_row = row_of(made).payload
            if figure(derived(edited_row)) != figure(edited_row):
                found.add(way)
                made["seal"] = seal(made)
                assert way in {problem.field for problem in problems(made)}, way
    assert len(found) == 26


SEALED_ANEW = {
    ("model", "digest"): "model.digest",
    ("archives", 0, "sha256"): "decode_log.0.archive_sha256",
    ("decode_log", 0, "output_sha256"): "decode_log.0.output_sha256",
    ("decode_log", 0, "output_bytes"): "decode_log.0.output_bytes",
    ("decode_log", 0, "exit_code"): "decode_log.0.exit_code",
    ("decode_log", 0, "fresh_process"): "decode_log.0.fresh_process",
    ("corpus", "sha256"): "corpus.sha256",
    ("corpus", "end"): "corpus.end",
    ("ledger", "bytes", "payloads"): "ledger.bytes",
    ("ledger", "payload_bits", "coder"): "ledger.payload_bits",
    ("ideal_bits",): "ideal_bits",
    ("units", "ideal_bits", 3): "units.ideal_bits",
    ("units", "unit_bytes"): "units.unit_bytes",
    ("encode", "wall_seconds", 0): "encode.median_wall_seconds",
    ("decode", "wall_seconds", 0): "decode.bytes_per_second",
    ("decode", "coding_seconds", 0): "decode.coding_bytes_per_second",
    ("ledger", "beside", "model_bytes", "cm,level=1", "code"): "adjusted.total",
    ("published",): "published",
    ("block_size", "used"): "model.policies",
}


@pytest.mark.parametrize("place", SEALED_ANEW, ids=lambda place: ".".join(map(str, place)))
def test_what_other_figures_contradict_is_named_under_a_new_seal(place: Place, measured: Measured) -> None:
    made = edited(document_of(measured[1]["cm,level=1"]), place)
    made["seal"] = seal(made)
    assert SEALED_ANEW[place] in {problem.field for problem in problems(made)}


def test_missing_and_misshapen_fields_are_problems_not_crashes(measured: Measured) -> None:
    document = document_of(measured[1]["uniform"])
    for name in document:
        if name not in ("seal", "schema"):
            assert problems({key: value for key, value in document.items() if key != name}), name
            assert problems(document | {name: "?"}), name
            assert problems(document | {name: []}), name


def test_another_model_of_the_same_digest_is_found(measured: Measured) -> None:
    made = changed(document_of(measured[1]["uniform"]), model__spec="kt")
    assert {"model.spec", "model.digest"} <= {problem.field for problem in problems(made)}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "not JSON"),
        ('{"schema": "mdlbench.leaderboard-row/1", "a": NaN}', "NaN is no figure"),
        ('{"schema": "mdlbench.leaderboard-row/1", "a": -1e999}', "-1e999 is no figure"),
        ('{"schema": "mdlbench.leaderboard-row/1", "a": 1, "a": 2}', "a name is given twice"),
        ('{"schema": "mdlbench.eval/1"}', "where a leaderboard row should be"),
        ("[]", "schema null"),
    ],
)
def test_what_is_no_row_is_said_to_be_none(text: str, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "corpus" / "model" / "x.json"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    (verdict,) = check(tmp_path)
    assert verdict.path == path
    assert verdict.problems[0].field == "file"
    assert reason in verdict.problems[0].text


def test_the_order_of_keys_and_spaces_do_not_matter(measured: Measured, tmp_path: Path) -> None:
    document = document_of(measured[1]["uniform"])
    written(tmp_path, document).write_text(json.dumps(dict(reversed(document.items())), indent=7))
    assert [verdict.problems for verdict in check(tmp_path)] == [()]


def old(document: Document) -> Document:
    """A document as schema 1 had it: code by another rule, speeds once the model was ready, no framing."""
    made = copy.deepcopy(document) | {"schema": "mdlbench.leaderboard-row/1"}
    del made["framing_bytes"]
    for way in ("encode", "decode"):
        made[way]["bytes_per_second"] = made[way].pop("coding_bytes_per_second")
    for model in made["ledger"]["beside"]["model_bytes"].values():
        del model["shared"], model["reason"]
        model["code"] = 123
    del made["adjusted"]["reason"]
    made["adjusted"] |= {"code": 123, "total": 123 + made["container_bytes"], "total_16bit": 123 + made["container_bytes"]}
    made["adjusted"] |= {"break_even_bytes": 1000, "against_bits_per_byte": 2.0}
    return made | {"seal": seal(made)}


def test_a_row_of_an_older_schema_is_read_without_what_it_measured_otherwise(measured: Measured, tmp_path: Path) -> None:
    new = document_of(measured[1]["cm,level=1"])
    made = old(new)
    assert problems(made) == []
    assert [problem.field for problem in problems(made | {"jobs": 2})] == ["seal"]
    row = row_of(made).payload
    assert (row.adjusted.code, row.adjusted.total, row.adjusted.break_even_bytes) == (None, None, None)
    assert row.adjusted.reason == "measured under an older rule"
    assert row.encode == row_of(new).payload.encode
    assert row.framing_bytes == row_of(new).payload.framing_bytes
    written(tmp_path, made)
    (group,) = load_board(tmp_path).groups
    assert "adjusted sizes measured under an older rule are not shown: cm,level=1; measure again (--rerun)" in group.notes


def test_an_older_row_that_lacks_a_figure_is_refused_in_words(measured: Measured) -> None:
    made = old(document_of(measured[1]["uniform"]))
    for name in ("ledger", "adjusted", "encode", "input_bytes"):
        with pytest.raises(ResultError, match=rf"cannot be read as a file of schema 1 .*{name}"):
            row_of({key: value for key, value in made.items() if key != name})
