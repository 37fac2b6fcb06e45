"""`hf:` on what the trainer writes: no tokenizer, an alphabet of symbols, a recurrent network without a longest context."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from mdlbench import compress, decompress
from mdlbench.errors import SpecError
from mdlbench.models import load_model
from mdlbench.training import train_run
from tests.check_codec import check_codec
from tests.training.small import SMALL, small_run, stream


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A trained network of each kind, by architecture."""
    found = {}
    for name in ("gpt2", "gru"):
        run = small_run(tmp_path_factory.mktemp(name), architecture=replace(SMALL, name=name), tokens=4800, batch_size=16)
        train_run(run, (0,))
        found[name] = run.last(0).folder
    return found


@pytest.fixture
def symbols(tmp_path: Path) -> bytes:
    return stream(tmp_path / "symbols.bin", 150).read_bytes()


@pytest.mark.parametrize(("name", "options"), [("gpt2", "overlap=4"), ("gpt2", "overlap=1"), ("gru", "context=1000")])
def test_symbols_are_coded_as_the_network_predicts(
    checkpoints: dict[str, Path], symbols: bytes, name: str, options: str
) -> None:
    spec = f"hf:{checkpoints[name]},{options},batch_size=2"
    file = compress(symbols, spec, block_size=100)
    assert decompress(file, [spec]) == symbols
    model = load_model(spec)
    (bits,) = model.code_length([symbols])
    assert bits[0] == pytest.approx(np.log2(3))  # nothing was seen
    assert bits.sum() < 1.45 * len(symbols)  # it has learnt something: uniform costs 1.585
    assert model.policy()["bos"] == "none (first token uniform)"
    if options != "overlap=1":
        context = 4 if name == "gpt2" else 1000
        np.testing.assert_allclose(bits[1:], own_bits(checkpoints[name], symbols, context), atol=1e-4)


def own_bits(folder: Path, symbols: bytes, context: int) -> list[float]:
    """-log2 p of each symbol but the first from the last `context` before it, a forward pass each."""
    from mdlbench.training import Checkpoint

    network, tokens = Checkpoint(folder, 0).network(), torch.tensor(list(symbols))
    found = []
    with torch.no_grad():
        for at in range(1, len(symbols)):
            logits = network(input_ids=tokens[None, max(0, at - context) : at]).logits[0, -1]
            found.append(float(-torch.log_softmax(logits.double(), -1)[tokens[at]]) / np.log(2))
    return found


def test_round_trips(checkpoints: dict[str, Path]) -> None:
    check_codec(f"hf:{checkpoints['gru']},context=4000,batch_size=4", user_model=True)


def test_other_bytes_among_symbols(checkpoints: dict[str, Path], symbols: bytes) -> None:
    spec = f"hf:{checkpoints['gpt2']},batch_size=1"
    data = symbols[:50] + b"a headline" + symbols[50:90] + b"\xff"
    assert decompress(compress(data, spec), [spec]) == data
    assert load_model(spec).measure([data], beside=True)[0].beside["byte_fallback_bits"] > 0
    assert load_model(spec).measure([symbols[:90]], beside=True)[0].beside["byte_fallback_bits"] == 0


def test_the_alphabet_is_part_of_the_model(checkpoints: dict[str, Path], tmp_path: Path) -> None:
    folder = shutil.copytree(checkpoints["gpt2"], tmp_path / "copy")
    same = load_model(f"hf:{folder}")
    assert same.digest == load_model(f"hf:{checkpoints['gpt2']}").digest
    (folder / "alphabet.json").write_text('{"schema": "mdlbench.alphabet/1", "bytes": [97, 98, 99]}')
    other = load_model(f"hf:{folder},overlap=4,batch_size=1")
    assert other.digest != load_model(f"hf:{checkpoints['gpt2']},overlap=4,batch_size=1").digest
    assert len(other.code_length([b"abcabc"])[0]) == 6
    (folder / "alphabet.json").write_text('{"schema": "mdlbench.alphabet/1", "bytes": [97, 98, 99, 100]}')
    with pytest.raises(SpecError, match=r"alphabet\.json has 4 symbols, the model only 3"):
        load_model(f"hf:{folder}").policy()


def test_a_symbol_may_start_each_window(checkpoints: dict[str, Path]) -> None:
    spec = f"hf:{checkpoints['gpt2']},batch_size=1"
    assert load_model(f"{spec},bos=2").policy()["bos"] == "symbol 2"
    with pytest.raises(SpecError, match="bos=3: no such token"):
        load_model(f"{spec},bos=3").policy()
    with pytest.raises(SpecError, match="bos=<s>: no such token"):
        load_model(f"{spec},bos=<s>").policy()


@pytest.mark.parametrize("options", ["overlap=0", "overlap=2", "overlap=4", "bos=1,overlap=0", "bos=1,overlap=3", "context=3"])
def test_windows_side_by_side_are_the_windows_one_by_one(
    checkpoints: dict[str, Path], symbols: bytes, options: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Short windows go through the network together; what they say is what each says alone."""
    model = load_model(f"hf:{checkpoints['gpt2']},{options},batch_size=1")
    (together,) = model.code_length([symbols[:61]])
    monkeypatch.setattr("mdlbench.models.hf.predictor._CHUNK_TOKENS", 1)
    (apart,) = model.code_length([symbols[:61]])
    assert len(together) == 61
    np.testing.assert_allclose(together, apart, atol=1e-5)
    np.testing.assert_allclose(together.sum(), model.encode([symbols[:61]])[0].ideal_bits, atol=1e-3)
