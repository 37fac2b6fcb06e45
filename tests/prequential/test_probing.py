"""Probes: labels by their definitions, activations by what they are, codes against their nulls, the command and its errors."""

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mdlbench.cli import main
from mdlbench.errors import NetworkError, SpecError, UsageError
from mdlbench.models import load_model
from mdlbench.prequential import Settings, code_labels
from mdlbench.prequential.probing import LABELS, Probed, all_labelled, control_labels, label_bytes, measure_probes, read_model
from mdlbench.prequential.probing.activations import (
    Tokenised,
    first_tokens,
    layers_of,
    parse_layers,
    read_layers,
    untrained_like,
)
from mdlbench.prequential.probing.exhibits import best, by_layer, overview, section, tables
from mdlbench.prequential.probing.labels import check_labels
from mdlbench.prequential.probing.result import Probe
from mdlbench.prequential.probing.study import kt_bits, labelled
from mdlbench.prequential.schedules import boundaries
from mdlbench.prequential.store import FolderStore
from mdlbench.prequential.study import Study
from mdlbench.report import terminal
from mdlbench.result import Found, Result, read
from mdlbench.result.exhibits import sections
from mdlbench.result.glossary import undefined

FAST = "logistic,epochs=8"


# --- labels


@pytest.mark.parametrize(
    ("name", "text", "labels"),
    [
        ("character-class", b"aZ7 \t\n\xc3\xa9(", [0, 1, 2, 3, 3, 4, 5, 5, 6]),
        ("word-boundary", b"to be2 \xc3\xa9", [0, 1, -1, 0, 1, -1, -1, 0, -1]),
        ("position-in-word", b"a abcdefghij,k", [0, -1, 0, 1, 2, 3, 4, 5, 6, 7, 7, 7, -1, 0]),
        ("digit-value", b"a07x9", [-1, 0, 7, -1, 9]),
        ("bracket-depth", b"))a([{<({x])", [0, 0, 0, 1, 2, 3, 3, 3, 3, 3, 3, 3]),
        ("bracket-depth", b"f(a[1])", [0, 1, 1, 2, 2, 1, 0]),
    ],
)
def test_labels_are_what_their_definitions_say(name: str, text: bytes, labels: list[int]) -> None:
    assert label_bytes(name, text).tolist() == labels
    assert max(labels) < len(LABELS[name].classes)


@pytest.mark.parametrize("name", LABELS)
def test_every_byte_value_and_no_byte_has_its_label(name: str) -> None:
    found = label_bytes(name, bytes(range(256)))
    assert found.shape == (256,)
    assert found.min() >= -1
    assert found.max() < len(LABELS[name].classes)
    assert label_bytes(name, b"").shape == (0,)


def test_a_control_label_is_a_function_of_the_type_and_the_seed() -> None:
    """J. Hewitt & P. Liang 2019, section 2: one label for each type, drawn from how often each label comes."""
    rng = np.random.default_rng(0)
    types, labels = rng.integers(5000, size=20_000), rng.choice(3, size=20_000, p=[0.7, 0.2, 0.1])
    drawn = control_labels(labels, types, 0)
    by_type: dict[int, set[int]] = {}
    for kind, label in zip(types.tolist(), drawn.tolist(), strict=True):
        by_type.setdefault(kind, set()).add(label)
    assert all(len(seen) == 1 for seen in by_type.values())
    of_types = np.bincount([seen.copy().pop() for seen in by_type.values()], minlength=3) / len(by_type)
    np.testing.assert_allclose(of_types, [0.7, 0.2, 0.1], atol=5 * math.sqrt(0.25 / len(by_type)))
    np.testing.assert_array_equal(control_labels(labels, types, 0), drawn)
    assert (control_labels(labels, types, 1) != drawn).any()
    assert abs(np.corrcoef(drawn, labels)[0, 1]) < 0.05


def test_labels_have_names() -> None:
    with pytest.raises(UsageError, match="no label 'word-bundary'; did you mean word-boundary"):
        check_labels(["word-bundary"])
    with pytest.raises(UsageError, match="no label 'zzz'; there are: character-class, word-boundary"):
        check_labels(["zzz"])
    with pytest.raises(UsageError, match="the label digit-value is given twice"):
        check_labels(["digit-value", "digit-value"])


# --- tokens and activations


