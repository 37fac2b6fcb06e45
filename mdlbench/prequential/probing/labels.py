"""What is asked of a token's activations: labels that the text itself gives, and their control.

A label is defined for bytes, and a token has that of its last byte; -1 stands for bytes that a label does not speak of. Letters
are those of ASCII and every byte from 0x80 on (the parts of other characters in UTF-8); a word is a run of letters.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

import numpy as np

from mdlbench.errors import UsageError

NONE = -1
_LONGEST, _DEEPEST = 8, 3  # letters into a word, and open brackets, that are still told apart
_BYTES = np.arange(256)
_CODE = {name: np.isin(_BYTES, list(members)) for name, members in {"(": b"([{", ")": b")]}", " ": b" \t"}.items()}
_LOWER, _UPPER, _OTHER = (_BYTES >= 97) & (_BYTES <= 122), (_BYTES >= 65) & (_BYTES <= 90), _BYTES >= 128
_DIGIT = (_BYTES >= 48) & (_BYTES <= 57)
_LETTER = _LOWER | _UPPER | _OTHER


@dataclass(frozen=True)
class LabelTask:
    """A label of bytes.

    Attributes:
        name: as one writes it after --label.
        definition: what a byte's label is, and of which bytes.
        classes: what each number means.
        of: bytes uint8 (n,) -> labels int64 (n,), `NONE` where there is none.
    """

    name: str
    definition: str
    classes: tuple[str, ...]
    of: Callable[[np.ndarray], np.ndarray]


def _character_class(data: np.ndarray) -> np.ndarray:
    kinds = (_LOWER, _UPPER, _DIGIT, _CODE[" "], _BYTES == 10, _OTHER)
    return np.select(kinds, range(len(kinds)), len(kinds))[data]


def _word_boundary(data: np.ndarray) -> np.ndarray:
    """The last byte of a text has none: what follows is not known."""
    letters = _LETTER[data]
    found = np.where(letters, ~np.append(letters[1:], True), NONE)
    found[-1:] = NONE
    return found.astype(np.int64)


def _position_in_word(data: np.ndarray) -> np.ndarray:
    letters, places = _LETTER[data], np.arange(len(data))
    before = np.maximum.accumulate(np.where(letters, -1, places)) if len(data) else places
    return np.where(letters, np.minimum(places - before, _LONGEST) - 1, NONE)


def _digit_value(data: np.ndarray) -> np.ndarray:
    return np.where(_DIGIT[data], data.astype(np.int64) - 48, NONE)


def _bracket_depth(data: np.ndarray) -> np.ndarray:
    found, depth, done = np.empty(len(data), np.int64), 0, 0
    for place in np.flatnonzero(_CODE["("][data] | _CODE[")"][data]).tolist():
        found[done:place] = depth
        depth, done = max(0, depth + (1 if _CODE["("][data[place]] else -1)), place
    found[done:] = depth
    return np.minimum(found, _DEEPEST)


LABELS: Mapping[str, LabelTask] = {
    one.name: one
    for one in (
        LabelTask(
            "character-class",
            "the kind of the token's last byte",
            ("lower case", "upper case", "digit", "space", "line end", "not ASCII", "other"),
            _character_class,
        ),
        LabelTask(
            "word-boundary",
            "whether the word ends with the token, which the byte after it decides; of tokens that end in a letter",
            ("goes on", "ends"),
            _word_boundary,
        ),
        LabelTask(
            "position-in-word",
            "letters of the word so far, the token's last included; of tokens that end in a letter",
            (*map(str, range(1, _LONGEST)), f"{_LONGEST} or more"),
            _position_in_word,
        ),
        LabelTask(
            "digit-value",
            "the value of the digit that the token ends in; of tokens that end in one",
            tuple("0123456789"),
            _digit_value,
        ),
        LabelTask(
            "bracket-depth",
            "brackets ( [ { that are open after the token, counted from the start of the text",
            (*map(str, range(_DEEPEST)), f"{_DEEPEST} or more"),
            _bracket_depth,
        ),
    )
}


def check_labels(names: Sequence[str]) -> tuple[str, ...]:
    """The names, if each is a label's and comes once.

    Raises:
        UsageError: one is no label's, or is given twice.
    """
    for name in names:
        if name not in LABELS:
            near = get_close_matches(name, LABELS, n=1, cutoff=0.4)
            meant = f"did you mean {near[0]}?" if near else f"there are: {', '.join(LABELS)}"
            raise UsageError(f"no label {name!r}; {meant}")
        if names.count(name) > 1:
            raise UsageError(f"the label {name} is given twice; give each once")
    return tuple(names)


def label_bytes(name: str, data: bytes) -> np.ndarray:
    """The label of each byte, int64 (n,), `NONE` where there is none.

    Example:
        >>> label_bytes("position-in-word", b"to be")
        array([ 0,  1, -1,  0,  1])
        >>> label_bytes("word-boundary", b"to be.")
        array([ 0,  1, -1,  0,  1, -1])
    """
    return LABELS[name].of(np.frombuffer(data, np.uint8))


def control_labels(labels: np.ndarray, types: np.ndarray, seed: int) -> np.ndarray:
    """The control task: for each type a label drawn once, as often as each label comes; all its tokens have that.

    Nothing but the type tells it, so it can only be memorised. Source: J. Hewitt & P. Liang, "Designing and interpreting probes
    with control tasks", EMNLP 2019, section 2.

    Args:
        labels: of each token, int64 (n,).
        types: the token's number, int64 (n,).

    Example:
        >>> control_labels(np.array([0, 1, 1, 1]), np.array([7, 8, 7, 8]), 0).tolist()
        [1, 1, 1, 1]
    """
    kinds, places = np.unique(types, return_inverse=True)
    return np.random.default_rng([seed, 8]).choice(labels, size=len(kinds))[places]
