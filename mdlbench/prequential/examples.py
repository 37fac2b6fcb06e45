"""Features and labels: scikit-learn's digits, a FILE.npz of yours, or a dataset of the Hugging Face hub."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mdlbench.errors import MissingExtraError, MissingInputError, UsageError

HFDS = "hfds:"


@dataclass(frozen=True, eq=False)
class Examples:
    """What is to be coded.

    Attributes:
        name: how results call it.
        features: float64 (n, d), standardised.
        labels: int64 (n,), 0 .. classes - 1.
    """

    name: str
    features: np.ndarray
    labels: np.ndarray
    classes: int


def load_examples(text: str) -> Examples:
    """The examples that `text` names.

    Classes are numbered anew, those alone that some example has: the uniform code is over as many.

    Args:
        text: `digits`; the path of an .npz file with arrays `features` (n, d) and `labels` (n,); or
            `hfds:NAME,config=,split=,features=COLUMN,labels=COLUMN`, whose columns default to `features` and `labels`.

    Raises:
        MissingInputError: there is no such file.
        MissingExtraError: scikit-learn or datasets is not installed.
        UsageError: something is wrong with the arrays.
    """
    if text == "digits":
        name, (features, labels) = text, _digits()
    elif text.startswith(HFDS):
        name, (features, labels) = text, _dataset(text.removeprefix(HFDS))
    else:
        name, (features, labels) = Path(text).name, _file(text)
    try:
        features, labels, _ = checked(features, labels, None)
    except UsageError as error:
        raise UsageError(f"{text}: {error}") from None
    used, labels = np.unique(labels, return_inverse=True)  # a number that no example has would lengthen the uniform code
    return Examples(name, standardised(features), labels, len(used))


def standardised(features: np.ndarray) -> np.ndarray:
    """Each feature with mean 0 and standard deviation 1; what is constant becomes 0.

    Over all examples: sender and receiver both have the features, and only labels are coded.
    """
    centred = features - features.mean(axis=0)
    deviation = centred.std(axis=0)
    return np.where(deviation > 0, centred / np.where(deviation > 0, deviation, 1), 0.0)


def checked(features: np.ndarray, labels: np.ndarray, classes: int | None) -> tuple[np.ndarray, np.ndarray, int]:
    """The arrays as float64 (n, d) and int64 (n,), and the number of classes.

    Raises:
        UsageError: saying what is wrong with them.
    """
    features, labels = np.asarray(features), np.asarray(labels)
    if not labels.size or not features.size:
        raise UsageError("no examples; give at least two, of two classes")
    if labels.ndim != 1 or features.ndim != 2 or len(labels) != len(features):
        raise UsageError(f"features are {features.shape} and labels {labels.shape}; they are (n, d) and (n,)")
    if labels.dtype.kind not in "iub":
        raise UsageError(f"labels are {labels.dtype}, no integers; number the classes 0, 1, 2, ...")
    if features.dtype.kind not in "fiub" or not np.isfinite(features).all():
        bad = "no numbers" if features.dtype.kind not in "fiub" else f"row {int(np.argmin(np.isfinite(features).all(1))):,}"
        raise UsageError(f"features are not all finite numbers ({bad}); leave out or fill in those that are not")
    labels = labels.astype(np.int64)
    if labels.min() < 0:
        raise UsageError(f"a label is {labels.min()}; number the classes 0, 1, 2, ...")
    found = int(labels.max()) + 1
    if classes is not None and found > classes:
        raise UsageError(f"a label is {found - 1}, but there are {classes} classes; number them from 0")
    if (classes or found) < 2 or (classes is None and len(np.unique(labels)) < 2):
        raise UsageError("all labels are of one class, which costs no bits; give at least two")
    return features.astype(np.float64, copy=False), labels, classes or found


def _digits() -> tuple[np.ndarray, np.ndarray]:
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        raise MissingExtraError("scikit-learn, which has the digits,", "prequential") from None
    return load_digits(return_X_y=True)


def _file(path: str) -> tuple[np.ndarray, np.ndarray]:
    if not Path(path).is_file():
        raise MissingInputError(f"{path}: no such file; name digits, a FILE.npz with features and labels, or hfds:...")
    if not Path(path).stat().st_size:
        raise UsageError(f"{path} is empty; write it with numpy.savez(FILE, features=..., labels=...)")
    try:
        with np.load(path, allow_pickle=False) as arrays:
            held = {name: arrays[name] for name in arrays}
    except Exception:  # whatever else than an archive of plain arrays makes numpy raise
        raise UsageError(
            f"{path} is no .npz file of plain arrays; write it with numpy.savez(FILE, features=..., labels=...)"
        ) from None
    for name in ("features", "labels"):
        if name not in held:
            raise UsageError(f"{path} has no array {name!r}; it has: {', '.join(held) or 'none'}")
    return held["features"], held["labels"]


def _dataset(text: str) -> tuple[np.ndarray, np.ndarray]:
    from mdlbench.corpora.huggingface import dataset_rows

    name, *pairs = text.split(",")
    columns = {"features": "features", "labels": "labels"}
    columns |= {key: value for key, _, value in (pair.partition("=") for pair in pairs) if key in columns}
    rest = [pair for pair in pairs if pair.partition("=")[0] not in columns]
    rows = list(_columns(f"{HFDS}{text}", dataset_rows(",".join([name, *rest])), columns))
    try:
        return np.array([row[0] for row in rows], np.float64), np.array([row[1] for row in rows])
    except (TypeError, ValueError):
        raise UsageError(f"{HFDS}{text}: {columns['features']!r} does not hold lists of numbers, all of one length") from None


def _columns(text: str, rows: Iterator[dict[str, Any]], columns: dict[str, str]) -> Iterator[tuple[Any, Any]]:
    for row in rows:
        for key, column in columns.items():
            if column not in row:
                raise UsageError(f"{text}: no column {column!r}; there are: {', '.join(row)}; name it with {key}=")
        yield row[columns["features"]], row[columns["labels"]]
