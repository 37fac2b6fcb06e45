"""Names and files of strangers: each ends in one line, soon, wherever it is read. A header may name any process of the zoo."""

import io
import json
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import mdlbench
from mdlbench.codec.inspection import inspect_file
from mdlbench.codec.salvage import salvage_stream
from mdlbench.container.format import Header, ModelEntry
from mdlbench.errors import ContainerError, MdlbenchError
from mdlbench.models import load_model
from mdlbench.models.base import Model
from mdlbench.processes import ZOO, ProcessError, find
from mdlbench.processes.names import parameters_of

SECONDS = 15.0  # of processor time: the slowest takes a thirtieth of it on an idle machine, and none of these ended before

SPECS = {  # spec: what its one line says
    "hmm:coin,p=1e-999999999": "p=1e-999999999: has too many digits",
    "hmm:coin,p=1e999999999": "has too many digits",
    "hmm:coin,p=1e-000000000000999999999": "has too many digits",
    "hmm:coin,p=1e-40": "has too many digits",
    f"hmm:coin,p=0.{'9' * 2000}": "has too many digits",
    f"hmm:coin,p=1/{'9' * 1900}": "has too many digits",
    "hmm:coin,p=1e-17/1": "not a number",
    "hmm:coin,p=1/0": "divides by zero",
    "hmm:coin,p=١/٢": "not a number",
    "hmm:coin,p=0.٥": "not a number",
    "hmm:coin,p=nan": "not a number",
    "hmm:nemo,p=0.99999999999999999999": "as a double 1",
    "hmm:mess3,x=0.49999999999999999999": "as a double 0.5",
    "hmm:post-quantum,alpha=1.0000001,beta=0.9999999": "post-quantum has no matrices at alpha=1.0000001",
    "hmm:post-quantum,alpha=1.01,beta=0.99": "is not simple); choose less extreme parameters",
    "hmm:parentheses,depth=64,p=1e-39": "too small for a double",
    "hmm:" + "reversed:" * 100 + "coin": "made of 101 names; at most 16",
    "hmm:" + "reversed:" * 15 + "clock,days=64": "at most 600,000",
    "hmm:mixture:" + "+".join(["clock@days=64"] * 10): "at most 600,000",
    "hmm:product:" + "+".join(["parentheses@depth=20"] * 4): "at most 600,000",
    "hmm:product:" + "+".join(["coin"] * 16): "made of 17 names",
    "hmm:" + "a" * 3000: "no process",
    "hmm:coin" + ",p=0.5" * 600: "twice",
    "hmm:coin" + ",p=0.5" * 6000: "36,008 letters; at most 4,096",
}

FLIPS = find("coin").generate(1000).tobytes()


@contextmanager
def soon(seconds: float = SECONDS) -> Iterator[None]:
    begin = time.process_time()
    yield
    assert time.process_time() - begin < seconds


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec[:40])
def test_a_hostile_spec_is_one_line_soon(spec: str) -> None:
    with soon(), pytest.raises(MdlbenchError) as raised:
        load_model(spec)
    assert SPECS[spec] in str(raised.value)
    assert "\n" not in str(raised.value)
    assert len(str(raised.value)) < 400


def _inspect(data: bytes, path: Path) -> None:
    path.write_bytes(data)
    inspect_file(path, decode=True)


def _open(data: bytes, path: Path) -> None:
    path.write_bytes(data)
    with mdlbench.open(path) as file:
        file.read()


