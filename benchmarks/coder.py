"""What the entropy coder costs: bytes over the ideal code length, and time per symbol and per interval.

    python benchmarks/coder.py                    about 15 s on one core

Overhead: symbols drawn from a fixed distribution over V symbols, flat or skewed (Zipf, exponent 1.2; for V = 2 the stated p),
coded to bytes; the payload is decoded and compared. `excess` is payload - sum(-log2 p) in bits, p as float64; `allowed` is
what the project holds itself to: 0.02 % + 1e-5 bits per coded interval + 8 bytes.
Time: V = 50,257, 64 different distributions in turn, CPU time, best of five runs. Intervals and rows are ready in the lines
marked so; quantising the distribution and building rows have their own. The peer is constriction called directly with the whole
float row (`Categorical(perfect=False)`), in the same run on the same symbols.
"""

import argparse
import time
from collections.abc import Callable

import constriction
import numpy as np
from tabulate import tabulate

from mdlbench.coder.ans import Decoder, Encoder, decoder_rows, encode_intervals
from mdlbench.numerics.frequencies import TOTAL, Frequencies, quantise
from mdlbench.result import Figures, Result

VOCABULARY = 50_257
N_DISTRIBUTIONS = 64


def shapes() -> dict[str, np.ndarray]:
    """The distributions of the overhead table."""
    found = {f"V=2, p={p}": np.array([p, 1 - p]) for p in (0.9, 0.99, 0.999)}
    for size in (256, VOCABULARY, 151_936, 256_000):
        zipf = 1.0 / np.arange(1, size + 1) ** 1.2
        found[f"V={size:,} flat"] = np.full(size, 1.0 / size)
        found[f"V={size:,} skewed"] = zipf / zipf.sum()
    return found


def overhead(name: str, p: np.ndarray, n_symbols: int) -> dict[str, object]:
    """Code `n_symbols` drawn from p; decode a prefix and compare it; the row of the table."""
    symbols = np.random.default_rng(1).choice(len(p), size=n_symbols, p=p)
    frequencies = Frequencies(p[None, :])
    path = levels_of(frequencies, symbols)
    left = np.stack([rows[at] for rows, at in path], axis=1).ravel()
    count = np.stack([rows[at + 1] - rows[at] for rows, at in path], axis=1).ravel()
    payload = encode_intervals(left, count)
    check_prefix(frequencies, payload, symbols[:2000])
    ideal = float(-np.log2(p[symbols]).sum())
    excess, allowed = 8 * len(payload) - ideal, 2e-4 * ideal + 1e-5 * len(left) + 64
    return {
        "distribution": name,
        "symbols": n_symbols,
        "intervals": len(left),
        "payload_bytes": len(payload),
        "ideal_bits": ideal,
        "excess_bits": excess,
        "excess_percent": 100 * excess / ideal,
        "bits_per_interval": excess / len(left),
        "allowed_bits": allowed,
        "within": bool(abs(excess) <= allowed),
    }


