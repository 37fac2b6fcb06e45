"""Areas: sums, what gaps leave open, the Pythia runs; where curves cross; fits against closed forms."""

from pathlib import Path

import numpy as np
import pytest

from mdlbench.errors import UsageError
from mdlbench.lossarea import Curve, area, fit, read_log, study
from mdlbench.lossarea.crossing import crossings
from mdlbench.lossarea.fits import Law, blocks, law_of, size_law
from mdlbench.lossarea.integration import running
from mdlbench.lossarea.reading import Settings
from mdlbench.lossarea.studies import Charges, thinned
from mdlbench.units import bits_to_nats, nats_to_bits

LAW = Law(2.0, 0.4, 5e5)


def exact(law: Law = LAW, steps: int = 4000, tokens: float = 1000.0, name: str = "exact", noise: float = 0.0) -> Curve:
    """A run whose every step costs what the law says of its tokens."""
    ends = tokens * np.arange(0, steps + 1.0)
    nats = np.diff(np.array([law.area(end) if end else 0.0 for end in ends])) / tokens
    nats += noise * np.random.default_rng(7).standard_normal(steps)
    return Curve.per_step(name, nats / np.log(2), tokens_per_step=tokens)


def thin(curve: Curve, stride: int, first: int = 0) -> Curve:
    """Every so many rows of a curve that logs every step."""
    kept = np.arange(first, len(curve.losses), stride)
    skipped = np.where(kept == first, 0.0, (stride - 1) * curve.tokens[0])
    return Curve("thin", curve.steps[kept], curve.losses[kept], curve.tokens[kept], skipped)


@pytest.mark.parametrize(("name", "gigabytes"), [("14m-1", 194.1), ("70m-0", 156.6), ("160m-0", 137.8)])
def test_areas_of_pythia(shared_data: Path, name: str, gigabytes: float) -> None:
    """EleutherAI's per-step losses: 143,000 steps of 2,097,152 tokens; the areas that the project's reference notes give."""
    found = area(read_log(shared_data / "pythia" / f"{name}.csv", Settings(tokens_per_step=2097152)))
    assert found.tokens == 143_000 * 2_097_152
    assert round(found.bits / 8e9, 1) == gigabytes
    assert found.low == found.bits == found.high


def test_a_resumed_segment_of_pythia_is_refused_beside_the_others(shared_data: Path) -> None:
    """410m-0 starts at 2.29 nats, where a fresh model of 50,304 symbols starts near 10.8."""
    settings = Settings(tokens_per_step=2097152)
    curves = [read_log(shared_data / "pythia" / f"{name}.csv", settings) for name in ("160m-0", "410m-0")]
    for given in (curves, curves[1:]):
        refused = study(given).curves[-1]
        assert refused.refused is not None
        assert "it starts at 2.29 nats a token, below" in refused.refused
        assert refused.area_bits is None
    assert study(curves).curves[0].area_bits is not None
    assert (
        study(curves, vocabulary=50304)
        .curves[1]
        .flags[0]
        .what.startswith("it starts at 2.29 nats a token, a fresh model near ln 50,304 = 10.8")
    )
    told = study(curves, accepted=("start",)).curves[1]
    assert told.area_bytes == pytest.approx(90.33e9, rel=1e-3)
    assert [flag.check for flag in told.flags if not flag.refused] == ["start"]


def test_logged_steps_are_summed_and_gaps_are_trapezoids_with_their_interval() -> None:
    curve = Curve("a", np.array([1.0, 4.0]), np.array([8.0, 2.0]), np.array([100.0, 100.0]), np.array([0.0, 200.0]))
    found = area(curve)
    assert (found.bits, found.low, found.high) == (1000 + 200 * 5, 1000 + 200 * 2, 1000 + 200 * 8)
    assert (found.tokens, found.gap_tokens) == (400.0, 200.0)
    assert running(curve).tolist() == [800.0, 2000.0]


def test_the_interval_of_a_monotone_curve_holds_its_area() -> None:
    """Thinned to every 50th step, as dashboards do: the trapezoid of a convex curve is too large, the interval is right."""
    whole = exact()
    thinner = thin(whole, 50)
    truth = float(running(whole)[len(whole.losses) - 50])
    found = area(thinner)
    assert found.low < truth < found.high
    assert truth < found.bits < 1.05 * truth


def test_a_curve_has_a_row_for_each_step() -> None:
    with pytest.raises(UsageError, match="empty: a curve has one loss and one number of tokens for each step"):
        Curve.per_step("empty", [], tokens_per_step=1)


def test_closed_forms_of_the_power_law() -> None:
    """Area above E: T0^b T^(1-b) / (1-b); above the last loss: b / (1-b) T0^b T^(1-b)."""
    curve = exact()
    tokens, nats = curve.total_tokens, bits_to_nats(area(curve).bits)
    above = LAW.scale**0.4 * tokens**0.6 / 0.6
    assert nats - LAW.floor * tokens == pytest.approx(above, rel=1e-12)
    assert nats - float(LAW.loss(tokens)) * tokens == pytest.approx(0.4 / 0.6 * LAW.scale**0.4 * tokens**0.6, rel=1e-9)
    assert LAW.above_last(tokens) == pytest.approx(0.4 * above)


