"""Does online learning with replay code labels in fewer bits than block-wise retraining, at equal compute?

    python benchmarks/replay_against_blocks.py            about 2 minutes on one core

scikit-learn's digits (1,797 labels, 10 classes), the default logistic and mlp learners, ten seeds; each seed is an order of the
examples and initial weights, the same for every code, so differences are taken seed by seed. Block-wise: the schedule of Voita
& Titov, each fit 40 epochs from scratch, or going on from the last fit (warm). Online: batches of 16 or 32, each learnt once,
with 39 replay streams. Compute is counted, not assumed: `visited` is how many examples training saw, each time again, and
`steps` how many gradient steps it took; batches of 32 take as many of both as blocks do. Nothing was tuned for one side:
settings are the learners' defaults, fixed before the first run of this.

`online - blocks` is the mean difference in bits with its 95 % Student's t interval; below 0 online is shorter. With forward
calibration and without. Writes results/prequential/replay_against_blocks-TIME.json.
"""

import argparse

import numpy as np
from tabulate import tabulate

from mdlbench.numerics.intervals import seeds_interval
from mdlbench.prequential import Settings, code_labels, permuted
from mdlbench.prequential.calibration import CALIBRATIONS
from mdlbench.prequential.examples import load_examples
from mdlbench.prequential.learners import settings_of
from mdlbench.prequential.schedules import boundaries
from mdlbench.result import Figures, Result

BLOCKS = {"blocks, from scratch": Settings(mode="blockwise"), "blocks, warm": Settings(mode="blockwise", warm=True)}
ONLINE = {f"online, batches of {batch}": Settings(mode="online", batch=batch) for batch in (16, 32)}
LEARNERS = ("logistic", "mlp")
N = 1797
Row = dict[str, object]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--output-path", default="results/prequential", help="folder of the result")
    given = parser.parse_args()
    codes: list[Row] = []
    differences: list[Row] = []
    for learner in LEARNERS:
        bits, visited = measured(learner, given.seeds)
        codes += [_code(learner, *key, values, visited[key[0]]) for key, values in bits.items()]
        differences += [
            _difference(learner, online, blocks, calibration, bits)
            for calibration in CALIBRATIONS
            for online in ONLINE
            for blocks in BLOCKS
        ]
    for rows in (codes, differences):
        names = [name for name in rows[0] if name != "bits_of_each_seed"]
        print(tabulate([[_text(row[name]) for name in names] for row in rows], [name.replace("_", " ") for name in names]))
        print()
    values = {"task": "digits", "seeds": given.seeds, "level": 0.95, "codes": codes, "differences": differences}
    print(Result(Figures("replay_against_blocks", values)).write(given.output_path))


def measured(learner: str, seeds: int) -> tuple[dict[tuple[str, str], np.ndarray], dict[str, int]]:
    """Bits of each seed by code and calibration, and how many examples each code's training saw."""
    examples = load_examples("digits")
    bits: dict[tuple[str, str], list[float]] = {}
    visited: dict[str, int] = {}
    for seed in range(seeds):
        order = permuted(len(examples.labels), seed)
        labels = examples.labels[order]
        for name, settings in {**BLOCKS, **ONLINE}.items():
            coded = code_labels(examples.features[order], labels, learner, settings, seed=seed, classes=examples.classes)
            visited[name] = coded.visited
            for calibration, measure in CALIBRATIONS.items():
                bits.setdefault((name, calibration), []).append(float(measure(coded.log2_probabilities, labels).sum()))
    return {key: np.array(values) for key, values in bits.items()}, visited


def _code(learner: str, name: str, calibration: str, values: np.ndarray, visited: int) -> Row:
    found = seeds_interval(values)
    ends = {"bits": float(values.mean()), "low": found.low, "high": found.high}
    named = {"learner": learner, "code": name, "calibration": calibration}
    return {**named, "visited": visited, "steps": steps(learner, name), **ends, "bits_of_each_seed": values.tolist()}


def _difference(learner: str, online: str, blocks: str, calibration: str, bits: dict[tuple[str, str], np.ndarray]) -> Row:
    difference = bits[online, calibration] - bits[blocks, calibration]
    found = seeds_interval(difference)
    named = {"learner": learner, "calibration": calibration, "online": online, "blocks": blocks}
    return {**named, "online_minus_blocks_bits": float(difference.mean()), "low": found.low, "high": found.high}


def steps(learner: str, name: str) -> int:
    """Gradient steps of a code of the digits."""
    chosen = settings_of(learner)
    if name in ONLINE:
        return chosen["epochs"] * -(-N // ONLINE[name].batch)
    return sum(chosen["epochs"] * -(-end // chosen["batch"]) for end in boundaries(BLOCKS[name].schedule, N)[:-1])


def _text(value: object) -> object:
    return f"{value:,.1f}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else value


if __name__ == "__main__":
    main()
