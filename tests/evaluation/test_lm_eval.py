"""`eval --compat lm-eval` against the real package: log-likelihoods, metrics of a whole task, and a gap whose lines add up."""

import json
import re
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tokenizers import processors

from mdlbench.cli import main
from mdlbench.errors import UsageError
from mdlbench.evaluation.lm_eval import Comparison, compare
from mdlbench.models import load_model
from mdlbench.models.hf.rolling import windows
from tests.models.tiny import sample_text, tiny_model, tiny_tokenizer

CONTEXT = 32
TEXTS = {
    "empty": "",
    "short": "the people said",
    "one character": "x",
    "space": " \n ",
    "longer than the context": sample_text(1500).decode(),
    "not ASCII": "Größe, 日本語 \U0001f600 and so on. " * 8,
    "special tokens within": "one <s> two </s> three <|endoftext|> four",
    "begins with the prefix": "<s><|endoftext|> text",
}
MODELS = [
    ("gpt2", "bytelevel", "as it is"),
    ("llama", "sentencepiece", "as it is"),
    ("qwen2", "bytelevel", "EOS only"),
    ("gpt_neox", "sentencepiece", "EOS only"),
    ("llama", "sentencepiece", "adds BOS"),
    ("gpt2", "lowercase", "as it is"),
]


def _dressed(folder: Path, kind: str, how: str) -> None:
    """Save the tokenizer anew: without a BOS, or so that it puts one before every text by itself."""
    tokenizer = tiny_tokenizer(kind)
    if how == "EOS only":
        tokenizer.bos_token = None
    if how == "adds BOS":
        bos = ("<s>", tokenizer.bos_token_id)
        tokenizer.backend_tokenizer.post_processor = processors.TemplateProcessing("<s> $A", special_tokens=[bos])
    tokenizer.save_pretrained(folder)


@pytest.fixture(scope="module", params=MODELS, ids="-".join)
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    architecture, kind, how = request.param
    made = tiny_model(tmp_path_factory.mktemp("model"), architecture, kind, context=CONTEXT, layers=1, extra_rows=5)
    _dressed(made, kind, how)
    return made


@pytest.fixture(scope="module")
def harness() -> Any:
    """The real package; its imports warn of things that are not ours."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip("lm_eval", reason="needs lm_eval: pip install 'mdlbench[lm-eval]'")


def theirs(folder: Path, **settings: Any) -> Any:
    from lm_eval.models.huggingface import HFLM

    return HFLM(pretrained=str(folder), device="cpu", batch_size=1, **settings)


def loglikelihoods(model: Any, texts: list[str]) -> list[float]:
    from lm_eval.api.instance import Instance

    asked = [Instance(request_type="loglikelihood_rolling", doc={}, arguments=(text,), idx=0) for text in texts]
    return model.loglikelihood_rolling(asked, disable_tqdm=True)


@pytest.mark.filterwarnings("ignore")
def test_the_real_package_says_the_same(harness: Any, folder: Path) -> None:
    texts = list(TEXTS.values())
    model = load_model(f"hf:{folder}")
    for text, expected in zip(texts, loglikelihoods(theirs(folder), texts), strict=True):
        found, _ = compare(text.encode(), model)
        assert found.loglikelihood == pytest.approx(expected, rel=1e-5, abs=1e-6)


@pytest.mark.filterwarnings("ignore")
def test_the_real_package_with_other_settings(harness: Any, folder: Path) -> None:
    """context= is its max_length, bos=TOKEN its prefix_token_id, dtype= its dtype."""
    texts = [TEXTS["longer than the context"], TEXTS["short"]]
    model = load_model(f"hf:{folder},context=11,bos=7,dtype=bfloat16")
    expected = loglikelihoods(theirs(folder, max_length=11, prefix_token_id=7, dtype="bfloat16"), texts)
    for text, one in zip(texts, expected, strict=True):
        found, _ = compare(text.encode(), model)
        assert found.loglikelihood == pytest.approx(one, rel=1e-5)
        assert len(found.notes) == 3


@pytest.mark.filterwarnings("ignore")
def test_a_whole_task_of_the_real_package(
    harness: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`simple_evaluate` with a task of its own kind over a local file: the three metrics that `--json` shows."""
    from lm_eval import simple_evaluate
    from lm_eval.tasks import TaskManager

    monkeypatch.setenv("HF_DATASETS_OFFLINE", "1")
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "cache"))
    folder = tiny_model(tmp_path / "model", "gpt2", "bytelevel", context=CONTEXT, layers=1)
    text = "\n The people \t said  that. " + TEXTS["longer than the context"]
    (tmp_path / "text").write_text(text)
    (tmp_path / "documents.jsonl").write_text(json.dumps({"page": text}) + "\n")
    metrics = ("word_perplexity", "byte_perplexity", "bits_per_byte")
    data_files = {"test": str(tmp_path / "documents.jsonl")}
    task = {
        "task": "local_text",
        "dataset_path": "json",
        "dataset_kwargs": {"data_files": data_files},
        "output_type": "loglikelihood_rolling",
        "test_split": "test",
        "doc_to_text": "",
        "doc_to_target": "{{page}}",
        "metric_list": [{"metric": metric} for metric in metrics],
    }
    manager = TaskManager(include_path=None, include_defaults=False)
    ran = simple_evaluate(model=theirs(folder), tasks=[task], task_manager=manager, bootstrap_iters=0)
    capsys.readouterr()
    with pytest.raises(SystemExit) as stop:
        main(["eval", str(tmp_path / "text"), "-m", f"hf:{folder}", "--compat", "lm-eval", "--json"])
    assert stop.value.code == 0
    found = json.loads(capsys.readouterr().out)["lm_eval"]
    assert found["words"] == len(re.split(r"\s+", text))
    for metric in metrics:
        assert found[metric] == pytest.approx(ran["results"]["local_text"][f"{metric},none"], rel=1e-5)