def levels_of(frequencies: Frequencies, symbols: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """For each level cumulative counts, one table for all symbols, and where in it each symbol's interval begins."""
    if frequencies.levels == 1:
        return [(frequencies.row(0), symbols)]
    groups, places = np.divmod(symbols, frequencies.width)
    n_groups = len(frequencies.row(0)) - 1
    tables = np.concatenate([frequencies.row(0, group) for group in range(n_groups)])
    return [(frequencies.row(0), groups), (tables, groups * (frequencies.width + 1) + places)]


def check_prefix(frequencies: Frequencies, payload: bytes, symbols: np.ndarray) -> None:
    decoder = Decoder(payload)
    for symbol in symbols:
        found = decoder.decode(frequencies.row(0))
        if frequencies.levels == 2:
            found = found * frequencies.width + decoder.decode(frequencies.row(0, found))
        assert found == symbol, "the payload does not decode"


def best(run: Callable[[], object], repeat: int = 5) -> float:
    """Seconds of CPU of the fastest of `repeat` runs; everything here is one thread, and other processes may be about."""
    times = []
    for _ in range(repeat):
        begin = time.process_time()
        run()
        times.append(time.process_time() - begin)
    return min(times)


def timings(n_symbols: int) -> list[dict[str, object]]:
    """Microseconds a symbol at V = 50,257."""
    rng = np.random.default_rng(2)
    logits = rng.normal(size=(N_DISTRIBUTIONS, VOCABULARY)).astype(np.float32) * 3
    weights = np.exp(logits.astype(np.float64))
    frequencies = Frequencies(weights)
    symbols = np.array([rng.choice(VOCABULARY, p=row / row.sum()) for row in weights])
    left, count = frequencies.intervals(symbols)
    top = list(decoder_rows(frequencies.top_rows()))
    group = list(decoder_rows(frequencies.group_rows(symbols // frequencies.width)))
    expected = symbols.tolist()
    rounds = n_symbols // N_DISTRIBUTIONS
    lefts, counts = np.tile(left.ravel(), rounds), np.tile(count.ravel(), rounds)
    payload = encode_intervals(lefts, counts)

    def encode_steps() -> None:
        encoder = Encoder()
        for at in range(len(lefts) - 2, -1, -2):
            encoder.push(lefts[at : at + 2], counts[at : at + 2])
        assert encoder.finish() == payload

    def decode_steps() -> None:
        decoder = Decoder(payload)
        for at in range(rounds * N_DISTRIBUTIONS):
            k = at % N_DISTRIBUTIONS
            found = decoder.decode_row(top[k]) * frequencies.width + decoder.decode_row(group[k])
            assert found == expected[k]

    rows = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
    family = constriction.stream.model.Categorical(perfect=False)
    peer = constriction.stream.stack.AnsCoder()
    peer.encode_reverse(symbols.astype(np.int32), family, rows)
    words = peer.get_compressed()

    def peer_encode() -> None:
        constriction.stream.stack.AnsCoder().encode_reverse(symbols.astype(np.int32), family, rows)

    def peer_decode() -> None:
        coder = constriction.stream.stack.AnsCoder(words)
        assert all(coder.decode(family, rows[k : k + 1])[0] == symbols[k] for k in range(N_DISTRIBUTIONS))

    total = rounds * N_DISTRIBUTIONS
    measured = [
        ("encode, intervals ready, one array", lambda: encode_intervals(lefts, counts), total),
        ("encode, intervals ready, one Encoder.push a symbol", encode_steps, total),
        ("decode, rows ready, step by step", decode_steps, total),
        (
            "rows for the decoder from counts, both levels",
            lambda: (decoder_rows(frequencies.top_rows()), decoder_rows(frequencies.group_rows(symbols // frequencies.width))),
            N_DISTRIBUTIONS,
        ),
        ("intervals from counts (second level is quantised here)", lambda: frequencies.intervals(symbols), N_DISTRIBUTIONS),
        ("quantise weights (float64)", lambda: Frequencies(weights), N_DISTRIBUTIONS),
        ("quantise logits (float32): exp included", lambda: Frequencies.from_logits(logits), N_DISTRIBUTIONS),
        ("peer: constriction, float row, encode", peer_encode, N_DISTRIBUTIONS),
        ("peer: constriction, float row, decode step by step", peer_decode, N_DISTRIBUTIONS),
    ]
    return [{"step": name, "microseconds_per_symbol": 1e6 * best(run) / n} for name, run, n in measured]


def array_rate(n_intervals: int) -> dict[str, float]:
    """Million intervals a second from arrays of left and count, and of constriction alone with the rows already built."""
    rng = np.random.default_rng(3)
    cumulative = quantise(rng.random((1, 256)) ** 4)[0]
    symbols = np.searchsorted(cumulative, rng.integers(0, TOTAL, n_intervals), side="right") - 1
    left, count = cumulative[symbols], cumulative[symbols + 1] - cumulative[symbols]
    which = np.ones(n_intervals, np.int32)
    rows = np.stack([left + 1, count, TOTAL - left - count + 1], axis=1).astype(np.float32)
    family = constriction.stream.model.Categorical(perfect=False)
    ours = best(lambda: encode_intervals(left, count))
    alone = best(lambda: constriction.stream.stack.AnsCoder().encode_reverse(which, family, rows))
    return {
        "intervals": n_intervals,
        "million_per_second": n_intervals / ours / 1e6,
        "constriction_alone_million_per_second": n_intervals / alone / 1e6,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--symbols", type=int, default=1_000_000, help="drawn for each line of the overhead table")
    parser.add_argument("--timed-symbols", type=int, default=6_400, help="coded for each timing")
    parser.add_argument("--intervals", type=int, default=2_000_000, help="coded for the array rate")
    parser.add_argument("--output-path", metavar="DIR", help="write the figures with their provenance as JSON")
    given = parser.parse_args()

    table = [overhead(name, p, given.symbols) for name, p in shapes().items()]
    columns = ["distribution", "intervals", "payload_bytes", "excess_bits", "excess_percent", "bits_per_interval", "within"]
    formats = ("", ",", ",", ",.1f", ".5f", ".1e", "")
    print(
        tabulate(
            [[row[c] for c in columns] for row in table],
            [c.replace("_", " ") for c in columns],
            floatfmt=formats,
            intfmt=formats,
        )
    )
    times = timings(given.timed_symbols)
    print("\n" + tabulate([row.values() for row in times], [f"V = {VOCABULARY:,}", "us a symbol"], floatfmt=".2f"))
    rate = array_rate(given.intervals)
    print(
        f"\nready intervals to bytes: {rate['million_per_second']:.1f} M/s, building rows included "
        f"(constriction alone, rows built: {rate['constriction_alone_million_per_second']:.1f} M/s)"
    )
    if given.output_path:
        values = {"overhead": table, "timings": times, "array_rate": rate}
        print(Result(Figures("benchmark-coder", values)).write(given.output_path))


if __name__ == "__main__":
    main()