@pytest.mark.parametrize("exponent", [0.1, 0.3, 0.5, 0.9])
def test_a_fit_finds_the_law_it_was_drawn_from(exponent: float) -> None:
    law = Law(1.7, exponent, 2e6)
    found = fit(exact(law))
    assert found.exponent.value == pytest.approx(exponent, rel=1e-3)
    assert found.floor_nats.value == pytest.approx(1.7, rel=1e-2)
    assert found.scale_tokens.value == pytest.approx(2e6, rel=1e-2)
    assert found.above_floor_bits == pytest.approx(nats_to_bits(law.above_floor(4e6)), rel=2e-2)
    ahead = found.forecasts[0]
    assert ahead.tokens == 8e6
    assert ahead.bits == pytest.approx(nats_to_bits(law.area(8e6)), rel=1e-4)


def test_intervals_of_a_fit_hold_the_truth_where_the_law_is_true() -> None:
    """Over 40 draws of noise, the 95 % interval of the exponent holds the truth in at least 30."""
    held = 0
    clean = exact(steps=1000)
    for seed in range(40):
        noise = 0.05 * np.random.default_rng(seed).standard_normal(1000)
        found = fit(Curve.per_step("noisy", clean.losses + noise, tokens_per_step=1000.0)).exponent
        assert found.low is not None
        assert found.high is not None
        held += found.low <= 0.4 <= found.high
    assert held >= 30


def test_the_hold_out_is_of_the_second_half() -> None:
    curve = exact(noise=0.02)
    found = fit(curve).hold_out
    assert found is not None
    assert found.from_tokens == pytest.approx(curve.total_tokens / 2, rel=1e-3)
    total = running(curve)
    assert found.measured_bits == pytest.approx(total[-1] - total[1999])
    assert found.predicted_bits == pytest.approx(found.measured_bits, rel=2e-3)


def test_a_curve_that_rises_late_is_held_against_its_fit() -> None:
    """The fit of the first half misses a second half that is dearer; the forecast's hold-out interval is as wide as that."""
    curve = exact(noise=0.01)
    losses = curve.losses + np.where(np.arange(4000) < 2000, 0.0, 0.3)
    found = fit(Curve.per_step("rises", losses, tokens_per_step=1000.0))
    held, ahead = found.hold_out, found.forecasts[0]
    assert held is not None
    assert held.high_bits is not None
    assert held.high_bits < held.measured_bits
    assert ahead.held_out_high_bits is not None
    share = (ahead.held_out_high_bits - ahead.bits) / (ahead.bits - area(Curve.per_step("r", losses, tokens_per_step=1e3)).bits)
    assert share == pytest.approx(held.measured_bits / held.predicted_bits - 1, rel=1e-6)


def test_a_parameter_at_its_bound_has_no_interval() -> None:
    falls = np.linspace(9, 3, 3000)
    found = fit(Curve.per_step("line", falls, tokens_per_step=100.0))
    assert found.exponent.low is None
    assert found.forecasts[0].low_bits is None


def test_too_short_a_curve_has_an_area_and_no_fit() -> None:
    with pytest.raises(UsageError, match="short: 5 rows make 4 blocks; a fit needs 8"):
        fit(Curve.per_step("short", [8.0, 7.0, 6.0, 5.0, 4.0], tokens_per_step=100.0))
    (found,) = study([Curve.per_step("short", [8.0, 7.0], tokens_per_step=100.0, bytes_per_token=1.0)]).curves
    assert found.area_bits == 1500.0
    assert found.fit is None
    assert found.no_fit == "short: 2 rows make 1 block; a fit needs 8"


def test_blocks_have_the_area_of_their_rows() -> None:
    curve = exact(noise=0.1)
    starts, ends, means = blocks(curve, 0.0, curve.total_tokens)
    assert (ends[:-1] == starts[1:]).all()
    inside = nats_to_bits(float(means @ (ends - starts)))
    assert inside == pytest.approx(float(running(curve)[-1] - running(curve)[0]))


def test_where_two_curves_cross() -> None:
    """Straight lines: losses 4 - T/100 and 3 meet at T = 100; areas at T = 200."""
    ends = np.arange(1.0, 301)
    falling = Curve.per_step("falling", 4 - (ends - 0.5) / 100, tokens_per_step=1.0)
    flat = Curve.per_step("flat", np.full(300, 3.0), tokens_per_step=1.0)
    (found,) = crossings([flat, falling])
    assert (found.winner, found.other, found.shared_tokens) == ("falling", "flat", 300.0)
    assert found.loss_tokens == pytest.approx(100.0, abs=1)
    assert found.area_tokens == pytest.approx(200.0, abs=1)


