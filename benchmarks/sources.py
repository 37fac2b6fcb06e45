"""What the testbed of known sources costs: symbols generated and filtered, words enumerated, beliefs regressed on activations.

    pip install '.[all]' hmmlearn                  the peer; its columns stay empty without it
    python benchmarks/sources.py                   about a minute on one core

Mess3 throughout. Peers, in the same run on the same machine: hmmlearn's `sample` (of 20,000 symbols) and `score` (its forward
algorithm in C++, of 1,000,000), as time per symbol; and `numpy.linalg.lstsq` on one row for every word and position, which is
what the regression over distinct prefixes, weighted by their words, must agree with. CPU seconds of one thread, the best of
`--repeats`; the peak is the process's own, before the peer of the regression runs.
"""

import argparse
import resource
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from tabulate import tabulate

from mdlbench.beliefs.activations import read_activations
from mdlbench.beliefs.prefixes import enumerate_prefixes
from mdlbench.beliefs.regression import Moments, cross_validate, fit
from mdlbench.processes import Process, find
from mdlbench.processes.words import levels
from mdlbench.result import Figures, Result
from mdlbench.training.architectures import build_network
from mdlbench.training.presets import PRESETS
from mdlbench.units import parse_size


def best(repeats: int, action: Callable[[], Any]) -> tuple[float, Any]:
    """CPU seconds of the fastest of several calls, and what the last one gave."""
    times = []
    for _ in range(repeats):
        began = time.process_time()
        found = action()
        times.append(time.process_time() - began)
    return min(times), found


def peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 10 if sys.platform == "linux" else 1 << 20)


def hmmlearn_model(process: Process) -> Any:
    """The same source for hmmlearn, whose states emit: state j of Mess3 emits after the move to it; None if it is not here."""
    try:
        from hmmlearn.hmm import CategoricalHMM
    except ImportError:
        return None
    moves = process.tensor.sum(axis=0)
    emits = process.tensor[:, 0, :] / moves[0]  # P(symbol | state moved to), the same from every state
    assert np.allclose(process.tensor, emits[:, None, :] * moves)
    model = CategoricalHMM(n_components=process.n_states)
    model.startprob_, model.transmat_, model.emissionprob_ = process.stationary @ moves, moves, emits.T
    model.n_features = process.alphabet_size
    return model


def measure_symbols(process: Process, n: int, repeats: int) -> list[dict[str, Any]]:
    """Generating and filtering, beside hmmlearn; the two filters must agree on the code length."""
    process.filter(process.generate(1000))  # compiles
    seconds, symbols = best(repeats, lambda: process.generate(n, seed=0))
    generated = {"what": "generate", "n": n, "seconds": seconds, "ns_each": seconds / n * 1e9, "peer_ns_each": None}
    seconds, probabilities = best(repeats, lambda: process.filter(symbols))
    filtered = {"what": "filter", "n": n, "seconds": seconds, "ns_each": seconds / n * 1e9, "peer_ns_each": None}
    peer = hmmlearn_model(process)
    if peer is not None:
        few = min(n, 20_000)
        generated["peer_ns_each"] = best(1, lambda: peer.sample(few, random_state=0))[0] / few * 1e9
        part = symbols[: min(n, 1_000_000)].astype(np.int64)[:, None]
        seconds, score = best(repeats, lambda: peer.score(part))
        filtered["peer_ns_each"] = seconds / len(part) * 1e9
        nats = float(np.log(probabilities[: len(part)]).sum())
        assert abs(score - nats) < 1e-6 * abs(nats), (score, nats)
    return [generated, filtered]


def measure_words(process: Process, depth: int) -> dict[str, Any]:
    """Every word of up to `depth` symbols, as the beliefs it leads to, no belief stored twice."""

    def enumerate_words() -> int:
        for at, level in enumerate(levels(process)):
            if at == depth:
                return len(level.weights)
        raise SystemExit(f"depth {depth} is beyond what is enumerated")

    seconds, count = best(1, enumerate_words)
    return {"what": f"enumerate to depth {depth}", "n": count, "seconds": seconds, "ns_each": seconds / count * 1e9}