IN_HEADERS = [spec for spec in SPECS if len(spec) < 200 and spec.isascii()]
READERS: dict[str, Callable[[bytes, Path], object]] = {
    "decompress": lambda data, path: mdlbench.decompress(data),
    "verify": lambda data, path: mdlbench.verify(data),
    "inspect": _inspect,
    "open": _open,
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("spec", IN_HEADERS, ids=lambda spec: spec[:40])
def test_a_header_that_names_it_is_one_line_soon(reader: str, spec: str, tmp_path: Path) -> None:
    with soon(), pytest.raises(MdlbenchError) as raised:
        READERS[reader](_named(spec), tmp_path / "f.mdlz")
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("spec", IN_HEADERS, ids=lambda spec: spec[:40])
def test_salvage_passes_it_by_soon(spec: str, tmp_path: Path) -> None:
    path, sink = tmp_path / "f.mdlz", io.BytesIO()
    path.write_bytes(_named(spec))
    with soon(), open(path, "rb") as file, pytest.raises(ContainerError, match="none is recovered: the container was written"):
        salvage_stream(file, sink)
    assert sink.getvalue() == b""


def _named(*specs: str) -> bytes:
    """A container of `hmm:coin` whose header names other models."""
    honest = mdlbench.compress(FLIPS, "hmm:coin")
    first = Header((ModelEntry(load_model("hmm:coin").digest, "hmm:coin"),)).to_bytes()
    assert honest.startswith(first)
    entries = tuple(ModelEntry(load_model("hmm:coin").digest, spec) for spec in specs)
    return Header(entries).to_bytes() + honest[len(first) :]


@pytest.mark.parametrize("spec", ["hmm:coin,p=0.5", "hmm:Coin", "hmm:biased-coin", "hmm:coin,p=1/2"])
def test_a_header_names_models_as_mdlbench_writes_them(spec: str) -> None:
    assert load_model(spec).digest == load_model("hmm:coin").digest
    assert mdlbench.decompress(_named("hmm:coin")) == FLIPS
    with pytest.raises(MdlbenchError, match="written with"):
        mdlbench.decompress(_named(spec))


def test_the_models_of_a_header_are_bounded_together() -> None:
    specs = [f"hmm:clock,days=64,weekend={weekend}" for weekend in range(3, 60)]
    entries = tuple(ModelEntry(load_model(spec).digest, spec) for spec in specs[:6])
    with soon(3.0), pytest.raises(MdlbenchError, match="more than 1,048,576 numbers together"):
        mdlbench.decompress(Header(entries).to_bytes() + b"\0" * 20)


FILES = {  # key, value, what the one line says
    "large": ("edges", '[["A", 0, "A", 1e400]]', r"edges\[0\] = 1e400: has too many digits"),
    "tiny": ("edges", '[["A", 0, "A", 1e-999999999]]', "has too many digits"),
    "long": ("edges", f'[["A", 0, "A", {"9" * 4000}]]', "has too many digits"),
    "arabic": ("edges", '[["A", 0, "A", "١"]]', "not a number"),
    "no fraction": ("edges", '[["A", 0, "A", "1/0"]]', "divides by zero"),
    "a list": ("edges", '[["A", 0, "A", [1]]]', "not a number"),
    "nested": ("tensor", "[" * 5000 + "]" * 5000, "nest|recursion|not a list"),
    "not a chain": ("tensor", "[[[1e39, 0], [0, 1e39]]]", "left with probability"),
    "many states": ("tensor", "[" + ",".join(["[" + ",".join(["[]"] * 600) + "]"] * 2) + "]", "at most 600,000"),
    "many symbols": ("edges", "[" + ",".join(f'["{i}", 255, "{i}", 1]' for i in range(200)) + "]", "at most 600,000"),
    "bytes": ("summary", f'"{"a" * (9 << 20)}"', "more than 8,388,608 bytes"),
}


@pytest.mark.parametrize("case", FILES)
@pytest.mark.parametrize("form", ["toml", "json"])
def test_a_hostile_file_is_one_line_soon(case: str, form: str, tmp_path: Path) -> None:
    (key, value, message), path = FILES[case], tmp_path / f"own.{form}"
    path.write_text(f"{key} = {value}" if form == "toml" else f'{{"{key}": {value}}}', encoding="utf8")
    with soon(), pytest.raises(ProcessError, match=message) as raised:
        find(str(path))
    assert "\n" not in str(raised.value)


def test_a_large_dense_file_is_solved_in_doubles(tmp_path: Path) -> None:
    """150 states of random numbers with 30 digits: exact elimination is given up at the same step on every machine."""
    draw, n = random.Random(0), 150
    rows = [[draw.randrange(1, 10**6) for _ in range(n)] for _ in range(n)]
    path = tmp_path / "large.json"
    path.write_text(json.dumps({"tensor": [[[f"{value}/{sum(row)}" for value in row] for row in rows]]}))
    with soon(3.0):
        found = find(str(path))
        whole = found.tensor.sum(axis=0)
    assert not found.exact
    assert abs(found.stationary @ whole - found.stationary).max() < 1e-16


def _random_spec(draw: random.Random) -> str:
    numbers = ("1e-39", "0.9999999999999999", "1e-17", "1/3", "64", "2", "0.5", "1e400", "1.0000001", "99.999", "1e-12", "0.7")

    def leaf(mark: str) -> str:
        name = draw.choice(list(ZOO))
        given = [f"{mark}{key}={draw.choice(numbers)}" for key in parameters_of(name) if draw.random() < 0.4]
        return name + "".join(given)

    front = "reversed:" * draw.choice([0, 0, 1, 3, 12])
    if draw.random() < 0.5:
        return "hmm:" + front + leaf(",")
    return "hmm:" + front + draw.choice(["product:", "mixture:"]) + "+".join(leaf("@") for _ in range(draw.randrange(1, 6)))


@pytest.mark.filterwarnings("error")
def test_random_specs_make_a_process_or_one_line() -> None:
    """Whatever can be built is found again by its own spec, with the same numbers."""
    draw, built = random.Random(1), 0
    for _ in range(300):
        with soon(2 * SECONDS):
            model = _built(_random_spec(draw))
            again = None if model is None else load_model(model.spec)
        if model is not None and again is not None:
            built += 1
            assert (again.digest, again.spec) == (model.digest, model.spec)
    assert built > 50


def _built(spec: str) -> Model | None:
    try:
        return load_model(spec)
    except MdlbenchError as error:
        if "\n" in str(error):
            raise
        return None
