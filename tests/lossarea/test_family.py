"""A family: sizes that are met, areas that files confirm, folders that are not mixed up."""

import json
from pathlib import Path

import pytest

from mdlbench.cli import main
from mdlbench.errors import UsageError
from mdlbench.lossarea import family
from mdlbench.lossarea.curve import Curve
from mdlbench.models import load_model
from tests.check_codec import TEXT


def test_widths_come_nearest_to_the_sizes_asked_for() -> None:
    found = family.members(["10k", "30k", "100k"])
    assert [member.name for member in found] == ["10k", "30k", "100k"]
    for member, wanted in zip(found, (10_000, 30_000, 100_000), strict=True):
        assert abs(member.parameters - wanted) < 0.1 * wanted
        assert family.parameters_of(member.spec) == member.parameters
        network = load_model(member.spec).config()
        width = network.architecture.width  # embedding, gates, read-out
        assert member.parameters == 256 * width + 6 * width * width + 6 * width + 256 * width + 256


@pytest.mark.parametrize(
    ("sizes", "learner", "text"),
    [
        (["x"], family.LEARNER, "'x' is no number of parameters; write for example 30k,100k,1M"),
        (["10k", "10001"], family.LEARNER, "two of them are the same width"),
        (["10"], family.LEARNER, "is nearest with .* parameters; name a size that it can have"),
        (["10k"], "online:gru", "n-gram features have no size; add orders=0"),
        (["10k"], "online:gru,orders=0,width=8", "leave width out"),
        (["10k"], "kt", "a family is trained by online: learners"),
    ],
)
def test_what_is_no_family_is_refused(sizes: list[str], learner: str, text: str) -> None:
    with pytest.raises(UsageError, match=text):
        family.members(sizes, learner)


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as stop:
        main(["lossarea", "train", *arguments])
    return int(stop.value.code or 0)


def test_a_family_from_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Areas are confirmed within 0.05 % and the coder's last bytes; a second call finds all done; no other family goes on."""
    monkeypatch.chdir(tmp_path)
    Path("text").write_bytes((TEXT * 12)[:4500])
    asked = [
        "--sizes",
        "5k,12k",
        "--corpus",
        "text",
        "-o",
        "runs",
        "-j",
        "1",
        "--learner",
        "online:gru,orders=0,streams=2,lr=0.01",
    ]
    assert run(*asked, "--json") == 0
    curves = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [curve["name"] for curve in curves] == ["5k", "12k"]
    for curve in curves:
        assert curve["tokens"] == curve["raw_bytes"] == 4500
        assert curve["ratio"] > 1
        assert curve["confirmed_tokens"] <= 4500
        assert 8 * curve["confirmed_file_bytes"] == pytest.approx(curve["confirmed_area_bits"], rel=5e-4, abs=64)
    assert run(*asked, "--json") == 0
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == curves
    assert run("--sizes", "5k", *asked[2:]) == 2
    assert "runs holds another family (corpus, sizes or learner differ); name another folder with -o" in capsys.readouterr().err


def test_a_part_of_a_run_is_confirmed_by_the_beginnings_of_its_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    """The file of a part has the run's own first steps as its steps, so its length is that of the area there."""
    monkeypatch.setattr(family, "CONFIRMED", 0)
    data, model = (TEXT * 12)[:7000], load_model("online:gru,orders=0,streams=2,width=8,horizon=8,lr=0.02")
    confirmed = family.confirm(model, data, _curve_of(model, data))
    assert confirmed.confirmed_tokens == 2 * 1024
    assert 8 * confirmed.confirmed_file_bytes == pytest.approx(confirmed.confirmed_area_bits, rel=5e-4, abs=64)


def _curve_of(model: object, data: bytes) -> Curve:
    """The run's curve from the evaluator's bits a symbol."""
    bits, step = model.measure([data])[0].ideal.reshape(2, -1), model.settings.horizon
    losses = [bits[:, at : at + step].mean() for at in range(0, bits.shape[1], step)]
    return Curve.per_step("run", losses, tokens_per_step=2 * step, bytes_per_token=1.0)


def test_what_the_codec_would_store_raw_confirms_nothing() -> None:
    data, model = bytes(range(256)) * 9, load_model("online:gru,orders=0,streams=2,width=2,horizon=32,lr=1e-6")
    assert family.confirm(model, data, _curve_of(model, data)) is None