def test_curves_that_never_cross_and_curves_of_other_tokens() -> None:
    low, high = (Curve.per_step(f"{loss}", np.full(10, loss), tokens_per_step=1.0, bytes_per_token=4.0) for loss in (2.0, 3.0))
    (found,) = crossings([high, low])
    assert (found.winner, found.loss_tokens, found.area_tokens) == ("2.0", None, None)
    other = Curve.per_step("other", [3.0], tokens_per_step=1.0, bytes_per_token=3.0)
    assert crossings([low, other]) == ()


def test_noise_does_not_move_a_crossing_far() -> None:
    one, other = exact(Law(2.0, 0.5, 4e5), noise=0.3, name="a"), exact(Law(2.05, 0.7, 4e5), noise=0.3, name="b")
    clean = exact(Law(2.0, 0.5, 4e5), name="a"), exact(Law(2.05, 0.7, 4e5), name="b")
    (noisy,), (quiet,) = crossings([one, other]), crossings(clean)
    assert noisy.winner == quiet.winner
    for name in ("loss_tokens", "area_tokens"):
        assert getattr(noisy, name) is None or getattr(noisy, name) == pytest.approx(getattr(quiet, name), rel=0.5)


def test_what_is_drawn_has_the_area_of_the_curve() -> None:
    curve = exact(noise=0.1)
    drawn = thinned(curve)
    widths = np.diff([0.0, *drawn.tokens])
    assert float(widths @ np.array(drawn.loss_nats)) == pytest.approx(bits_to_nats(area(curve).bits), rel=1e-6)
    assert len(drawn.tokens) < 300
    short = Curve.per_step("short", [8.0, 4.0], tokens_per_step=10.0)
    assert thinned(short).tokens == (10.0, 20.0)


def test_anchors_differ_and_are_named() -> None:
    losses = [8.0] * 50 + [2.0] * 149 + [3.0]
    (found,) = study([Curve.per_step("a", losses, tokens_per_step=10.0, bytes_per_token=1.0)]).curves
    above = {one.anchor: one for one in found.above}
    assert above["last step"].bits == pytest.approx(50 * 10 * 5 - 149 * 10)
    assert above["mean of the last 1 % of tokens"].bits == pytest.approx(found.area_bits - 2000 * 2.5)  # type: ignore[operator]
    assert above["last step"].level_nats == pytest.approx(bits_to_nats(3.0))


def test_ratios_need_bytes_per_token_and_totals_what_is_charged() -> None:
    curve = Curve.per_step("a", [8.0, 8.0], tokens_per_step=400.0)
    (bare,) = study([curve], accepted=("start",)).curves
    assert (bare.area_bytes, bare.raw_bytes, bare.ratio, bare.total_bytes) == (800.0, None, None, None)
    sized = Curve.per_step("a", [8.0, 8.0], tokens_per_step=400.0, bytes_per_token=4.0)
    (found,) = study([sized], charges=Charges(100, 100), accepted=("start",)).curves
    assert (found.raw_bytes, found.ratio, found.total_bytes, found.total_ratio) == (3200.0, 4.0, 1000.0, 3.2)


def test_raw_bytes_unique_or_epoch_weighted() -> None:
    """Two passes: the first alone, or both, in area and raw bytes alike; and the curve says that there are several."""
    tokens = np.full(4, 100.0)
    curve = Curve(
        "a", np.arange(1.0, 5), np.array([16.0, 8.0, 1.0, 1.0]), tokens, np.zeros(4), bytes_per_token=2.0,
        epochs=np.array([0.5, 1.0, 1.5, 2.0]),
    )  # fmt: skip
    (first,) = study([curve]).curves
    assert (first.tokens, first.area_bits, first.raw_bytes, first.raw_convention) == (200.0, 2400.0, 400.0, "unique")
    assert "several-epochs" in [flag.check for flag in first.flags]
    (both,) = study([curve], raw="epoch-weighted").curves
    assert (both.tokens, both.area_bits, both.raw_bytes) == (400.0, 2600.0, 800.0)


def test_area_against_size() -> None:
    sizes = [30_000, 100_000, 300_000, 1_000_000, 3_000_000]
    law = Law(1.2, 0.3, 50_000)
    found = size_law(sizes, [float(law.loss(size)) for size in sizes])
    assert found is not None
    assert found.floor_nats.value == pytest.approx(1.2, rel=1e-3)
    assert found.exponent.value == pytest.approx(0.3, rel=1e-3)
    assert found.scale_parameters == pytest.approx(50_000, rel=1e-2)
    assert size_law(sizes[:3], [3.0, 2.0, 1.0]) is None


def test_a_result_holds_the_law_that_was_fitted() -> None:
    found = fit(exact())
    assert law_of(found).loss(1e6) == pytest.approx(float(LAW.loss(1e6)), rel=1e-4)
