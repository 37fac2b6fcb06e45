"""Codes of labels against closed forms, published arithmetic and brute force."""

import itertools
import math

import numpy as np
import pytest

from mdlbench.errors import SpecError, UsageError
from mdlbench.prequential import Settings, code_labels, permuted, random_labels, two_part_code, variational_code
from mdlbench.prequential.account import anchors, curve
from mdlbench.prequential.calibration import forward_bits, plain_bits
from mdlbench.prequential.hindsight import held_out_bits
from mdlbench.prequential.learners import LEARNERS, Shape, build_learner
from mdlbench.prequential.mixtures import bayes, fixed_share
from mdlbench.prequential.network import Network, log_softmax
from mdlbench.prequential.online import ReplayStreams
from mdlbench.prequential.schedules import boundaries
from mdlbench.prequential.twopart import PRECISIONS, integer_bits, quantised, rissanen

Arrays = tuple[np.ndarray, np.ndarray]
EVERY = Settings(schedule="every", calibration="none")


@pytest.fixture(scope="module")
def blobs() -> Arrays:
    """Three classes, told apart by two of four features."""
    rng = np.random.default_rng(0)
    labels = rng.integers(3, size=240)
    features = rng.standard_normal((240, 4))
    features[:, :2] += 2.0 * np.array([[0, 1], [1, -1], [-1, -1]])[labels]
    return features, labels


def dirichlet_multinomial(labels: np.ndarray, classes: int, alpha: float) -> float:
    """-log2 of the probability of a sequence under the Dirichlet-multinomial: the closed form of sequential counting."""
    counts = np.bincount(labels, minlength=classes)
    log = math.lgamma(classes * alpha) - math.lgamma(len(labels) + classes * alpha)
    return -(log + sum(math.lgamma(n + alpha) - math.lgamma(alpha) for n in counts)) / math.log(2)


@pytest.mark.parametrize(("learner", "alpha"), [("kt", 0.5), ("dirichlet", 1.0), ("dirichlet,alpha=0.1", 0.1)])
@pytest.mark.parametrize("settings", [EVERY, Settings(mode="online", batch=1), Settings(schedule="every", warm=True)])
def test_counting_has_its_closed_form(learner: str, alpha: float, settings: Settings, blobs: Arrays) -> None:
    """R. Krichevsky & V. Trofimov 1981: Beta-Binomial for two classes, Dirichlet-multinomial for more."""
    features, labels = blobs
    found = code_labels(features, labels, learner, settings).total
    assert found == pytest.approx(dirichlet_multinomial(labels, 3, alpha), rel=1e-12)


def test_the_excess_of_kt_on_random_labels_is_its_closed_form() -> None:
    """Length - n x final loss, with the loss held out: both sides from counts alone."""
    labels = np.random.default_rng(5).integers(4, size=400)
    features = np.zeros((400, 1))
    shuffled = random_labels(labels, 0)
    kept = shuffled[:320]
    chances = (np.bincount(kept, minlength=4) + 0.5) / (320 + 2)
    expected = dirichlet_multinomial(shuffled, 4, 0.5) + 400 * float(np.log2(chances[shuffled[320:]]).mean())
    online = Settings(mode="online", batch=1)
    coded = code_labels(features, shuffled, "kt", online)
    loss = held_out_bits(features, shuffled, "kt", online, classes=4).mean()
    assert anchors(coded.bits[None], 1, np.array([loss]))[0].excess_bits == pytest.approx(expected, abs=1e-8)
    regret = coded.total - 400 * _entropy(labels)
    asymptotic = 1.5 * math.log2(400 / (2 * math.pi)) + math.log2(
        math.pi**2
    )  # (K - 1)/2 log2(n/2 pi) + log2 Gamma(1/2)^4/Gamma(2)
    assert regret == pytest.approx(asymptotic, abs=0.5)


def _entropy(labels: np.ndarray) -> float:
    shares = np.bincount(labels) / len(labels)
    return -float((shares * np.log2(shares)).sum())


