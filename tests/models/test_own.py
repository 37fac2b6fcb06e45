"""Own predictors: instances and files as models wherever a model goes; digests; and that no container runs code."""

import io
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import mdlbench
from mdlbench.codec import compress, compress_stream, decompress, verify
from mdlbench.codec.inspection import inspect_stream
from mdlbench.codec.salvage import salvage_stream
from mdlbench.codec.seekable import open_container
from mdlbench.errors import (
    ContainerError,
    EnvironmentMismatchError,
    ModelMismatchError,
    NotADistributionError,
    PredictorError,
    SpecError,
    UsageError,
)
from mdlbench.evaluation import code_length, evaluate
from mdlbench.evaluation.by_symbol import SymbolBits, evaluate_symbols
from mdlbench.models import as_model, load_model
from mdlbench.models.own import OwnPredictor, canonical
from tests.check_codec import TEXT, check_codec
from tests.models.own_predictors import Counts, Exact, Forgets, Letters, Needs, Settings, Whole

TYPED = """
import mdlbench
import numpy as np
class Typed(mdlbench.Predictor):
    def reset(self, n):
        self.n = n
    def predict(self):
        return np.arange(256.0)[None, :].repeat(self.n, 0) + {more}
    def update(self, symbols):
        pass
"""
BARE = """
class Bare(Counts):
    def __init__(self, order=2, name="x", on=False, rest=()):
        super().__init__()
        self.order, self.name, self.on, self.rest = order, name, on, rest
"""
SOURCE = Path(__file__).with_name("own_predictors.py")
DATA = TEXT * 2


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return Path(shutil.copy(SOURCE, tmp_path / "my.py"))


def main(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mdlbench", *arguments]
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(SOURCE.parents[2])}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("predictor", [Counts(alpha=0.02), Exact(decay=0.98), Whole(Settings(alpha=2.0))])
def test_an_instance_is_a_codec(predictor: mdlbench.Predictor) -> None:
    check_codec(predictor, user_model=True)


def test_a_class_in_a_file_is_a_codec(file: Path) -> None:
    check_codec(f"{file}:Counts,alpha=0.02", user_model=True)


def test_every_door_takes_an_instance(tmp_path: Path) -> None:
    predictor, model = Counts(0.1), load_model("kt")
    container = compress(DATA, predictor, block_size=200)
    assert decompress(container, Counts(0.1)) == DATA
    assert verify(container, predictor) == len(DATA)
    assert compress(DATA, model) == compress(DATA, "kt") == mdlbench.compress(DATA, [model])
    assert decompress(compress(DATA, [predictor, "kt,order=2", model], block_size=200), [model, predictor]) == DATA
    bits = code_length(DATA, predictor, block_size=200)
    found = evaluate(io.BytesIO(DATA), predictor, block_size=200)
    assert found.ideal_bits == bits
    assert found.digest == as_model(predictor).digest.hex()
    seen: list[SymbolBits] = []
    evaluate_symbols(io.BytesIO(DATA), predictor, seen.append, block_size=200)
    assert sum(symbol.bits for symbol in seen) == pytest.approx(bits)
    split = inspect_stream(io.BytesIO(container), predictor, decode=True).ledger.payload_bits
    assert split is not None
    assert split.ideal == pytest.approx(bits)
    (tmp_path / "x.mdlz").write_bytes(container)
    with open_container(tmp_path / "x.mdlz", predictor) as reader:
        reader.seek(390)
        assert reader.read(20) == DATA[390:410]
    sink = io.BytesIO()
    with open(tmp_path / "x.mdlz", "rb") as source:
        assert not salvage_stream(source, sink, predictor).lost
    assert sink.getvalue() == DATA


def test_the_same_predictor_reset_again_decodes() -> None:
    """Its state is no part of the digest, and a file written before other use decodes after it."""
    predictor = Counts()
    container = compress(DATA, predictor)
    evaluate(io.BytesIO(b"other data"), predictor)
    assert decompress(container, predictor) == DATA


def test_spec_and_instance_are_the_same_model(file: Path) -> None:
    """One file, one digest: whether loaded from a spec or made by hand, wherever the file lies."""
    here = load_model(f"{SOURCE}:Counts,alpha=0.5")
    assert here.spec == f"{SOURCE}:Counts"
    assert load_model(f"{file}:Counts").digest == here.digest == as_model(Counts()).digest
    assert as_model(Counts(alpha=2)).spec == "own_predictors.py:Counts,alpha=2"
    assert decompress(compress(DATA, Counts(0.25)), f"{file}:Counts,alpha=0.25") == DATA


