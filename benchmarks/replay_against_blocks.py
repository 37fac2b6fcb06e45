"""Does online learning with replay code labels in fewer bits than block-wise retraining, at equal compute?

    python benchmarks/replay_against_blocks.py            about 2 minutes on one core

scikit-learn's digits (1,797 labels, 10 classes), the default logistic and mlp learners, ten seeds; each seed is an order of the
examples and initial weights, the same for every code, so differences are taken seed by seed. Block-wise: the schedule of Voita &
Titov, each fit 40 epochs from scratch, or going on from the last fit (warm). Online: batches of 16, each learnt once, with 39 replay
streams. Compute is counted, not assumed: `visited` is how many examples training saw, each time again, and `steps` how many
gradient steps it took. Nothing was tuned for one side: settings are the learners' defaults, fixed before the first run of this.

`online - blocks` is the mean difference in bits with its 95 % Student's t interval; below 0 online is shorter. With forward
calibration and without. Writes results/prequential/replay_against_blocks.json.
"""

import argparse

import numpy as np
from tabulate import tabulate

from mdlbench.numerics.intervals import seeds_interval
from mdlbench.prequential import Settings, code_labels, permuted
from mdlbench.prequential.calibration import CALIBRATIONS
from mdlbench.prequential.examples import load_examples
from mdlbench.prequential.learners import settings_of
from mdlbench.result import Figures, Result

CODES = {
    "blocks, from scratch": Settings(mode="blockwise"),
    "blocks, warm": Settings(mode="blockwise", warm=True),
    "online with replay": Settings(mode="online"),
}
ONLINE = "online with replay"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--output-path", default="results/prequential", help="folder of the result")
    given = parser.parse_args()
    rows = [row for learner in ("logistic", "mlp") for row in compared(learner, given.seeds)]
    names = [*dict.fromkeys(name for row in rows for name in row if name != "bits_of_each_seed")]
    print(tabulate([[_text(row.get(name)) for name in names] for row in rows], [name.replace("_", " ") for name in names]))
    values = {"task": "digits", "seeds": given.seeds, "level": 0.95, "rows": rows}
    print(Result(Figures("replay_against_blocks", values)).write(given.output_path))


def compared(learner: str, seeds: int) -> list[dict[str, object]]:
    """A row for each code and calibration, with the difference of the online code from it."""
    examples = load_examples("digits")
    bits: dict[tuple[str, str], list[float]] = {}
    visited: dict[str, int] = {}
    for seed in range(seeds):
        order = permuted(len(examples.labels), seed)
        labels = examples.labels[order]
        for name, settings in CODES.items():
            coded = code_labels(examples.features[order], labels, learner, settings, seed=seed, classes=examples.classes)
            visited[name] = coded.visited
            for calibration, measure in CALIBRATIONS.items():
                bits.setdefault((name, calibration), []).append(float(measure(coded.log2_probabilities, labels).sum()))
    return [_row(learner, *key, bits, visited) for key in sorted(bits, key=lambda key: key[1])]


def _row(
    learner: str, name: str, calibration: str, bits: dict[tuple[str, str], list[float]], visited: dict[str, int]
) -> dict[str, object]:
    values = np.array(bits[name, calibration])
    row: dict[str, object] = {
        "learner": learner,
        "code": name,
        "calibration": calibration,
        "visited": visited[name],
        "steps": steps(learner, name),
        "bits": float(values.mean()),
    }
    if name != ONLINE:
        difference = np.array(bits[ONLINE, calibration]) - values
        found = seeds_interval(difference)
        row |= {"online_minus_blocks": float(difference.mean()), "low": found.low, "high": found.high}
    return {**row, "bits_of_each_seed": values.tolist()}


def steps(learner: str, name: str) -> int:
    """Gradient steps of a code of the digits."""
    from mdlbench.prequential.schedules import boundaries

    chosen, settings = settings_of(learner), CODES[name]
    if settings.mode == "online":
        return chosen["epochs"] * -(-1797 // settings.batch)
    return sum(chosen["epochs"] * -(-end // chosen["batch"]) for end in boundaries(settings.schedule, 1797)[:-1])


def _text(value: object) -> object:
    return (
        ""
        if value is None
        else f"{value:,.1f}"
        if isinstance(value, float)
        else f"{value:,}"
        if isinstance(value, int)
        else value
    )


if __name__ == "__main__":
    main()