class Halves:
    """A tokenizer of two bytes a token, the third token without bytes, and a raw byte after the second."""

    def encode(self, block: bytes) -> object:
        from mdlbench.tokens import Symbols
        from mdlbench.tokens.base import RawSpan

        return Symbols(np.array([5, 6, 7, 8]), (RawSpan(2, b"!"),))

    def sizes(self, symbols: object) -> np.ndarray:
        return np.array([2, 2, 0, 2])


def test_a_token_has_the_label_of_its_last_byte() -> None:
    found = first_tokens(Halves(), b"abcd!ef", 9)
    assert found.last.tolist() == [1, 3, -1, 6]
    assert found.covered == 7
    cut = first_tokens(Halves(), b"abcd!ef", 2)
    assert (cut.tokens.tolist(), cut.covered, cut.data) == ([5, 6], 4, b"abcd!")


def tokenised(n: int, data: bytes | None = None) -> Tokenised:
    data = bytes(97 + value for value in range(n)) if data is None else data
    return Tokenised(np.frombuffer(data, np.uint8).astype(np.int64), np.arange(len(data)), data, len(data))


def test_labels_that_cannot_be_coded_say_why() -> None:
    few, one_class = tokenised(0, b"a1" * 90), tokenised(0, b"ab" * 90)
    with pytest.raises(UsageError, match="label digit-value: 90 tokens have it, and a code takes 100; give more --examples"):
        labelled(few, "digit-value")
    with pytest.raises(UsageError, match=r"label character-class: all tokens that have it are of one class \(lower case\)"):
        labelled(one_class, "character-class")
    with pytest.raises(UsageError, match="no label can be coded on 8 tokens"):
        all_labelled(tokenised(8), ())
    found, left_out = all_labelled(tokenised(0, b"ab 1" * 50), ())
    assert [one.name for one in found] == ["character-class", "word-boundary", "position-in-word"]
    assert [reason.partition(":")[0] for reason in left_out] == ["label digit-value", "label bracket-depth"]
    assert found[0].classes == (("lower case", 100), ("digit", 50), ("space", 50))
    assert np.bincount(found[0].labels).tolist() == [100, 50, 50]


def test_layers_are_all_or_numbers_with_the_embedding() -> None:
    assert parse_layers("all") is None
    assert parse_layers("2, 1,2") == (0, 1, 2)
    for text in ("", "1,x", "-1", "1,,2"):
        with pytest.raises(UsageError, match="write all, or numbers from 0"):
            parse_layers(text)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    pytest.importorskip("transformers")
    from tests.models.tiny import tiny_model

    made = {"gpt2": "bytelevel", "llama": "sentencepiece"}
    base = tmp_path_factory.mktemp("networks")
    return {name: str(tiny_model(base / name, name, kind)) for name, kind in made.items()}


@pytest.mark.parametrize("name", ["gpt2", "llama"])
@pytest.mark.parametrize("start", [None, 1])
def test_activations_are_those_of_each_window_by_itself(folders: dict[str, str], name: str, start: int | None) -> None:
    """Against one window at a time by hand; in groups, with a shorter last window, in any choice of layers."""
    import torch

    model = load_model(f"hf:{folders[name]}")
    network = model.load_network("cpu")  # type: ignore[attr-defined]
    tokens, context = np.arange(3, 103), 32
    found = read_layers(network, tokens, (0, 2), context, start)
    assert found.shape == (100, 2, 32)
    assert found.dtype == np.float32
    stride = context - (start is not None)
    for begin in range(0, 100, stride):
        window = tokens[begin : begin + stride].tolist()
        fed = torch.tensor([window if start is None else [start, *window]])
        with torch.inference_mode():
            hidden = network(input_ids=fed, output_hidden_states=True).hidden_states
        for place, layer in enumerate((0, 2)):
            np.testing.assert_allclose(
                found[begin : begin + stride, place], hidden[layer][0, -len(window) :].numpy(), rtol=1e-4, atol=1e-5
            )
    assert layers_of(network, None) == (0, 1, 2)
    with pytest.raises(UsageError, match=r"--layers 7: the model has layers 0 \(the embedding\) to 2"):
        layers_of(network, (0, 7))


