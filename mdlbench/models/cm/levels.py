"""The nine levels as data: a level is a row.

A row of levels 4 to 9 lists contexts (what each looks at: `contexts`), mixer selectors (`SELECTORS`), the least length of each
match model, longest first, and the refiners (`REFINERS`) that choose adaptive probability maps.

Levels 1 to 3 have a lean kernel. A context of theirs is an order (how many bytes back), `word`, or `word_pair`; beside them
they have order 1 and a match model. Their mixers choose weights by the bits of this byte so far (`node`), and by the match and
how much is known (`state`).
"""

from typing import NamedTuple

from mdlbench.models.cm.contexts import Context, contexts_until

# A mixer's weights are chosen by a part that is fixed through the byte + a part that moves with each bit.
NONE, BYTE1, BYTE2, CLASSES, ABOVE = range(5)
NODE, BIT, MATCH, KNOWN = range(1, 5)


class Selector(NamedTuple):
    slow: int
    fast: int
    rows: int  # of weights


SELECTORS = {
    "node": Selector(NONE, NODE, 256),  # the bits of this byte so far
    "match": Selector(NONE, MATCH, 80),  # length and bit of the longest match, or how many orders have been seen
    "byte1": Selector(BYTE1, NONE, 256),
    "byte2": Selector(BYTE2, NONE, 256),
    "classes": Selector(CLASSES, BIT, 2048),  # classes of the last two bytes
    "above": Selector(ABOVE, NONE, 256),  # the byte above in a table of fixed-length records
    "known": Selector(NONE, KNOWN, 64),
}
REFINERS = ("order1", "order3", "match", "order2", "word")  # in the order of `mixing.choose_refiners`


class Level(NamedTuple):
    contexts: tuple[Context, ...]
    selectors: str
    matches: tuple[int, ...]
    refiners: str
    mixer_rate: tuple[int, int, int] = (300, 10, 8)  # at the start, in the long run, of the final mixer; 256 = 1
    map_limit: int = 1000  # counts at which adaptive maps stop slowing down
    runs: bool = False  # whether each context remembers its last byte and how often it came
    speeds: tuple[int, ...] = (16,)  # each selector has a mixer for every speed of learning, 16 = the rate above
    finals: int = 1  # final mixers, averaged: chosen by the bits of this byte, the match, the last byte
    counters: bool = False  # whether each bit history has a probability of its own beside it


_SELECT, _ALL = "match node classes byte1", " ".join(SELECTORS)
LEVELS = {
    4: Level(contexts_until(4), "match node", (6,), "order1"),
    5: Level(contexts_until(5), _SELECT, (6,), "order1 order3", (200, 6, 8)),
    6: Level(contexts_until(6), _SELECT, (6,), "order1 order3", (200, 6, 8)),
    7: Level(contexts_until(7), f"{_SELECT} byte2 above", (12, 6), "order1 order3 match", (200, 6, 14), finals=3),
    8: Level(contexts_until(8), _ALL, (20, 6), "order1 order3 match word", (200, 5, 14), 1000, True, (24, 4), 3),
    9: Level(contexts_until(9), _ALL, (20, 10, 5), " ".join(REFINERS), (150, 5, 14), 1000, True, (32, 8, 2), 3, True),
}


class FastLevel(NamedTuple):
    contexts: str
    selectors: str
    bytes_per_byte: int  # of table, for every byte of the block


FAST_LEVELS = {
    1: FastLevel("order3 word", "node", 4),
    2: FastLevel("order2 order3 order4 order6 word", "node state", 16),
    3: FastLevel("order2 order3 order4 order5 order6 word word_pair", "node state", 32),
}
WORD, WORD_PAIR = 9, 10  # kinds of contexts; those below are orders
KINDS = {f"order{order}": order for order in range(2, 8)} | {"word": WORD, "word_pair": WORD_PAIR}
