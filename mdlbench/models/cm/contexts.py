"""What the context mixer looks at: from the bytes so far to one 32-bit key per context of a level.

    byte -> observe -> past (words, lines, classes, records, followers) -> see -> sight -> CONTEXTS -> keys

A context is a row of `CONTEXTS`, in the order of levels, and to add one is to add a row (and to change what a level codes:
see "Adding a model" in the architecture note). Everything is int64 holding values below 2**32.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from mdlbench.numerics.compiled import inline

U32 = 0xFFFFFFFF
LONGEST_PERIOD = 4096  # of records
_SUMMARY = "last4 last8 word word1 word2 letters line line1 classes period field opener"


class Past(NamedTuple):
    """What is remembered of the bytes so far."""

    summary: np.ndarray  # one record of `_SUMMARY`
    followers1: np.ndarray  # int64 (256,), the last three bytes that followed a byte
    followers2: np.ndarray  # int32 (65536,), the same for two bytes
    last_seen: np.ndarray  # int32 (65536,), where pairs of bytes were last seen
    votes: np.ndarray  # int64 (LONGEST_PERIOD,), how often a pair came back at a distance; their sum at 0


def no_past() -> Past:
    """Before the first byte."""
    return Past(
        summary=np.zeros(1, np.dtype([(name, np.int64) for name in _SUMMARY.split()], align=True)),
        followers1=np.zeros(1 << 8, np.int64),
        followers2=np.zeros(1 << 16, np.int32),
        last_seen=np.zeros(1 << 16, np.int32),
        votes=np.zeros(LONGEST_PERIOD, np.int64),
    )


@inline
def hash2(a, b):
    """Mix two numbers into 32 bits."""
    h = ((a & U32) * 0x2F0B4C47 + (b & U32) * 0x1B873593 + 0x3C6EF372) & U32
    return (((h ^ (h >> 15)) * 0x2545F491) >> 8) & U32


@inline
def is_letter(c):
    """ASCII letters, and every byte of other scripts in UTF-8."""
    return 97 <= (c | 32) <= 122 or c >= 128


@inline
def _byte_class(c):
    """4 bits: letter, digit, space, line feed, control, or which punctuation."""
    if is_letter(c):
        return 1
    if 48 <= c <= 57:
        return 2
    if c == 32:
        return 3
    if c == 10:
        return 4
    return 5 if c < 32 else 8 + (c & 7)


@inline
def observe(past, data, position):
    """Take in the byte before `position`."""
    summary = past.summary[0]
    c, before = np.int64(data[position - 1]), summary.last4
    summary.last8 = ((summary.last8 << 8) | (before >> 24)) & U32
    summary.last4 = ((before << 8) | c) & U32
    _observe_words(summary, c)
    _observe_lines(summary, c, before, position)
    summary.classes = ((summary.classes << 4) | _byte_class(c)) & U32
    past.followers1[before & 0xFF] = ((past.followers1[before & 0xFF] << 8) | c) & 0xFFFFFF
    past.followers2[before & 0xFFFF] = ((past.followers2[before & 0xFFFF] << 8) | c) & 0xFFFFFF
    _observe_records(past, c, before, position)


@inline
def _observe_words(summary, c):
    """Words are letters, folded to lower case."""
    if is_letter(c):
        summary.word = hash2(summary.word, c | 32 if c < 128 else c)
        summary.letters = (summary.letters << 5 | c & 31) & 0x3FFFFFFF
    elif summary.word != 0:
        summary.word2 = summary.word1
        summary.word1 = summary.word
        summary.word = 0


@inline
def _observe_lines(summary, c, before, position):
    """Where lines begin, fields within them, and what was opened last."""
    if c == 10:
        summary.line1 = summary.line
        summary.line = position
        summary.field = 0
    elif c == 44 or c == 59 or c == 9 or c == 124:  # , ; tab |
        summary.field += 1
    if c == 60 or c == 40 or c == 91 or c == 123:  # < ( [ {
        summary.opener = c | (before & 0xFF) << 8
    elif before & 0xFF == 60:
        summary.opener = hash2(c, 60)
    elif c == 62 or c == 41 or c == 93 or c == 125:  # > ) ] }
        summary.opener = c


@inline
def _observe_records(past, c, before, position):
    """Records of fixed length: the distance at which pairs of bytes return most often."""
    summary, votes = past.summary[0], past.votes
    pair = summary.last4 & 0xFFFF
    gap = position - np.int64(past.last_seen[pair])
    past.last_seen[pair] = position
    if 1 < gap < LONGEST_PERIOD and c != before & 0xFF:
        votes[gap] += 1
        votes[0] += 1
        if votes[gap] > votes[summary.period] or summary.period == 0:
            summary.period = gap
        if votes[0] > 4096:
            for i in range(LONGEST_PERIOD):
                votes[i] >>= 1


class Sight(NamedTuple):
    """What the contexts of one byte are made of."""

    last4: np.int64
    last8: np.int64  # the four bytes before these
    c1: np.int64
    spelt: np.int64  # the letters of this word and the last byte
    word: np.int64  # this word's letters, 0 between words
    word1: np.int64
    word2: np.int64
    letters: np.int64
    classes: np.int64
    field: np.int64
    opener: np.int64
    line_start: np.int64  # the first two bytes of the line
    column: np.int64
    over: np.int64  # the byte above in the line before, and the next
    over_next: np.int64
    period: np.int64
    record_column: np.int64
    above: np.int64  # the byte above in a table of records, the one above that, and the one that follows the first
    above2: np.int64
    above_next: np.int64
    followers1: np.int64
    followers2: np.int64
    expected: np.int64  # the match model's byte and length bucket


@inline
def see(past, expected, data, position):
    """The `Sight` of the byte at `position`."""
    summary = past.summary[0]
    last4, line, period, zero = summary.last4, summary.line, summary.period, np.int64(0)
    c1, column = last4 & 0xFF, position - line
    line_start = np.int64(data[line]) << 8 | np.int64(data[line + 1]) if column > 1 else zero
    above_line = summary.line1 + column
    over = np.int64(data[above_line]) if above_line < line else zero
    over_next = np.int64(data[above_line + 1]) if above_line + 1 < line else zero
    above, above2, above_next, record_column = zero, zero, zero, zero
    if period > 0:
        record_column = position % period
        if position >= 2 * period:
            above = np.int64(data[position - period])
            above2 = np.int64(data[position - 2 * period])
            above_next = np.int64(data[position - period + 1])
    return Sight(
        last4=last4,
        last8=summary.last8,
        c1=c1,
        spelt=hash2(summary.word, c1),
        word=summary.word,
        word1=summary.word1,
        word2=summary.word2,
        letters=summary.letters,
        classes=summary.classes,
        field=summary.field,
        opener=summary.opener,
        line_start=line_start,
        column=column,
        over=over,
        over_next=over_next,
        period=period,
        record_column=record_column,
        above=above,
        above2=above2,
        above_next=above_next,
        followers1=past.followers1[c1],
        followers2=np.int64(past.followers2[last4 & 0xFFFF]),
        expected=expected,
    )


class Context(NamedTuple):
    """One thing to look at."""

    level: int  # the first that has it
    name: str
    number: int  # sets its keys apart from those of the others; never changed, as every later bit depends on it
    value: Callable[[Sight], Any]


CONTEXTS = (
    Context(4, "order2", 1, lambda at: at.last4 & 0xFFFF),
    Context(4, "order3", 2, lambda at: at.last4 & 0xFFFFFF),
    Context(4, "order4", 3, lambda at: at.last4),
    Context(4, "order6", 5, lambda at: hash2(at.last4, at.last8 & 0xFFFF)),
    Context(4, "word", 8, lambda at: at.spelt),
    Context(4, "word_pair", 9, lambda at: hash2(at.spelt, at.word1)),
    Context(4, "record_above2", 28, lambda at: hash2(at.above | at.above2 << 8, at.period)),
    Context(4, "third_fourth", 19, lambda at: at.last4 & 0xFFFF0000),
    Context(4, "column", 31, lambda at: hash2(at.over | at.c1 << 8, min(at.column, 255))),
    Context(5, "classes_column", 33, lambda at: hash2(at.classes & 0xFFFFFF, at.over)),
    Context(5, "record", 27, lambda at: hash2(at.above | at.c1 << 8, at.record_column)),
    Context(5, "match", 25, lambda at: at.expected),
    Context(5, "classes", 21, lambda at: hash2(at.classes, at.c1)),
    Context(5, "word_gap", 10, lambda at: hash2(at.spelt, at.word2)),
    Context(6, "order1", 0, lambda at: at.c1),
    Context(6, "order5", 4, lambda at: hash2(at.last4, at.last8 & 0xFF)),
    Context(6, "followers2", 23, lambda at: at.followers2 & 0xFFFF),
    Context(6, "skip1", 15, lambda at: at.last4 & 0xFFFF00),
    Context(7, "order8", 7, lambda at: hash2(at.last4, at.last8)),
    Context(7, "followers1", 22, lambda at: hash2(at.followers1 & 0xFFFF, at.c1)),
    Context(7, "opener", 36, lambda at: hash2(at.opener, hash2(at.spelt, at.last4 & 0xFFFF))),
    Context(7, "field", 35, lambda at: hash2(at.field, at.last4 & 0xFFFF)),
    Context(7, "high_bits", 20, lambda at: at.last4 & 0xF0F0F0F0),
    Context(7, "record_next", 30, lambda at: hash2(at.above | at.above_next << 8, at.c1)),
    Context(8, "sixth", 18, lambda at: hash2(at.last8 & 0xFFFF, 0)),
    Context(8, "column_next", 32, lambda at: hash2(at.over | at.over_next << 8, at.c1)),
    Context(8, "match_order2", 26, lambda at: hash2(at.expected & 0xFF, at.last4 & 0xFFFF)),
    Context(8, "word_triple", 11, lambda at: hash2(hash2(at.spelt, at.word1), at.word2)),
    Context(8, "record_order2", 29, lambda at: hash2(at.above, at.last4 & 0xFFFF)),
    Context(9, "followers2_order1", 24, lambda at: hash2(at.followers2, at.c1)),
    Context(9, "line_start", 34, lambda at: hash2(at.line_start, at.spelt)),
    Context(9, "letters", 13, lambda at: hash2(at.letters, 0 if is_letter(at.c1) else at.c1)),
    Context(9, "word_line", 14, lambda at: hash2(at.line_start, hash2(at.word1, at.c1 if at.word else 0))),
    Context(9, "word_order2", 12, lambda at: hash2(at.word1, at.last4 & 0xFFFF)),
    Context(9, "skip1_order3", 17, lambda at: at.last4 & 0xFFFFFF00),
    Context(9, "skip2", 16, lambda at: at.last4 & 0xFF00FF),
    Context(9, "order7", 6, lambda at: hash2(at.last4, at.last8 & 0xFFFFFF)),
)


assert [context.level for context in CONTEXTS] == sorted(context.level for context in CONTEXTS), "a level takes a prefix"


def contexts_until(level: int) -> tuple[Context, ...]:
    """What a level looks at: a stretch of `CONTEXTS` from its beginning."""
    return tuple(context for context in CONTEXTS if context.level <= level)
