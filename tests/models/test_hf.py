"""`hf:` against an independent forward pass, and through everything that may not change its bytes."""

import json
import math
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM

from mdlbench import varint
from mdlbench.codec import compress, decompress
from mdlbench.codec.seekable import open_container
from mdlbench.errors import DamagedBlockError, EnvironmentMismatchError, MdlbenchError, MissingExtraError, SpecError
from mdlbench.models import load_model
from mdlbench.models.base import Encoded
from mdlbench.models.fallback import encode_bytes, encode_spans, leading_number
from mdlbench.models.hf import HuggingFace
from mdlbench.models.hf.loading import count_parameters
from tests.check_codec import check_codec
from tests.models.tiny import ARCHITECTURES, sample_text, tiny_model

CONTEXT = 48
Build = Callable[..., Path]


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """`tiny_model`, each one built once."""
    built: dict[str, Path] = {}

    def of(architecture: str = "gpt2", tokenizer: str = "bytelevel", **settings: object) -> Path:
        key = f"{architecture}-{tokenizer}-{settings}"
        if key not in built:
            settings = {"context": CONTEXT, "layers": 1, **settings}
            built[key] = tiny_model(tmp_path_factory.mktemp("model"), architecture, tokenizer, **settings)  # type: ignore[arg-type]
        return built[key]

    return of


@pytest.fixture(scope="module")
def trained(build: Build) -> Path:
    return build(layers=2, context=64, train_on=sample_text(20_000), steps=60)


def model_at(folder: Path, options: str = "") -> HuggingFace:
    model = load_model(f"hf:{folder}{options}")
    assert isinstance(model, HuggingFace)
    return model


def mixed_blocks() -> list[bytes]:
    """Text, nothing, text with raw spans, noise, special tokens: more than a batch of four."""
    return [
        sample_text(400),
        b"",
        b"before \xff\xfe after " + bytes(range(256)),
        random.Random(3).randbytes(90),
        b"<|endoftext|></s>\0\r\n",
        sample_text(150, seed=2),
    ]


def decode_all(model: HuggingFace, coded: list[Encoded], blocks: list[bytes]) -> list[bytes]:
    return model.decode([one.payload for one in coded], [len(block) for block in blocks])


def plain_bits(folder: Path, tokens: list[int], context: int, overlap: int, start: int | None, alphabet: int) -> float:
    """-log2 p of `tokens`, a forward pass without cache for each window: written apart from what it checks."""
    network = AutoModelForCausalLM.from_pretrained(folder).eval()
    bits, done = 0.0, 0
    while done < len(tokens):
        seen = tokens[max(0, done - overlap) : done] if done else []
        prefix = ([] if start is None else [start]) + seen
        if not prefix:
            bits += math.log2(alphabet)
            prefix, done = [tokens[done]], done + 1
            if done == len(tokens):
                break
        new = tokens[done : done + context - len(prefix) + 1]
        with torch.no_grad():
            logits = network(torch.tensor([prefix + new[:-1]])).logits[0, :, :alphabet].double()
        chances = torch.log_softmax(logits, dim=-1)[len(prefix) - 1 :]
        bits -= float(chances[torch.arange(len(new)), torch.tensor(new)].sum()) / math.log(2)
        done += len(new)
    return bits


def test_every_sample_round_trips(build: Build) -> None:
    check_codec(f"hf:{build()},batch_size=4", user_model=True)


@pytest.mark.parametrize(
    ("architecture", "tokenizer"), [*((name, "bytelevel") for name in ARCHITECTURES), ("llama", "sentencepiece")]
)
def test_architectures(build: Build, architecture: str, tokenizer: str) -> None:
    """Batch, code lengths, and blocks decoded alone, in another order, and from rows that clash."""
    model = model_at(build(architecture, tokenizer, layers=2), ",batch_size=4")
    blocks = mixed_blocks()
    coded = model.encode(blocks)
    assert decode_all(model, coded, blocks) == blocks
    assert decode_all(model, coded[::-1], blocks[::-1]) == blocks[::-1]
    assert decode_all(model, coded[2:3], blocks[2:3]) == blocks[2:3]
    assert model.encode(blocks) == coded
    for one, (ideal, quantised, _) in zip(coded, model.measure(blocks, quantised=True), strict=True):
        assert quantised is not None
        assert one.ideal_bits == pytest.approx(ideal.sum(), rel=2e-6, abs=1e-5)
        assert one.quantised_bits == pytest.approx(quantised.sum(), rel=2e-6, abs=1e-5)
        assert len(ideal) == len(quantised)
        assert 8 * len(one.payload) <= ideal.sum() * 1.0002 + 1e-5 * 2 * len(ideal) + 64