def test_an_untrained_network_has_the_shape_and_not_the_weights(folders: dict[str, str]) -> None:
    import torch

    network = load_model(f"hf:{folders['gpt2']}").load_network("cpu")  # type: ignore[attr-defined]
    before = torch.get_rng_state()
    first, again = untrained_like(network), untrained_like(network)
    assert torch.equal(torch.get_rng_state(), before)
    for name, values in network.state_dict().items():
        assert first.state_dict()[name].shape == values.shape
        assert torch.equal(first.state_dict()[name], again.state_dict()[name])
    assert not torch.equal(first.state_dict()["transformer.wte.weight"], network.state_dict()["transformer.wte.weight"])


def test_a_network_that_fails_or_shows_nothing_is_one_line(folders: dict[str, str]) -> None:
    network = load_model(f"hf:{folders['gpt2']}").load_network("cpu")  # type: ignore[attr-defined]
    with pytest.raises(NetworkError, match="GPT2LMHeadModel fails on 20 tokens"):
        read_layers(network, np.full(20, 10**6), (0,), 32, None)
    network.base_model.forward = lambda **given: type("Output", (), {"hidden_states": None})
    with pytest.raises(NetworkError, match="shows no hidden states"):
        read_layers(network, np.arange(20), (0,), 32, None)


# --- codes


def test_the_labels_alone_cost_the_closed_form_of_counting() -> None:
    labels = np.random.default_rng(3).choice(4, size=300, p=[0.6, 0.2, 0.1, 0.1])
    counted = code_labels(np.zeros((300, 1)), labels, "kt", Settings(schedule="every"), classes=4).total
    assert kt_bits(np.bincount(labels).tolist()) == pytest.approx(counted, rel=1e-12)


def test_a_first_block_is_uniform_as_voita_and_titov_count_it() -> None:
    """E. Voita & I. Titov 2020: 45 parts of speech, 950,028 targets, 5,095 kibit uniform; the first block, 0.1 % of
    them, 900 here, cost 4,942.7 bits."""
    assert 950_028 * math.log2(45) / 1024 == pytest.approx(5095, abs=0.6)
    n = 900_000
    assert boundaries("voita-titov", n)[0] == 900
    assert 900 * math.log2(45) == pytest.approx(4942.7, abs=0.05)
    labels = np.random.default_rng(0).integers(45, size=200)
    coded = code_labels(np.zeros((200, 1)), labels, "kt", Settings(), classes=45)
    assert coded.steps.tolist() == [1, 2, 3, 6, 12, 25, 50, 100, 200]
    assert coded.bits[0] == pytest.approx(math.log2(45))


def probed(features: np.ndarray, untrained: np.ndarray, data: bytes) -> Probed:
    """Synthetic activations (n, layers, d) of tokens of one byte."""
    return Probed("hf:./made", "00", "made", 64, tokenised(0, data), tuple(range(features.shape[1])), features, untrained)


N = 400


@pytest.fixture(scope="module")
def made() -> Probed:
    """Layer 0 is noise, and layer 1 tells the bracket depth of the text linearly; the untrained network is noise."""
    rng = np.random.default_rng(0)
    data = bytes(rng.choice(list(b"()()(abcdefghijklmnop"), size=N).tolist())
    depth = label_bytes("bracket-depth", data)
    features = rng.standard_normal((N, 2, 8)).astype(np.float32)
    features[:, 1, :4] += 4.0 * np.eye(4, dtype=np.float32)[depth]
    return probed(features, rng.standard_normal((N, 2, 8)).astype(np.float32), data)


@pytest.fixture(scope="module")
def measured(made: Probed) -> list[Probe]:
    labels, _ = all_labelled(made.tokenised, ("bracket-depth", "character-class"))
    return measure_probes(made, labels, [FAST], Study(seeds=(0, 1, 2), tried={"epochs": 2}))


def test_what_is_linearly_there_costs_little_and_noise_tells_nothing(measured: list[Probe]) -> None:
    one = measured[0]
    noise, told = one.layers
    assert told.code_length_bits < 0.4 * one.uniform_bits
    assert told.code_length_bits < 0.7 * one.kt_bits
    assert told.accuracy > 0.95
    assert told.final_loss_bits < 0.3
    assert told.compression == pytest.approx(one.uniform_bits / told.code_length_bits, rel=0.01)
    for null in (noise, *one.untrained):
        low = null.intervals["code_length_bits"].low
        assert low is not None
        assert low > one.kt_bits - 5
        assert abs(null.accuracy - one.majority) < 0.15
    assert told.selectivity == pytest.approx(told.accuracy - told.control_accuracy)
    assert told.intervals["selectivity"].low > 0.1
    assert told.control_bits > 2 * told.code_length_bits
    assert told.variational_bits == pytest.approx(told.variational.kl_bits + told.variational.data_bits)
    assert told.variational_bits < 0.6 * one.uniform_bits
    assert noise.variational_bits > one.kt_bits - 5


