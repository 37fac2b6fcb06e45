"""Texts: models that adapt by themselves, networks that are scored before they learn, folders fine-tuned."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from mdlbench import code_length
from mdlbench.cli import main
from mdlbench.errors import SpecError, UsageError
from mdlbench.prequential import Settings
from mdlbench.prequential.study import Study
from mdlbench.prequential.text import check_text_learners, measure_text
from mdlbench.prequential.text_learners import parse_text_learner

TEXT = b"the cat sat on the mat. the dog sat on the log. " * 6
SMALL = "width=8,context=16,epochs=2"


def test_models_are_prequential_as_they_are() -> None:
    learners = check_text_learners(["kt", "ngram,order=2", "cm"])
    found = {one.learner: one for one in measure_text("cats", TEXT, learners, Study(seeds=(0, 1)))}
    for spec in ("kt", "ngram,order=2", "cm"):
        assert found[spec].code_length_bits == pytest.approx(code_length(TEXT, spec), rel=1e-9)
        assert found[spec].seeds == (0,)
        assert found[spec].uniform_bits == 8 * len(TEXT)
    best = min(found[spec].code_length_bits for spec in ("kt", "ngram,order=2", "cm"))
    assert best < found["mixture"].code_length_bits <= best + math.log2(3)
    assert found["ngram,order=2"].regret_bits == pytest.approx(found["ngram,order=2"].code_length_bits - best)
    assert found["kt"].random_labels_bits == pytest.approx(found["kt"].code_length_bits)  # order 0 sees no order


def test_kt_is_the_dirichlet_multinomial_of_256_bytes() -> None:
    counts = np.bincount(np.frombuffer(TEXT, np.uint8), minlength=256)
    log = math.lgamma(128) - math.lgamma(len(TEXT) + 128) + sum(math.lgamma(n + 0.5) - math.lgamma(0.5) for n in counts)
    [one] = measure_text("cats", TEXT, check_text_learners(["kt"]), Study())
    assert one.code_length_bits == pytest.approx(-log / math.log(2), rel=1e-9)


@pytest.mark.parametrize("settings", [Settings(mode="online", batch=2), Settings(), Settings(warm=True)])
@pytest.mark.parametrize("name", ["gru", "gpt2"])
def test_a_network_is_scored_before_it_learns(name: str, settings: Settings) -> None:
    """Whatever the last bytes are, the first cost the same; and in all it is shorter than uniform."""
    pytest.importorskip("transformers")
    [learner] = check_text_learners([f"{name},{SMALL}"])
    half = len(TEXT) // 2
    curves = []
    for data in (TEXT, TEXT[:half] + bytes(half)):
        [one] = measure_text("cats", data, [learner], Study(settings, (0,)))
        curves.append([point.bits for point in one.curve if point.symbols <= half // 2])
        assert one.visited > 0
    assert curves[0] == curves[1]
    assert len(curves[0]) > 10


def test_an_online_loss_is_that_of_the_gradient_before_the_update() -> None:
    """One step over one window: every byte is predicted by the initial weights."""
    torch = pytest.importorskip("torch")
    from mdlbench.training import Architecture
    from mdlbench.training.architectures import build_network

    [learner] = check_text_learners(["gru,width=8,context=32"])
    data = TEXT[:32]
    [one] = measure_text("cats", data, [learner], Study(Settings(mode="online"), (3,)))
    network = build_network(Architecture("gru", 32, 1, 8, 4), 256, 3)
    fed = torch.tensor([[0, *data[:-1]]])
    with torch.no_grad():
        logs = torch.log_softmax(network(input_ids=fed, use_cache=False).logits[0].double(), -1)
    expected = -sum(float(row[byte]) for row, byte in zip(logs, data, strict=True)) / math.log(2)
    assert one.code_length_bits == pytest.approx(expected, rel=1e-5)


def test_a_folder_is_fine_tuned_on_what_was_coded(tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    from tests.models.tiny import tiny_model

    folder = tiny_model(tmp_path / "net", "gpt2", "bytelevel")
    settings = Settings(mode="online", batch=1)
    found = {}
    for tune in ("frozen", "last", "all"):
        learners = check_text_learners([f"hf:{folder},tune={tune},context=8,rate=0.003"])
        [one] = measure_text("cats", TEXT + b"\xff\xfe", learners, Study(settings, (0,)))
        found[tune] = one
        assert one.random_labels_bits is None
    assert found["frozen"].visited == 0
    assert found["all"].code_length_bits < found["last"].code_length_bits < found["frozen"].code_length_bits
    blocks = measure_text("cats", TEXT, check_text_learners([f"hf:{folder},context=8"]), Study(Settings(schedule="100"), (0,)))
    assert blocks[0].visited > 0
    with pytest.raises(SpecError, match=r"context=4096 is beyond the \d+ positions of the model"):
        measure_text("cats", TEXT, check_text_learners([f"hf:{folder},context=4096"]), Study(settings, (0,)))


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("lstn", "no model 'lstn'"),
        ("gru,width=0", "width is 0; it is at least 1"),
        ("gru:x", "gru takes no argument"),
        ("gpt2,rate=-1", "rate is -1; it is a positive number"),
        ("hf:./nowhere,tune=all", "there is no folder nowhere"),
        ("hf:./nowhere,tune=some", "choose from frozen, last, all"),
    ],
)
def test_a_learner_of_texts_that_cannot_be_is_named(spec: str, said: str) -> None:
    with pytest.raises(SpecError, match=said):
        parse_text_learner(spec)


def test_what_has_no_probabilities_is_refused() -> None:
    with pytest.raises(UsageError, match="external:xz gives no probabilities"):
        parse_text_learner("external:xz")


def test_an_empty_text_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").touch()
    with pytest.raises(SystemExit) as stop:
        main(["prequential", "text", str(tmp_path / "empty")])
    captured = capsys.readouterr()
    assert (stop.value.code, captured.out) == (2, "")
    assert captured.err == "mdlbench: empty is empty; there is nothing to code\n"


def test_the_command_prints_an_object_a_learner(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "cats").write_bytes(TEXT)
    with pytest.raises(SystemExit) as stop:
        main(["prequential", "text", str(tmp_path / "cats"), "--limit", "200", "--learner", "kt", "--json"])
    assert not stop.value.code
    [line] = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (line["task"], line["symbols"], line["data"]) == ("cats, first 200 bytes", 200, "text")
    assert line["code_length_bits"] == pytest.approx(code_length(TEXT[:200], "kt"))