@pytest.mark.parametrize("learner", ["kt", "logistic,epochs=3", "mlp,epochs=3,width=8"])
@pytest.mark.parametrize("warm", [False, True])
def test_a_boundary_after_every_example_is_the_online_length(learner: str, warm: bool, blobs: Arrays) -> None:
    """A. P. Dawid's prequential code by hand: predict example t by what was fitted to all before it, for every t."""
    features, labels = blobs[0][:30], blobs[1][:30]
    found = code_labels(features, labels, learner, Settings(schedule="every", warm=warm, calibration="none"), seed=4)
    going = build_learner(learner, Shape(4, 3), np.random.default_rng([4, 3, 1]))
    expected = [math.log2(3)]
    for t in range(1, 30):
        if not warm:
            going = build_learner(learner, Shape(4, 3), np.random.default_rng([4, 3, t]))
        going.fit(features[:t], labels[:t])
        expected.append(-float(going.log2_probabilities(features[t : t + 1])[0, labels[t]]))
    np.testing.assert_allclose(found.bits, expected, rtol=1e-12)


def test_the_schedule_and_arithmetic_of_voita_and_titov() -> None:
    """EMNLP 2020: a first block of 900 targets in 45 classes, 4942.7 bits; 950,028 in all, uniform 5,095 kibit."""
    ends = boundaries("voita-titov", 950_028)
    assert len(ends) == 11
    assert ends[0] == 950
    assert [round(100 * end / 950_028, 2) for end in ends] == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.25, 12.5, 25, 50, 100]
    settings = Settings(schedule=(900,))
    labels = np.arange(900) % 45
    first = code_labels(np.zeros((900, 1)), labels, "kt", settings).total
    assert first == pytest.approx(900 * math.log2(45), abs=1e-9)
    assert round(first, 1) == 4942.7
    assert round(950_028 * math.log2(45) / 1024) == 5095


def test_rissanen() -> None:
    """1,161 parameters and n = 10,000: 7,713.5 bits."""
    assert rissanen(1161, 10_000) == pytest.approx(7713.5, abs=0.05)


def test_a_short_schedule_has_no_empty_block() -> None:
    assert boundaries("voita-titov", 5) == (1, 2, 5)
    assert boundaries("every", 3) == (1, 2, 3)
    assert boundaries([2], 5) == (2, 5)