def test_the_digest_covers_source_class_and_parameters(file: Path) -> None:
    specs = ["Counts", "Counts,alpha=2", "Counts,decay=0.9", "Exact", "Whole", "Whole,twice=yes"]
    assert len({load_model(f"{file}:{spec}").digest for spec in specs}) == len(specs)
    before = load_model(f"{file}:Counts")
    container = compress(DATA, before)
    file.write_text(file.read_text() + "# a remark\n")
    after = load_model(f"{file}:Counts")
    assert after.digest != before.digest
    with pytest.raises(ModelMismatchError, match=rf"written with {re.escape(before.spec)} \(digest .*; -m gave"):
        decompress(container, after)
    assert as_model(Needs(1.0, np.arange(3))).digest != as_model(Needs(1.0, np.arange(4))).digest
    assert as_model(Needs(1.0, np.arange(3))).digest == as_model(Needs(1.0, np.arange(3))).digest


def test_what_a_digest_covers_of_a_value() -> None:
    arrays = [np.array([1]), np.array([1.0]), np.array([[1]])]
    values = [None, True, 1, 1.5, "1", b"1", [1], [1, 2], {"a": 1}, *arrays, Settings(), as_model("kt")]
    assert len({repr(canonical(value, "x")) for value in values}) == len(values)
    assert canonical({"b": 1, "a": 2}, "x") == canonical({"a": 2, "b": 1}, "x")
    with pytest.raises(SpecError, match="x is of type object, which a digest cannot cover"):
        canonical(object(), "x")


def test_a_class_typed_at_a_prompt() -> None:
    """Its digest covers the code of its methods: the same text is the same model, another number is another."""
    made = []
    for more in (1, 1, 2):
        namespace: dict[str, type] = {}
        exec(TYPED.format(more=more), namespace)
        made.append(as_model(namespace["Typed"]()))  # type: ignore[abstract]
    assert made[0].digest == made[1].digest != made[2].digest
    assert made[0].spec == "python:Typed"
    assert decompress(compress(DATA, made[0]), made[1]) == DATA
    with pytest.raises(
        UsageError, match=r"python:Typed cannot be given to worker processes \(a class typed at a prompt .*jobs=1"
    ):
        compress(DATA, made[0], block_size=100, jobs=2)


@pytest.mark.parametrize("by_spec", [True, False])
def test_workers_make_the_same_file(file: Path, by_spec: bool) -> None:
    model = f"{file}:Counts,alpha=0.1" if by_spec else Counts(0.1)
    alone = compress(DATA, model, block_size=150)
    assert compress(DATA, model, block_size=150, jobs=2) == alone
    assert decompress(alone, model, jobs=2) == DATA


