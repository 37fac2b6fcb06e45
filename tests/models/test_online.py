"""`online:` as a codec model: files without weights, whose size is the area under the training curve."""

import math
from pathlib import Path

import numpy as np
import pytest

from mdlbench import compress, decompress, load_model
from mdlbench.errors import NetworkError, SpecError
from mdlbench.fresh import run_fresh
from mdlbench.training.loop import one_thread
from mdlbench.training.online import OnlineLearner, in_streams
from mdlbench.units import nats_to_bits
from tests.check_codec import TEXT, samples

SMALL = ",width=8,streams=4,horizon=8,orders=2"
SPECS = [f"online:{name}{SMALL}" for name in ("gru", "lstm")] + [
    f"online:{name}{SMALL},layers=1,heads=2,context=12" for name in ("gpt2", "llama")
]


def bits_of(data: bytes, spec: str) -> np.ndarray:
    """Of each byte."""
    return load_model(spec).measure([data])[0].ideal


@pytest.mark.parametrize("spec", SPECS)
def test_every_architecture_round_trips(spec: str) -> None:
    data = TEXT * 2
    assert decompress(compress(data, spec)) == data


def test_whatever_the_bytes_are() -> None:
    for name, data in samples():
        data = data[:260]
        container = compress(data, SPECS[0], block_size=200)
        assert decompress(container) == data, name
        assert compress(data, SPECS[0], block_size=200) == container, name


@pytest.mark.parametrize("spec", [SPECS[0], SPECS[2]])
def test_evaluator_area_and_file_are_one_number(spec: str) -> None:
    """Within 0.05 %: bits of the evaluator, loss x tokens summed over steps logged before their update, and the payload."""
    data, model = (TEXT * 30)[:6000], load_model(spec)
    evaluated = bits_of(data, spec).sum()
    payload = 8 * len(model.encode([data])[0].payload)
    area = 0.0
    with one_thread():
        learner = OnlineLearner(model.config(), model.streams_of(len(data)), model.settings.seed)
        for chunk in in_streams(np.frombuffer(data, np.uint8), 4).split(8, dim=1):
            area += nats_to_bits(learner.learn(chunk).loss) * int((chunk >= 0).sum())
    assert evaluated == pytest.approx(area, rel=5e-4)
    assert payload == pytest.approx(area, rel=5e-4, abs=64)


def test_nothing_learnt_costs_eight_bits_a_byte_and_learning_pays() -> None:
    bits = bits_of(TEXT * 4, "online:gru,width=16,streams=1,orders=3")
    assert bits[:8].mean() == pytest.approx(8.0, abs=0.5)
    assert bits[-500:].mean() < 0.7 * bits[:500].mean()


def test_a_byte_costs_what_it_does_whatever_comes_later() -> None:
    """Prequential: with one stream, a prefix costs the same to the last bit of its float."""
    spec = "online:gru,width=8,streams=1,orders=2"
    short, long = (bits_of(data, spec) for data in (TEXT[:300], TEXT[:300] + bytes(range(100))))
    assert np.array_equal(short[:296], long[:296])  # chunks of 8: the last one's pass has another shape


def test_seeds_differ_and_are_named() -> None:
    one, other = load_model("online:gru"), load_model("online:gru,seed=1")
    assert one.digest != other.digest
    assert other.spec == "online:gru,seed=1"
    assert load_model("online:gru,streams=16,lr=0.002").spec == "online:gru"  # what is the preset's is not said


def test_a_short_block_has_few_streams() -> None:
    model = load_model("online:gru")
    assert [model.streams_of(size) for size in (0, 1, 1023, 5000, 1 << 20)] == [1, 1, 1, 4, 16]


def test_another_process_decodes(tmp_path: Path) -> None:
    data = TEXT * 2
    (tmp_path / "f.mdlz").write_bytes(compress(data, SPECS[1]))
    run_fresh(["-m", "mdlbench", "decompress", str(tmp_path / "f.mdlz"), "-o", str(tmp_path / "f"), "--json"])
    assert (tmp_path / "f").read_bytes() == data


def test_a_damaged_payload_is_wrong_bytes_of_the_right_length() -> None:
    model = load_model(SPECS[0])
    payload = bytearray(model.encode([TEXT])[0].payload)
    payload[len(payload) // 2] ^= 1
    assert len(model.decode([bytes(payload)], [len(TEXT)])[0]) == len(TEXT)


def test_doctor_measures_it() -> None:
    checks = {check.what: check for check in load_model(SPECS[0]).doctor(TEXT)}
    assert checks["one run against another"].same
    assert checks["decoded against original"].same
    assert float(checks["parallel against stepwise"].detail.split()[0]) < 0.05


def test_a_loss_that_is_not_finite_names_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mdlbench.training.online.cross_entropy", lambda logits, *_, **__: logits.sum() * math.nan)
    with pytest.raises(NetworkError, match=r"online:gru,width=8: the loss of update 1 is not finite; lower the learning rate"):
        bits_of(TEXT, "online:gru,width=8")


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        ("online:mamba", "online:mamba is no architecture; write online:NAME, with NAME one of: gru, lstm, gpt2, llama"),
        ("online", "online: is no architecture"),
        ("online:gpt2,width=10,heads=4", "width=10 is not a multiple of heads=4"),
        ("online:llama,context=8", "horizon=16 is beyond context=8; give a longer context"),
        ("online:gru,width=100000", "width is 100000; choose 1 to 4096"),
        ("online:gru,lr=0", "lr is 0.0; choose 1e-09 to 1.0"),
        ("online:gru,seed=-1", "seed is -1; choose 0 to"),
    ],
)
def test_what_cannot_be_is_refused(spec: str, text: str) -> None:
    with pytest.raises(SpecError, match=text):
        load_model(spec)