@pytest.mark.parametrize("options", ["", ",context=20,overlap=3", ",bos=none", ",bos=5"])
def test_the_lines_sum_to_the_gap(folder: Path, options: str) -> None:
    model = load_model(f"hf:{folder}{options}")
    for text in TEXTS.values():
        found, ours = compare(text.encode(), model, block_size=300)
        assert found.bits + sum(line.bits for line in found.gap) == pytest.approx(ours.ideal_bits, rel=1e-12, abs=1e-9)
        assert found.bytes == ours.input_bytes == len(text.encode())


def lines_of(folder: Path, text: str, options: str = "", **settings: Any) -> dict[str, float]:
    found: Comparison = compare(text.encode(), load_model(f"hf:{folder}{options}"), **settings)[0]
    return {line.what.split(":")[0].split(" ", 1)[0]: line.bits for line in found.gap}


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    def of(how: str = "as it is", **settings: Any) -> Path:
        made = tiny_model(tmp_path_factory.mktemp("one"), "llama", "sentencepiece", context=CONTEXT, layers=1, **settings)
        _dressed(made, "sentencepiece", how)
        return made

    return of


def test_each_line_moves_with_its_own_cause(build: Callable[..., Path]) -> None:
    """On a short text in one block nothing differs; each cause, brought in alone, moves its line."""
    folder, short, long = build(), TEXTS["short"], TEXTS["longer than the context"]
    plain = lines_of(folder, short)
    assert list(plain) == ["float32", "probability", "special", "text", "blocks", "before", "windows"]
    assert all(abs(bits) < 1e-3 for bits in plain.values())
    assert lines_of(build(extra_rows=200), short)["probability"] < -0.01
    assert abs(lines_of(build("adds BOS"), short)["special"]) > 1
    assert abs(lines_of(folder, TEXTS["special tokens within"])["special"]) > 1
    assert abs(lines_of(folder, long, block_size=100)["blocks"]) > 1
    assert abs(lines_of(folder, long, block_size=30)["windows"]) < 1e-3, "a window sees all of so short a block"
    assert abs(lines_of(folder, short, ",bos=none")["before"]) > 0.01
    assert abs(lines_of(folder, long)["windows"]) > 1
    lossy = tiny_model(folder.parent / "lossy", "llama", "lowercase", context=CONTEXT, layers=1)
    assert abs(lines_of(lossy, "CAPITALS ARE LOST")["text"]) > 1


def test_windows_are_disjoint_in_what_they_predict() -> None:
    assert list(windows([1, 2, 3, 4, 5, 6, 7], 0, 4)) == [([0, 1, 2, 3], 4), ([3, 4, 5, 6], 3)]
    assert list(windows([1, 2], 0, 4)) == [([0, 1], 2)]
    assert list(windows([1, 2, 3], 0, 1)) == [([0], 1), ([1], 1), ([2], 1)]
    assert list(windows([], 0, 4)) == []


def test_what_it_prints(build: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "text"
    path.write_bytes(sample_text(400))
    with pytest.raises(SystemExit) as stop:
        main(["eval", str(path), "-m", f"hf:{build()}", "--compat", "lm-eval"])
    assert stop.value.code == 0
    said = capsys.readouterr().out
    assert all(part in said for part in ("word_perplexity", "loglikelihood_rolling", "ideal code length", "32, 1"))
    empty = compare(b"", load_model(f"hf:{build()}"))[0]
    assert (empty.bits_per_byte, empty.byte_perplexity, empty.words) == (None, None, 1)
    assert empty.word_perplexity == pytest.approx(1.0)


def test_refusals(build: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = load_model(f"hf:{build()}")
    with pytest.raises(UsageError, match="runs hf: models, not cm"):
        compare(b"text", load_model("cm"))
    with pytest.raises(UsageError, match="byte 4 begins no UTF-8 character; leave --compat out"):
        compare(b"text\xff and more text", model)
    with pytest.raises(UsageError, match="--limit 4 ends with a whole one"):
        compare("text日".encode()[:6], model)
    (tmp_path / "text").write_bytes(b"text")
    with pytest.raises(SystemExit) as stop:
        main(["eval", str(tmp_path / "text"), "--compat", "lm-eval", "--tokens", str(tmp_path / "a.html")])
    assert stop.value.code == 2
    assert "give one at a time" in capsys.readouterr().err
    bare = build()
    tokenizer = tiny_tokenizer("sentencepiece")
    tokenizer.bos_token = tokenizer.eos_token = None
    tokenizer.save_pretrained(bare)
    with pytest.raises(UsageError, match="needs a BOS or EOS token"):
        compare(b"text", load_model(f"hf:{bare}"))