@pytest.mark.parametrize(
    ("schedule", "said"),
    [
        ("16,16", "ascends from 1 on, and 16 follows 16"),
        ("64,16", "16 follows 64"),
        ("0,5", "0 follows 0"),
        ([5, 3], "3 follows 5"),
        ("10,2000", "goes to 2,000, but there are 100 examples"),
        ("ever", "'ever' is no schedule; write voita-titov, every, or counts"),
    ],
)
def test_a_schedule_ascends(schedule: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        boundaries(schedule, 100)


def test_a_mixture_is_at_most_log2_m_above_the_best() -> None:
    rng = np.random.default_rng(1)
    for codes in (2, 5, 17):
        bits = rng.exponential(1.0, size=(codes, 300))
        mixed = bayes(bits)
        assert mixed.sum() <= bits.sum(axis=1).min() + math.log2(codes) + 1e-9
        assert mixed.sum() == pytest.approx(-math.log2(np.exp2(-bits.sum(axis=1)).mean()), rel=1e-9)


@pytest.mark.parametrize("alpha", [0.0, 0.2, 1.0, None])
def test_fixed_share_sums_over_all_switchings(alpha: float | None) -> None:
    """M. Herbster & M. Warmuth 1998, by brute force over every sequence of codes."""
    bits = np.random.default_rng(2).exponential(1.0, size=(3, 6))
    total = 0.0
    for path in itertools.product(range(3), repeat=6):
        weight = 1 / 3
        for t in range(1, 6):
            rate = 1 / (t + 1) if alpha is None else alpha
            weight *= 1 - rate if path[t] == path[t - 1] else rate / 2
        total += weight * 2.0 ** -sum(bits[code, t] for t, code in enumerate(path))
    assert fixed_share(bits, alpha).sum() == pytest.approx(-math.log2(total), rel=1e-12)


def test_fixed_share_without_switches_is_the_mixture_and_of_one_code_is_that() -> None:
    bits = np.random.default_rng(3).exponential(1.0, size=(4, 50))
    np.testing.assert_allclose(fixed_share(bits, 0.0), bayes(bits), atol=1e-9)
    np.testing.assert_array_equal(fixed_share(bits[:1]), bits[0])
    with pytest.raises(UsageError, match=r"alpha=2; a switching rate is from 0 to 1"):
        fixed_share(bits, 2.0)


def test_calibration_mends_overconfidence_and_looks_at_nothing_uncoded() -> None:
    rng = np.random.default_rng(4)
    labels = rng.integers(4, size=600)
    logits = 6 * rng.standard_normal((600, 4))  # confident, and of nothing
    logs = log_softmax(logits) / math.log(2)
    mended = forward_bits(logs, labels)
    assert plain_bits(logs, labels).sum() > 1.5 * mended.sum()
    assert mended[400:].mean() < 2.2  # of 2 bits, which is what nothing is worth
    other = np.where(np.arange(600) < 300, labels, (labels + 1) % 4)
    np.testing.assert_array_equal(forward_bits(logs, other)[:300], mended[:300])
    scaled = np.exp2(logs)
    np.testing.assert_allclose(scaled.sum(axis=1), 1.0)


def test_calibrated_probabilities_sum_to_one() -> None:
    """-log2 of them is a code length: over what the last label might be, 2^-bits sums to 1."""
    rng = np.random.default_rng(6)
    logs = log_softmax(rng.standard_normal((50, 3)) * 3) / math.log(2)
    labels = rng.integers(3, size=50)
    last = [forward_bits(logs, np.append(labels[:-1], one))[-1] for one in range(3)]
    assert sum(2.0**-bits for bits in last) == pytest.approx(1.0, rel=1e-12)


def test_the_gradient_is_that_of_the_loss() -> None:
    """By differences, through two hidden layers."""
    rng = np.random.default_rng(7)
    features, labels = rng.standard_normal((20, 5)), rng.integers(3, size=20)
    network = Network((5, 6, 4, 3), rng)
    network.weights += 0.1 * rng.standard_normal(network.weights.size)

    def loss(weights: np.ndarray) -> float:
        before = network.weights.copy()
        network.weights[:] = weights
        found = -network.log2_probabilities(features)[np.arange(20), labels].mean() * math.log(2)
        network.weights[:] = before
        return float(found)

    start = network.weights.copy()
    network.step(features, labels, 0.0)
    for place in range(0, start.size, 7):
        nudge = np.zeros_like(start)
        nudge[place] = 1e-6
        slope = (loss(start + nudge) - loss(start - nudge)) / 2e-6
        assert network._gradient[place] == pytest.approx(slope, abs=1e-7)


def test_places_of_replay_are_uniform_over_the_past() -> None:
    streams = ReplayStreams(60_000, np.random.default_rng(8))
    for now in range(8):
        places = streams.advance(now)
    counts = np.bincount(places, minlength=8)
    assert len(counts) == 8
    assert np.abs(counts - 7500).max() < 5 * math.sqrt(7500)


def test_replay_costs_equal_compute_and_is_counted(blobs: Arrays) -> None:
    """So many streams as a fit has epochs, less one: an epoch of each example's own, in step."""
    features, labels = blobs
    online = code_labels(features, labels, "logistic,epochs=5", Settings(mode="online"))
    assert online.visited == pytest.approx(5 * 240, rel=0.05)
    alone = code_labels(features, labels, "logistic,epochs=5", Settings(mode="online", replay=0))
    assert alone.visited == 240
    blocks = code_labels(features, labels, "logistic,epochs=5", Settings(schedule="120"))
    assert blocks.visited == 5 * 120


def test_a_code_learns_from_the_past_alone(blobs: Arrays) -> None:
    """Whatever the last examples are, the first cost the same."""
    features, labels = blobs
    other = np.where(np.arange(240) < 120, labels, 0)
    for settings in (Settings(schedule="30,120"), Settings(schedule="30,120", warm=True), Settings(mode="online", batch=8)):
        codes = [code_labels(features, each, "mlp,epochs=2,width=8", settings, classes=3).bits for each in (labels, other)]
        np.testing.assert_array_equal(codes[0][:120], codes[1][:120])


def test_what_can_be_learnt_is_shorter_and_random_labels_are_not(blobs: Arrays) -> None:
    features, labels = blobs
    uniform = 240 * math.log2(3)
    for learner in ("logistic", "mlp,width=16"):
        assert code_labels(features, labels, learner).total < 0.5 * uniform
        control = [code_labels(features, random_labels(labels, seed), learner, seed=seed).total for seed in range(3)]
        assert min(control) > uniform - 8


def test_the_two_part_code_is_one_that_decodes(blobs: Arrays) -> None:
    """Integers under bins of a normal distribution: their chances sum to 1; labels cost what the rounded weights say."""
    for precision in PRECISIONS:
        step = 2.0**-precision
        half = np.arange(1, int(9 / step) + 2)
        assert np.exp2(-integer_bits([0], step))[0] + 2 * np.exp2(-integer_bits(half.tolist(), step)).sum() == pytest.approx(1)
    layer = np.random.default_rng(9).standard_normal((30, 7))
    coarse, fine = quantised(layer, 0), quantised(layer, 5)
    assert coarse[1] < fine[1]
    assert np.abs(fine[0] - layer).max() <= 0.51 * 2.0**-5 * np.sqrt((layer**2).mean())
    assert quantised(np.zeros(4), 3)[1] == 0.0
    assert math.isfinite(integer_bits([10**6], 1.0)[0])
    features, labels = blobs
    code = two_part_code(features, labels, "logistic")
    assert code is not None
    assert code.parameters == 15
    assert code.data_bits < 60
    assert code.weight_bits > 2 * 32 + math.log2(len(PRECISIONS))
    assert code.total < 240 * math.log2(3)
    assert two_part_code(features, labels, "kt") is None


def test_the_variational_code_is_between(blobs: Arrays) -> None:
    """KL is not negative, and by the chain rule of bits no posterior codes labels in less than the marginal likelihood."""
    features, labels = blobs
    code = variational_code(features, labels, "logistic", epochs=40)
    assert code is not None
    assert code.kl_bits > 0
    assert code.standard_error < 0.1 * code.data_bits
    assert code.total < 0.6 * 240 * math.log2(3)
    noise = variational_code(features, random_labels(labels, 0), "logistic", epochs=40)
    assert noise is not None
    assert noise.total > 240 * math.log2(3) - 8
    assert variational_code(features, labels, "kt") is None


def test_an_account_adds_up() -> None:
    bits = np.random.default_rng(10).exponential(1.0, size=(3, 200))
    for anchor in anchors(bits, 20, np.array([0.5, 0.6, 0.7])):
        assert 200 * anchor.loss_bits + anchor.excess_bits == pytest.approx(bits.sum(axis=1).mean())
    points = curve(bits, bits - 0.25)
    assert (points[0].symbols, points[-1].symbols) == (1, 200)
    assert points[-1].bits == pytest.approx(bits.sum(axis=1).mean())
    assert points[-1].regret_bits == pytest.approx(50.0)


def test_orders_are_permutations_that_a_seed_gives() -> None:
    assert sorted(permuted(50, 3).tolist()) == list(range(50))
    np.testing.assert_array_equal(permuted(50, 3), permuted(50, 3))
    assert (permuted(50, 3) != permuted(50, 4)).any()


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("logistc", "no learner of labels 'logistc'; did you mean logistic?"),
        ("tree", "there are: kt, dirichlet, logistic, mlp"),
        ("kt:x", "kt takes no argument"),
        ("mlp,width=0", "width is 0 and layers 1; both are at least 1"),
        ("mlp,depth=2", "no option 'depth'"),
        ("logistic,rate=0", "rate is 0 and prior 0.5; both are positive"),
        ("dirichlet,alpha=0", "alpha is 0; it is a positive number"),
        ("logistic,epochs=0", "epochs is 0 and batch 32"),
    ],
)
def test_a_learner_that_cannot_be_is_named(spec: str, said: str, blobs: Arrays) -> None:
    with pytest.raises(SpecError, match=said):
        code_labels(*blobs, spec)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"mode": "blocks"}, "mode=blocks; choose blockwise or online"),
        ({"calibration": "late"}, "calibration=late; choose from forward, none"),
        ({"batch": 0}, "batch=0 and replay=None"),
    ],
)
def test_settings_that_cannot_be_are_named(given: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        Settings(**given)  # type: ignore[arg-type]


def test_the_catalogue_is_by_name() -> None:
    assert [cls.name for cls in LEARNERS.values()] == list(LEARNERS)