def measure_regression(process: Process, length: int, repeats: int) -> dict[str, Any]:
    """Affine and cross-validated ridge maps from every site of the fast preset's network to beliefs, against lstsq."""
    prefixes = enumerate_prefixes(process, length)
    activations = read_activations(build_network(PRESETS["fast"].architecture, process.alphabet_size, 0).eval(), prefixes)
    features, folds, weights = activations.features, prefixes.folds(5), prefixes.weights("word")

    def regress() -> Moments:
        moments = Moments.of(features, prefixes.beliefs, weights, folds)
        for ridge in (False, True):
            cross_validate(moments, features, folds, activations.columns, ridge=ridge)
        return moments

    seconds, moments = best(repeats, regress)
    peak = peak_mib()
    site = activations.names[-1]
    columns = activations.columns[site]
    ours = fit(moments, columns)(features[:, columns])
    rows = np.concatenate([_ancestors(prefixes, at) for at in range(length)])  # one row for each word and position
    began = time.process_time()
    inputs = features[rows][:, columns].astype(np.float64)
    inputs = (inputs - inputs.mean(axis=0)) / inputs.std(axis=0)
    mean = prefixes.beliefs[rows].mean(axis=0)
    theirs = np.linalg.lstsq(inputs, prefixes.beliefs[rows] - mean, rcond=1e-6)[0]
    peer = time.process_time() - began
    difference = float(np.abs(inputs @ theirs + mean - ours[rows]).max())
    assert difference < 1e-5, difference
    return {
        "what": f"regress, {len(activations.columns)} sites, least squares and ridge, 5 folds",
        "n": len(rows),
        "seconds": seconds,
        "ns_each": seconds / len(rows) * 1e9,
        "peer_ns_each": peer / len(rows) * 1e9,
        "peak_mib": peak,
        "peer": f"lstsq once on {site} alone",
        "largest_difference": difference,
    }


def _ancestors(prefixes: Any, steps: int) -> np.ndarray:
    """The prefix of each word that ends `steps` symbols before it."""
    level = prefixes.level(prefixes.length)
    found = np.arange(level.start, level.stop)
    for _ in range(steps):
        found = prefixes.parents[found]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-n", "--symbols", default="10M", help="to generate and to filter")
    parser.add_argument("--depth", type=int, default=12, help="of the words that are enumerated")
    parser.add_argument("--length", type=int, default=10, help="of the words whose beliefs are regressed")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--output-path", metavar="DIR", help="write the figures with their provenance as JSON")
    given = parser.parse_args()
    import torch

    torch.set_num_threads(1)
    process = find("mess3")
    rows = measure_symbols(process, parse_size(given.symbols), given.repeats)
    rows.append(measure_words(process, given.depth))
    rows.append(measure_regression(process, given.length, given.repeats))
    heads = ["Mess3", "count", "CPU s", "ns each", "peer, ns each", "ratio"]
    table = [[row["what"], f"{row['n']:,}", f"{row['seconds']:.2f}", f"{row['ns_each']:.0f}", *_peer(row)] for row in rows]
    print(tabulate(table, heads, disable_numparse=True, colalign=("left", *["right"] * 5)))
    print(f"peak memory before the regression's peer: {rows[-1]['peak_mib']:,.0f} MiB; {rows[-1]['peer']}")
    if given.output_path:
        print(Result(Figures("benchmark-sources", {"process": "mess3", "rows": rows})).write(given.output_path))


def _peer(row: dict[str, Any]) -> list[str]:
    peer = row.get("peer_ns_each")
    return ["–", "–"] if peer is None else [f"{peer:,.0f}", f"{peer / row['ns_each']:.1f}"]


if __name__ == "__main__":
    main()