def test_no_container_loads_code(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The header names the file, the file is there, and it is not run: decoding says to name the model."""
    file.write_text("with open('ran', 'a') as log:\n    log.write('x')\n" + file.read_text())
    monkeypatch.chdir(file.parent)
    container = compress(DATA, "./my.py:Exact")
    ran = Path("ran").read_text()
    assert b"./my.py:Exact" in container
    for read in (
        lambda: decompress(container),
        lambda: decompress(container, "kt"),
        lambda: inspect_stream(io.BytesIO(container), decode=True),
    ):
        with pytest.raises(ModelMismatchError, match=r"written with \./my\.py:Exact .*(give it with -m SPEC|-m gave kt)"):
            read()
    Path("x.mdlz").write_bytes(container)
    with open("x.mdlz", "rb") as source, pytest.raises(ContainerError, match=r"not built in.*nothing is written"):
        salvage_stream(source, io.BytesIO())
    done = main("decompress", "x.mdlz", folder=file.parent)
    assert (done.returncode, "not built in" in done.stderr) == (1, True)
    assert main("inspect", "x.mdlz", folder=file.parent).returncode == 0
    assert Path("ran").read_text() == ran
    assert main("decompress", "x.mdlz", "-m", "./my.py:Exact", folder=file.parent).returncode == 0
    assert Path("ran").read_text() != ran


def test_on_the_command_line(file: Path) -> None:
    (file.parent / "text").write_bytes(DATA)
    for line in (
        "compress text -m ./my.py:Counts,alpha=0.1 -o a.mdlz",
        "decompress a.mdlz -m ./my.py:Counts --model-args alpha=0.1 -o back",
        "verify text -m ./my.py:Whole,twice=true",
        "eval text -m my.py:Counts --json",
        "inspect a.mdlz -m ./my.py:Counts,alpha=0.1 --decode",
        "doctor -m ./my.py:Exact --sample text",
        "models ./my.py:Counts,alpha=0.1",
        "leaderboard run -C text -m ./my.py:Counts --repeat 1 --output-path rows",
        "leaderboard check rows",
    ):
        done = main(*line.split(), folder=file.parent)
        assert done.returncode == 0, line + done.stdout + done.stderr
    assert (file.parent / "back").read_bytes() == DATA
    assert not (file.parent / "__pycache__").exists()


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        ("./none.py:Counts", "none.py: no such file or directory"),
        ("{file}:Count", r"my\.py has no class 'Count'; it has: Counts, Exact"),
        ("{file}", r"my\.py: name a class, .*my\.py:CLASS; it has: Counts"),
        ("{file}:Useless", r"my\.py: Useless is no class derived from mdlbench\.Predictor"),
        ("{file}:Unfinished", r"my\.py:Unfinished': TypeError: Can't instantiate abstract class Unfinished"),
        ("{file}:Counts,alhpa=1", r"my\.py:Counts,alhpa=1': no option 'alhpa'; did you mean alpha"),
        ("{file}:Counts,alpha=one", r"my\.py:Counts,alpha=one': alpha=one: not a float"),
        ("{file}:Whole,twice=perhaps", "twice=perhaps: write true or false"),
        ("{file}:Needs", r"my\.py:Needs': Needs needs alpha; add ,alpha=VALUE"),
        ("{file}:Needs,alpha=-1", r"my\.py:Needs,alpha=-1': ValueError: alpha is -1\.0; it is a count"),
        ("{file}:Needs,alpha=1,table=2", "no option 'table'; the options are: alpha"),
        ("{file}:Unsayable", r"my\.py:Unsayable': Unsayable needs network; annotate it as int, float, bool or str"),
        ("{file}:Forgets", r"Forgets: __init__ takes beta; keep it as self\.beta"),
        ("{file}:Letters", "Letters predicts 26 symbols; over bytes a predictor has 256"),
        ("{broken}:X", r"broken\.py does not load: SyntaxError: .*line 1"),
        ("{exits}:X", r"exits\.py does not load: SystemExit: 3"),
    ],
)
def test_mistakes_are_one_line(file: Path, spec: str, text: str) -> None:
    broken, exits = file.with_name("broken.py"), file.with_name("exits.py")
    broken.write_text("class X(\n")
    exits.write_text("raise SystemExit(3)\n")
    with pytest.raises(SpecError, match=text) as error:
        load_model(spec.format(file=file, broken=broken, exits=exits))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("verb", ["reset", "predict", "update"])
@pytest.mark.parametrize("error", [KeyError("foo"), SystemExit(0), ValueError("two\nlines")])
def test_what_a_predictor_raises_is_one_line(verb: str, error: BaseException) -> None:
    def fails(*arguments: object) -> None:
        raise error

    place = "" if verb == "reset" else " at symbol 0"
    raises = type("Raises", (Counts,), {verb: fails})
    with pytest.raises(PredictorError, match=rf"^Raises\.{verb}\(\){place}: {type(error).__name__}: [^\n]*$") as found:
        compress(DATA, raises())
    assert found.value.__cause__ is error


def test_a_predictor_that_exits_does_not_end_the_command(file: Path) -> None:
    """Else nothing is written and the exit code says that all is well."""
    text = "\nclass Exit(Counts):\n    def predict(self):\n        raise SystemExit(0)\n"
    text += "class Made(Counts):\n    def __init__(self):\n        raise SystemExit(0)\n"
    file.write_text(file.read_text() + text)
    done = main("compress", "my.py", "-m", "./my.py:Exit", "-o", "o.mdlz", folder=file.parent)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "mdlbench: Exit.predict() at symbol 0: SystemExit: 0\n"
    assert not (file.parent / "o.mdlz").exists()
    with pytest.raises(SpecError, match="SystemExit: 0"):
        load_model(f"{file}:Made")


@pytest.mark.parametrize(
    ("attribute", "value", "text"),
    [
        ("portability", "foo", r"Port\.portability is 'foo'; choose exact or environment"),
        ("portability", None, r"Port\.portability is None"),
        ("batch_size", 0, r"Port\.batch_size is 0; it is a whole number of at least 1"),
        ("batch_size", "x", r"Port\.batch_size is 'x'"),
        ("batch_size", True, r"Port\.batch_size is True"),
        ("block_size", 0, r"Port\.block_size is 0"),
        ("block_size", 1.5, r"Port\.block_size is 1\.5"),
        ("alphabet_size", 0, "Port predicts 0 symbols"),
        ("identity", lambda self: None, r"Port\.identity\(\) is None; return a dict whose names are text"),
        ("identity", lambda self: {1: 2}, r"Port\.identity\(\) is \{1: 2\}"),
        ("identity", lambda self: {"a": {1: 2, "b": 3}}, r"Port\.identity\(\) is \{'a'"),
    ],
)
def test_what_a_class_says_of_itself_is_checked(attribute: str, value: object, text: str) -> None:
    with pytest.raises(SpecError, match=text):
        as_model(type("Port", (Counts,), {attribute: value})())


def test_a_weight_of_zero_for_what_came_decodes_but_has_no_code_length() -> None:
    class Zero(Counts):
        def predict(self) -> np.ndarray:
            weights = np.zeros_like(self.counts)
            weights[:, ord("a")] = 1.0
            return weights

    data, sink = b"a" * 500 + b"b", io.BytesIO()
    assert compress_stream(io.BytesIO(data), sink, Zero()).ideal_bits is None
    assert decompress(sink.getvalue(), Zero()) == data
    with pytest.raises(NotADistributionError, match="a symbol that came has weight zero, which is infinitely many bits"):
        evaluate(data, Zero())


def test_the_environment_of_a_predictor_is_checked() -> None:
    with pytest.raises(SpecError, match=r"Port\.environment\(\) is None; return a dict"):
        compress(DATA, type("Port", (Counts,), {"environment": lambda self: None})())


def test_options_are_read_by_annotation_or_default(file: Path) -> None:
    file.write_text(file.read_text() + BARE)
    model = load_model(f"{file}:Bare,order=3,on=yes,name=y")
    assert isinstance(model, OwnPredictor)
    assert vars(model.predictor) | {"order": 3, "name": "y", "on": True, "rest": ()} == vars(model.predictor)
    assert model.spec == f"{file}:Bare,order=3,name=y,on=true"
    whole = load_model(f"{file}:Whole,order=none,alpha=2")
    assert isinstance(whole, OwnPredictor)
    assert vars(whole.predictor)["options"].alpha == 2.0
    assert whole.spec == f"{file}:Whole,alpha=2.0"


def test_portability_is_what_the_class_says(monkeypatch: pytest.MonkeyPatch) -> None:
    container = compress(DATA, Counts())
    assert as_model(Exact()).environment() == {}
    assert {"python", "numpy", "processor"} == set(as_model(Counts()).environment())
    monkeypatch.setattr(np, "__version__", "0.9")
    with pytest.raises(EnvironmentMismatchError, match=r"numpy was .*, here 0\.9"):
        decompress(container, Counts())
    exact = compress(DATA, Exact())
    assert decompress(exact, Exact()) == DATA


def test_a_predictor_that_does_not_forget_is_seen() -> None:
    class Remembers(Counts):
        def reset(self, n_streams: int) -> None:
            if not hasattr(self, "counts"):
                super().reset(n_streams)

    checks = {check.what: check.same for check in as_model(Remembers()).doctor(TEXT)}
    assert checks["one run against another"] is False
    assert all(check.same for check in as_model(Exact()).doctor(TEXT))
    with pytest.raises(mdlbench.MdlbenchError, match="does not decode to the same bytes"):
        compress_stream(io.BytesIO(DATA), io.BytesIO(), Remembers())


def test_wrong_arguments_are_called_so() -> None:
    with pytest.raises(SpecError, match="a model is named by its spec"):
        compress(DATA, [3])  # type: ignore[list-item]
    for cls, text in ((Forgets, "keep it as self.beta"), (Letters, "predicts 26 symbols")):
        with pytest.raises(SpecError, match=text):
            as_model(cls())