@pytest.mark.parametrize(
    ("options", "context", "overlap"),
    [
        ("", CONTEXT, CONTEXT // 2),
        (",overlap=0", CONTEXT, 0),
        (",context=16,overlap=15", 16, 15),
        (",context=1", 1, 0),
        (",context=20,overlap=5,bos=none", 20, 5),
        (",context=10,overlap=0,bos=none", 10, 0),
        (",context=7,overlap=7,bos=none", 7, 7),
        (",context=30,bos=5", 30, 15),
        (",bos=e", CONTEXT, CONTEXT // 2),
    ],
)
def test_code_length_is_that_of_a_plain_forward_pass(build: Build, options: str, context: int, overlap: int) -> None:
    folder = build(extra_rows=13)
    model = model_at(folder, f",batch_size=1{options}")
    block = sample_text(220 if context < CONTEXT // 2 else 500)
    tokens = model.tokens.encode(block).tokens.tolist()
    assert len(tokens) > 2 * context
    expected = plain_bits(folder, tokens, context, overlap, model.window.start, model.tokens.alphabet_size)
    (bits,) = model.code_length([block])
    assert len(bits) == len(tokens)
    assert bits.sum() == pytest.approx(expected, rel=1e-6)
    (coded,) = model.encode([block])
    assert coded.ideal_bits == pytest.approx(expected, rel=1e-6)
    assert decode_all(model, [coded], [block]) == [block]


@pytest.mark.parametrize("n_tokens", [CONTEXT - 1, CONTEXT, CONTEXT + 1, 2 * CONTEXT])
def test_blocks_that_end_where_a_window_does(build: Build, n_tokens: int) -> None:
    model = model_at(build(), ",overlap=0")
    tokens = model.tokens.encode(sample_text(2000)).tokens[:n_tokens]
    block = model._tokenizer.decode(tokens).encode()
    if len(model.tokens.encode(block).tokens) != n_tokens:
        pytest.fail("the sample does not split where it should: choose another")
    coded = model.encode([block])
    assert coded[0].ideal_bits == pytest.approx(model.code_length([block])[0].sum(), rel=1e-6)
    assert decode_all(model, coded, [block]) == [block]


def test_a_sliding_window_within_the_context(build: Build) -> None:
    """Mistral's layers attend to 24 tokens: parallel and stepwise see the same."""
    folder = build("mistral", layers=2)
    model = model_at(folder, ",overlap=0")
    block = sample_text(600)
    tokens = model.tokens.encode(block).tokens.tolist()
    expected = plain_bits(folder, tokens, CONTEXT, 0, model.window.start, model.tokens.alphabet_size)
    assert model.code_length([block])[0].sum() == pytest.approx(expected, rel=1e-6)
    assert model.encode([block])[0].ideal_bits == pytest.approx(expected, rel=1e-6)


def test_experts_are_shared_by_the_rows(build: Build) -> None:
    """Which tokens an expert sees together depends on all rows: such models run one stream at a time."""
    model = model_at(build("mixtral"))
    assert model.batch_size == 1
    blocks = [sample_text(150), sample_text(100, seed=1)]
    assert decode_all(model, model.encode(blocks), blocks) == blocks
    with pytest.raises(SpecError, match=r"num_local_experts.*batch_size=1"):
        model_at(build("mixtral"), ",batch_size=4")


def test_one_payload_a_block_whatever_the_company(build: Build) -> None:
    """The batch is padded: a block's bits do not depend on how many others there are."""
    model = model_at(build())
    block = sample_text(300)
    alone, among = model.encode([block]), model.encode([block, sample_text(500, seed=1), b"x"])
    assert alone[0] == among[0]


def test_training_makes_files_small(trained: Path) -> None:
    """A few seconds of training: below 2 bits a byte where random weights need the tokenizer's 2.7."""
    text = sample_text(3000, seed=9)
    file = compress(text, f"hf:{trained}")
    assert decompress(file, [f"hf:{trained}"]) == text
    (bits,) = model_at(trained).code_length([text])
    assert len(file) * 8 < bits.sum() + 8 * 500  # the header names the environment
    assert bits.sum() / len(text) < 2.0


def test_jobs_and_ranges_see_the_same_numbers(trained: Path, tmp_path: Path) -> None:
    text = sample_text(400)
    spec = f"hf:{trained},batch_size=2"
    file = compress(text, spec, block_size=100)
    assert compress(text, spec, block_size=100, jobs=2) == file
    (tmp_path / "text.mdlz").write_bytes(file)
    with open_container(tmp_path / "text.mdlz", spec) as reader:
        reader.seek(230)
        assert reader.read(50) == text[230:280]


def beside(model: HuggingFace, block: bytes) -> Mapping[str, float]:
    return model.measure([block], beside=True)[0].beside


def test_figures_beside_the_ledger(trained: Path) -> None:
    model = model_at(trained, ",overlap=0")
    long, short = sample_text(1500), sample_text(40)
    assert beside(model, short) == {"byte_fallback_bits": 0.0, "context_reset_bits": 0.0}
    figures = beside(model, long)
    assert figures["context_reset_bits"] > 0  # a trained model misses what it has forgotten
    finer = model_at(trained, ",overlap=31")
    saved = model.code_length([long])[0].sum() - finer.code_length([long])[0].sum()
    assert figures["context_reset_bits"] == pytest.approx(saved)
    raw = b"\xff" * 10
    assert beside(model, raw)["byte_fallback_bits"] == pytest.approx(model.code_length([raw])[0].sum())


def test_a_copied_folder_is_the_same_model(build: Build, tmp_path: Path) -> None:
    folder = build()
    copy = shutil.copytree(folder, tmp_path / "copy")
    assert model_at(copy).digest == model_at(folder).digest
    assert model_at(copy, ",threads=2,batch_size=2").digest == model_at(folder).digest
    block = sample_text(600)  # enough for the writer to find the model worth naming
    assert decompress(compress(block, f"hf:{folder}"), f"hf:{copy}") == block
    digests = {model_at(copy, options).digest for options in ("", ",context=20", ",overlap=3", ",dtype=bfloat16", ",bos=none")}
    assert len(digests) == 5
    weights = bytearray((copy / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    (copy / "model.safetensors").write_bytes(weights)
    assert model_at(copy).digest not in digests


def test_another_environment_is_refused_by_name(build: Build) -> None:
    file = compress(sample_text(600), f"hf:{build()},batch_size=2")
    with pytest.raises(EnvironmentMismatchError, match="batch_size"):
        decompress(file, f"hf:{build()},batch_size=4")
    with pytest.raises(EnvironmentMismatchError, match="threads"):
        decompress(file, f"hf:{build()},batch_size=2,threads=2")


def test_damaged_payloads(build: Build) -> None:
    """Bytes of the right length, whatever the payload; and a neighbour in the batch is none the worse."""
    model = model_at(build(), ",batch_size=4")
    block, other = b"Some text, \xff\xfe\xfd and more of it after the gap.", sample_text(30)
    payload, good = (one.payload for one in model.encode([block, other]))
    chooser = random.Random(0)
    damaged = [payload[:length] for length in range(0, len(payload), 9)]
    damaged += [chooser.randbytes(len(payload)) for _ in range(20)] + [b"\xff" * 20, varint.pack(2**60) + b"\1"]
    for at in range(0, len(payload), 3):
        damaged.append(payload[:at] + bytes([payload[at] ^ 1 << at % 8]) + payload[at + 1 :])
    for one in damaged:
        wrong, right = model.decode([one, good], [len(block), len(other)])
        assert len(wrong) == len(block)
        assert right == other


def test_the_damaged_block_is_named(build: Build) -> None:
    spec = f"hf:{build()},batch_size=4"
    text = sample_text(600)
    file = compress(text, spec, block_size=150)
    at = file.index(load_model(spec).encode([text[at : at + 150] for at in range(0, 600, 150)])[2].payload)
    with pytest.raises(DamagedBlockError, match=r"block 2 \(bytes 300-449\) does not match its checksum"):
        decompress(file[: at + 6] + bytes([file[at + 6] ^ 8]) + file[at + 7 :], spec)


def test_doctor_measures(build: Build) -> None:
    model = model_at(build(), ",batch_size=4")
    checks = {check.what: check for check in model.doctor(sample_text(100))}
    assert {
        "batch 1 against 4",
        "row 0 against row 3",
        "alone against in company",
        "parallel against stepwise",
        "CPU against GPU",
    } <= set(checks)
    assert all(isinstance(check.same, bool | None) and check.detail for check in checks.values())
    assert "rows of integer counts differ" in checks["parallel against stepwise"].detail
    assert all(check.same is None for check in model_at(build(), ",batch_size=1").doctor(b"") if "row 0" in check.what)


def test_what_it_says_of_itself(build: Build) -> None:
    model = model_at(build())
    assert model.policy()["context"] == "48 tokens"
    assert model.policy()["bos"] == "<|endoftext|>"
    assert "uniform" in model_at(build(), ",bos=none").policy()["bos"]
    environment = model.environment()
    assert environment["torch"] == torch.__version__
    assert {"transformers", "tokenizers", "device", "threads", "batch_size"} <= set(environment)
    description = model.description()
    network = AutoModelForCausalLM.from_pretrained(build())
    assert count_parameters(build()) == sum(parameter.numel() for parameter in network.parameters())
    assert description.weights == (build() / "model.safetensors").stat().st_size
    assert 0 < description.weights_16bit < description.weights


def test_start_falls_back_to_the_end_token(build: Build, tmp_path: Path) -> None:
    folder = shutil.copytree(build(), tmp_path / "no-bos")
    settings = json.loads((folder / "tokenizer_config.json").read_text())
    settings["bos_token"] = None
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    model = model_at(folder)
    assert model._tokenizer.bos_token is None
    assert model.policy()["bos"] == "<|endoftext|>"


@pytest.mark.parametrize("dtype", ["bfloat16", "float16", "auto"])
def test_other_types(build: Build, dtype: str) -> None:
    model = model_at(build(), f",dtype={dtype}")
    block = sample_text(120)
    assert decode_all(model, model.encode([block]), [block]) == [block]
    assert model.dtype == (dtype if dtype != "auto" else "float32")


def test_sharded_weights(build: Build, tmp_path: Path) -> None:
    """Several files with an index are read, hashed and counted as one."""
    network = AutoModelForCausalLM.from_pretrained(build())
    folder = shutil.copytree(build(), tmp_path / "sharded")
    (folder / "model.safetensors").unlink()
    network.save_pretrained(folder, max_shard_size="20KB")
    assert len(list(folder.glob("model-*.safetensors"))) > 1
    assert count_parameters(folder) == count_parameters(build())
    block = sample_text(100)
    assert np.array_equal(model_at(folder).code_length([block])[0], model_at(build()).code_length([block])[0])


def test_threads_and_precision_are_restored(build: Build) -> None:
    before = torch.get_num_threads()
    model = model_at(build(), f",threads={before + 1}")
    model.encode([b"abc"])
    assert torch.get_num_threads() == before


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("hf", "names no model"),
        ("hf:./no/such/folder", "there is no folder no/such/folder"),
        ("hf:{folder}/config.json", "config.json is a file, not a folder"),
        ("hf:{folder},context=4096", "beyond the 48 positions"),
        ("hf:{folder},overlap=48", "at most 47"),
        ("hf:{folder},bos=no-such-token", "no such token"),
        ("hf:{folder},bos=99999", "no such token"),
        ("hf:{folder},batch_size=0", "batch_size=0: write auto or"),
        ("hf:{folder},threads=0", "threads=0"),
        ("hf:{folder},dtype=int8", "choose from"),
        ("hf:{folder},context=0", "context is at least 1"),
    ],
)
def test_errors_are_one_line_with_a_remedy(build: Build, spec: str, says: str) -> None:
    with pytest.raises(SpecError, match=says) as caught:
        load_model(spec.format(folder=build())).policy()
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_no_cuda_is_said(build: Build) -> None:
    with pytest.raises(SpecError, match="no CUDA device"):
        model_at(build(), ",device=cuda")


def test_folders_that_hold_no_model(build: Build, tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"no config\.json"):
        model_at(tmp_path)
    shutil.copy(build() / "config.json", tmp_path)
    with pytest.raises(SpecError, match="only weight format"):
        model_at(tmp_path)
    (tmp_path / "pytorch_model.bin").write_bytes(b"pickle")
    with pytest.raises(SpecError, match="only weight format"):
        model_at(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"no tensors")
    with pytest.raises(SpecError, match="transformers cannot load it"):
        model_at(tmp_path).code_length([b"abc"])


BAD_INDEX = ["[]", "{", "{}", '{"metadata": {}}', '"text"', "null", "\xe9", "[" * 100_000]
BAD_MAP = ["[]", "{}", '{"a": 1}', '{"a": ["b"]}', '{"a": "../model.safetensors"}', '{"a": ""}']


@pytest.mark.parametrize("text", [*BAD_INDEX, *(f'{{"weight_map": {text}}}' for text in BAD_MAP)])
def test_an_index_that_names_no_weights(build: Build, tmp_path: Path, text: str) -> None:
    folder = shutil.copytree(build(), tmp_path / "sharded")
    (folder / "model.safetensors").rename(folder / "model-00001-of-00001.safetensors")
    (folder / "model.safetensors.index.json").write_text(text, encoding="latin-1")
    with pytest.raises(SpecError, match=r"model\.safetensors\.index\.json names no weight files.*copy it again"):
        model_at(folder)


def test_weights_that_are_named_and_not_there(build: Build, tmp_path: Path) -> None:
    folder = shutil.copytree(build(), tmp_path / "sharded")
    (folder / "model.safetensors").unlink()
    (folder / "model.safetensors.index.json").write_text('{"weight_map": {"a": "lost.safetensors"}}', encoding="utf8")
    with pytest.raises(SpecError, match=r"lost\.safetensors: no such file, and .*index\.json names it"):
        model_at(folder)


@pytest.mark.parametrize(
    "header", [b"", b"no tensors", b"\2\0\0\0\0\0\0\0[]", b'\x10\0\0\0\0\0\0\0{"a": {"b": 1}} ', b"\xff" * 20]
)
def test_weights_that_cannot_be_counted(tmp_path: Path, header: bytes) -> None:
    (tmp_path / "model.safetensors").write_bytes(header)
    with pytest.raises(SpecError, match=r"model\.safetensors is no file of safetensors"):
        count_parameters(tmp_path)


def test_weights_of_another_kind(build: Build, tmp_path: Path) -> None:
    """Of another shape or type, or not numbers: one line that names the model; other floats are converted."""
    from safetensors.torch import load_file, save_file

    folder = shutil.copytree(build(), tmp_path / "changed")
    path = folder / "model.safetensors"
    tensors = load_file(path)
    name = next(name for name, tensor in tensors.items() if tensor.ndim == 2)

    def bits(changed: torch.Tensor) -> np.ndarray:
        save_file({**tensors, name: changed}, path, metadata={"format": "pt"})
        return model_at(folder).code_length([b"some text"])[0]

    expected = bits(tensors[name])
    np.testing.assert_array_equal(bits(tensors[name].double()), expected)
    for changed, says in (
        (tensors[name][:, :-1].contiguous(), r"the weights lack 1 tensor .* of shape \(32, 95\), not \(32, 96\)"),
        (tensors[name] * math.nan, "finite"),
    ):
        with pytest.raises(MdlbenchError, match=says) as caught:
            bits(changed)
        assert f"hf:{folder}" in str(caught.value)
        assert "\n" not in str(caught.value)


def test_weights_that_are_not_all_there(build: Build, tmp_path: Path) -> None:
    """transformers would fill the gap with random numbers: no two runs would agree."""
    folder = shutil.copytree(build(layers=2), tmp_path / "headless")
    settings = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(settings | {"n_layer": 3}))
    with pytest.raises(SpecError, match="the weights lack"):
        model_at(folder).prepare()


def test_the_hub_out_of_reach_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub

    def unreachable(*args: object, **kwargs: object) -> str:
        raise ConnectionError("no route\nto host")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", unreachable)
    with pytest.raises(SpecError, match=r"no such folder.*ConnectionError: no route\); give a local folder"):
        load_model("hf:someone/some-model")


def test_the_hub_gives_a_folder(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub

    asked = {}

    def download(name: str, **settings: object) -> str:
        asked.update(settings, name=name)
        return str(build())

    monkeypatch.setattr(huggingface_hub, "snapshot_download", download)
    model = load_model("hf:someone/some-model,revision=v1")
    assert model.spec == "hf:someone/some-model,revision=v1"
    assert model.digest == model_at(build()).digest
    assert asked["revision"] == "v1"
    assert not any(pattern.endswith((".bin", ".py", ".pt")) for pattern in asked["allow_patterns"])


def test_numbers_that_overflow_are_said(build: Build) -> None:
    model = model_at(build())
    with torch.no_grad():
        next(model.predictor.network._module.parameters()).fill_(float("nan"))
    for call in (model.encode, model.code_length):
        with pytest.raises(MdlbenchError, match="not finite"):
            call([b"abc"])


def test_importing_the_module_imports_no_torch() -> None:
    code = "import sys, mdlbench.models.hf; sys.exit(bool({'torch', 'transformers', 'numba'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_missing_packages_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(MissingExtraError, match=r"mdlbench\[torch\]"):
        load_model("hf:gpt2")


def test_fallback_numbers_and_spans() -> None:
    for number in (0, 1, 127, 128, 300, 2**40):
        assert leading_number(varint.pack(number) + b"rest") == (number, len(varint.pack(number)))
    with pytest.raises(DamagedBlockError, match="no end"):
        leading_number(b"\x80" * 20)
    assert len(encode_spans(()).ideal) == 0


def test_fallback_learns() -> None:
    """Runs become cheap; bytes without any order cost hardly more than eight bits."""
    assert encode_bytes(b"ab" * 500).ideal.sum() < 120
    noise = random.Random(0).randbytes(2000)
    assert encode_bytes(noise).ideal.sum() < 8.1 * len(noise)