def test_random_labels_are_never_below_uniform_beyond_noise() -> None:
    """Balanced labels that activations do not know, from twenty draws: the mean is above the uniform code."""
    rng, above = np.random.default_rng(1), []
    for _ in range(20):
        labels, features = rng.integers(4, size=200), rng.standard_normal((200, 8))
        above.append(code_labels(features, labels, FAST, Settings(), classes=4).total - 400)
    assert np.mean(above) > 0
    assert min(above) > -3 * math.sqrt(200)


def test_a_control_task_is_memorised_where_activations_are_the_type() -> None:
    """Activations that are one-hot of the type: the control's random labels are learnt, and the selectivity is not above 0."""
    rng = np.random.default_rng(2)
    data = bytes(rng.choice(list(b"()[]ab"), size=N).tolist())
    types = np.unique(np.frombuffer(data, np.uint8), return_inverse=True)[1]
    features = np.eye(6, dtype=np.float32)[types][:, None, :]
    found = probed(features, rng.standard_normal(features.shape).astype(np.float32), data)
    [one] = measure_probes(found, all_labelled(found.tokenised, ("character-class",))[0], [FAST], Study(seeds=(0, 1, 2, 3)))
    assert one.layers[0].control_accuracy > 0.95
    assert abs(one.layers[0].selectivity) < 0.05
    assert one.types == 6


def test_figures_are_a_function_of_the_seed_and_of_nothing_else(made: Probed, measured: list[Probe], tmp_path: Path) -> None:
    labels, _ = all_labelled(made.tokenised, ("bracket-depth",))
    study = Study(seeds=(0, 1, 2), tried={"epochs": 2}, store=FolderStore(tmp_path))
    assert measure_probes(made, labels, [FAST], study) == measured[:1]
    again = FolderStore(tmp_path)
    assert measure_probes(made, labels, [FAST], replace(study, store=again)) == measured[:1]
    assert again.made == 0
    [other] = measure_probes(made, labels, [FAST], Study(seeds=(3,)))
    values = [layer.intervals["code_length_bits"].values for layer in (*other.layers, *measured[0].layers)]
    assert values[0][0] not in values[2]
    assert other.layers[0].intervals["accuracy"].low is None


def test_a_learner_that_only_counts_has_no_variational_code(made: Probed) -> None:
    labels, _ = all_labelled(made.tokenised, ("bracket-depth",))
    [one] = measure_probes(made, labels, ["kt"], Study(seeds=(0,)))
    assert one.layers[0].variational_bits is None
    assert "variational" not in terminal.render([by_layer(one)])


def test_what_was_tried_is_charged(measured: list[Probe]) -> None:
    assert measured[0].charged_bits == 1.0
    assert {"epochs", "rate", "prior", "schedule", "calibration"} < {each.what for each in measured[0].charged_choices}


def test_a_result_is_read_back_and_shown(measured: list[Probe], tmp_path: Path) -> None:
    path = Result(measured[0], {"time": "2026-01-01T00:00:00Z"}).write(tmp_path)
    assert read(path).payload == measured[0]
    assert json.loads(path.read_text(encoding="utf8"))["schema"] == "mdlbench.prequential-probe/1"
    found = [Found(f"{n}.json", Result(one, {"time": "2026-01-01T00:00:00Z"})) for n, one in enumerate(measured)]
    shown = section(found)
    assert undefined(sections(found)) == []
    assert shown.front[0] == overview(measured)
    assert best(measured[0])[0].layer == 1
    assert "given layer 1, the shortest of 2; layer 0" in shown.findings[0].text
    for null in ("untrained", "control task", "labels alone", "uniform"):
        assert null in shown.findings[0].against
    text = terminal.render(tables(measured))
    assert "Ideal code lengths: nothing was coded." in text.replace("\n    ", " ")
    assert "log2 2 = 1.00 bits" in text.replace("\n    ", " ")


# --- the command


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as stop:
        main(["prequential", "probe", *arguments])
    captured = capsys.readouterr()
    return int(stop.value.code or 0), captured.out, captured.err


@pytest.fixture
def text(tmp_path: Path) -> str:
    from tests.models.tiny import sample_text

    (tmp_path / "book.txt").write_bytes(sample_text(4000))
    return str(tmp_path / "book.txt")


@pytest.mark.parametrize("name", ["gpt2", "llama"])
def test_the_command_gives_an_object_a_label(
    folders: dict[str, str], name: str, text: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    arguments = (
        text,
        "-m",
        f"hf:{folders[name]},device=cpu",
        "--examples",
        "200",
        "--seeds",
        "2",
        "--learner",
        "logistic,epochs=2",
    )
    kept = ("--json", "-o", str(tmp_path / "run"), "--layers", "2")
    code, out, err = run(capsys, *arguments, *kept, "--output-path", str(tmp_path / "results"))
    assert code == 0
    lines = [json.loads(line) for line in out.splitlines()]
    assert [line["label"] for line in lines] == ["character-class", "word-boundary", "position-in-word"]
    assert "left out: label digit-value: 0 tokens have it" in err
    for line in lines:
        assert [layer["layer"] for layer in line["layers"]] == [0, 2]
        assert line["tokens"] == 200
        assert line["uniform_bits"] == pytest.approx(line["examples"] * math.log2(len(line["classes"])))
        assert line["text"].startswith("book.txt, first ")
    assert len(list((tmp_path / "results").glob("prequential-probe-*.json"))) == 3
    assert run(capsys, *arguments, *kept, "-q")[1] == out


def test_a_model_and_a_text_become_what_a_study_takes(folders: dict[str, str]) -> None:
    data = b"the way to be (or not to be) is this, " * 40
    found = read_model(f"hf:{folders['gpt2']},device=cpu,context=16", "book", data, examples=150, layers=(0, 1))
    assert found.trained.shape == found.untrained.shape == (150, 2, 32)
    assert (found.context, found.layers) == (16, (0, 1))
    assert found.text == f"book, first {found.tokenised.covered:,} bytes"
    assert np.abs(found.trained - found.untrained).max() > 0.1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("-m", "kt"), "-m kt: it has no activations to probe; give a network, such as hf:./folder"),
        (("-m", "hf:./nowhere"), "there is no folder nowhere"),
        (("-m", "hf:./x", "--label", "digit"), "no label 'digit'; did you mean digit-value?"),
        (("-m", "hf:./x", "--layers", "some"), "--layers some: write all, or numbers from 0"),
        (("-m", "hf:./x", "--learner", "mpl"), "no learner of labels 'mpl'; did you mean mlp?"),
        (("-m", "hf:./x", "--examples", "20"), "--examples"),
        (("-m", "hf:./x", "--tried", "epochs"), "write NAME=N"),
    ],
)
def test_what_is_wrong_is_one_line(
    arguments: tuple[str, ...], said: str, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = run(capsys, text, *arguments)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert said in err


def test_texts_and_layers_that_cannot_be_are_one_line(
    folders: dict[str, str], tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    model = ("-m", f"hf:{folders['gpt2']},device=cpu")
    (tmp_path / "empty").touch()
    (tmp_path / "short").write_bytes(b"to be or not to be")
    for arguments, said in (
        ((str(tmp_path / "empty"),), "the text has no tokens; give one that is not empty"),
        ((str(tmp_path / "short"),), "no label can be coded on "),
        ((text, "--label", "digit-value", "--examples", "100"), "label digit-value: 0 tokens have it"),
        ((text, "--layers", "3"), "--layers 3: the model has layers 0 (the embedding) to 2"),
        ((str(tmp_path / "nowhere"),), "no such corpus, file or folder"),
    ):
        code, out, err = run(capsys, *arguments, *model)
        assert code in (1, 2)
        assert (out, err.splitlines()[-1].count(said)) == ("", 1)


def test_a_spec_that_is_no_network_is_refused_from_python() -> None:
    with pytest.raises(SpecError, match="no activations to probe"):
        read_model("cm", "text", b"abc", examples=100)
