"""What the context mixer looks at: from the bytes so far to one 32-bit key per context of a level.

    byte -> observe -> summary of the past (words, lines, classes, records, followers) -> fill_keys -> keys

`levels.CONTEXTS` names them. Everything is int64 holding values below 2**32.
"""

import numpy as np

from mdlbench.models.cm.levels import CONTEXTS, LONGEST_PERIOD
from mdlbench.numerics.compiled import inline

U32 = 0xFFFFFFFF

# Fields of the summary of the past, an int64 array.
LAST4, LAST8, WORD, WORD1, WORD2, LINE, LINE1, CLASSES, PERIOD, FIELD, OPENER, LETTERS = range(12)

# The places of the contexts in `CONTEXTS`.
(
    _ORDER1, _ORDER2, _ORDER3, _ORDER4, _ORDER5, _ORDER6, _ORDER7, _ORDER8,
    _WORD, _WORD_PAIR, _WORD_GAP, _WORD_TRIPLE, _WORD_ORDER2, _LETTERS, _WORD_LINE,
    _SKIP1, _SKIP2, _SKIP1_ORDER3, _SIXTH, _THIRD_FOURTH, _HIGH_BITS, _CLASSES,
    _FOLLOWERS1, _FOLLOWERS2, _FOLLOWERS2_ORDER1, _MATCH, _MATCH_ORDER2,
    _RECORD, _RECORD_ABOVE2, _RECORD_ORDER2, _RECORD_NEXT,
    _COLUMN, _COLUMN_NEXT, _CLASSES_COLUMN, _LINE_START, _FIELD, _OPENER,
) = range(len(CONTEXTS))  # fmt: skip


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
def byte_class(c):
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
def observe(summary, followers1, followers2, last_seen, votes, data, position):
    """Take in the byte before `position`."""
    c = np.int64(data[position - 1])
    before = summary[LAST4]
    summary[LAST8] = ((summary[LAST8] << 8) | (before >> 24)) & U32
    summary[LAST4] = ((before << 8) | c) & U32
    # words: letters folded to lower case
    if is_letter(c):
        summary[WORD] = hash2(summary[WORD], c | 32 if c < 128 else c)
        summary[LETTERS] = (summary[LETTERS] << 5 | c & 31) & 0x3FFFFFFF
    elif summary[WORD] != 0:
        summary[WORD2] = summary[WORD1]
        summary[WORD1] = summary[WORD]
        summary[WORD] = 0
    if c == 10:
        summary[LINE1] = summary[LINE]
        summary[LINE] = position
        summary[FIELD] = 0
    elif c == 44 or c == 59 or c == 9 or c == 124:  # , ; tab |
        summary[FIELD] += 1
    if c == 60 or c == 40 or c == 91 or c == 123:  # < ( [ {
        summary[OPENER] = c | (before & 0xFF) << 8
    elif before & 0xFF == 60:
        summary[OPENER] = hash2(c, 60)
    elif c == 62 or c == 41 or c == 93 or c == 125:  # > ) ] }
        summary[OPENER] = c
    summary[CLASSES] = ((summary[CLASSES] << 4) | byte_class(c)) & U32
    # the last three bytes that followed the same one or two bytes
    followers1[before & 0xFF] = ((followers1[before & 0xFF] << 8) | c) & 0xFFFFFF
    followers2[before & 0xFFFF] = ((followers2[before & 0xFFFF] << 8) | c) & 0xFFFFFF
    # records of fixed length: the distance at which pairs of bytes return most often
    pair = summary[LAST4] & 0xFFFF
    gap = position - np.int64(last_seen[pair])
    last_seen[pair] = position
    if 1 < gap < LONGEST_PERIOD and c != before & 0xFF:
        votes[gap] += 1
        votes[0] += 1
        if votes[gap] > votes[summary[PERIOD]] or summary[PERIOD] == 0:
            summary[PERIOD] = gap
        if votes[0] > 4096:
            for i in range(LONGEST_PERIOD):
                votes[i] >>= 1


@inline
def fill_keys(keys, picks, summary, followers1, followers2, expected, data, position):
    """Hash each picked context of the byte at `position`; `expected` is the match model's byte and length bucket.

    Returns:
        the last byte, the one before, and the byte above in a table of records.
    """
    last4, last8, word = summary[LAST4], summary[LAST8], summary[WORD]
    c1, c2 = last4 & 0xFF, (last4 >> 8) & 0xFF
    column = position - summary[LINE]
    above_line = summary[LINE1] + column
    over = np.int64(data[above_line]) if above_line < summary[LINE] else 0  # the byte above in the line before
    over_next = np.int64(data[above_line + 1]) if above_line + 1 < summary[LINE] else 0
    period = summary[PERIOD]
    above, above2, above_next, record_column = 0, 0, 0, 0
    if period > 0:
        record_column = position % period
        if position >= 2 * period:
            above = np.int64(data[position - period])
            above2 = np.int64(data[position - 2 * period])
            above_next = np.int64(data[position - period + 1])
    word1 = hash2(word, c1)
    line = summary[LINE]
    line_start = np.int64(data[line]) << 8 | np.int64(data[line + 1]) if column > 1 else 0
    pair = followers2[last4 & 0xFFFF]
    for i in range(picks.size):
        pick = picks[i]
        if pick == _ORDER1:
            value = c1
        elif pick == _ORDER2:
            value = last4 & 0xFFFF
        elif pick == _ORDER3:
            value = last4 & 0xFFFFFF
        elif pick == _ORDER4:
            value = last4
        elif pick == _ORDER5:
            value = hash2(last4, last8 & 0xFF)
        elif pick == _ORDER6:
            value = hash2(last4, last8 & 0xFFFF)
        elif pick == _ORDER8:
            value = hash2(last4, last8)
        elif pick == _WORD:
            value = word1
        elif pick == _WORD_PAIR:
            value = hash2(word1, summary[WORD1])
        elif pick == _WORD_GAP:
            value = hash2(word1, summary[WORD2])
        elif pick == _WORD_ORDER2:
            value = hash2(summary[WORD1], last4 & 0xFFFF)
        elif pick == _SKIP1:
            value = last4 & 0xFFFF00
        elif pick == _SKIP2:
            value = last4 & 0xFF00FF
        elif pick == _THIRD_FOURTH:
            value = last4 & 0xFFFF0000
        elif pick == _HIGH_BITS:
            value = last4 & 0xF0F0F0F0
        elif pick == _CLASSES:
            value = hash2(summary[CLASSES], c1)
        elif pick == _CLASSES_COLUMN:
            value = hash2(summary[CLASSES] & 0xFFFFFF, over)
        elif pick == _COLUMN:
            value = hash2(over | (c1 << 8), min(column, 255))
        elif pick == _RECORD:
            value = hash2(above | (c1 << 8), record_column)
        elif pick == _RECORD_ABOVE2:
            value = hash2(above | (above2 << 8), period)
        elif pick == _RECORD_ORDER2:
            value = hash2(above, last4 & 0xFFFF)
        elif pick == _RECORD_NEXT:
            value = hash2(above | (above_next << 8), c1)
        elif pick == _FOLLOWERS1:
            value = hash2(followers1[c1] & 0xFFFF, c1)
        elif pick == _FOLLOWERS2:
            value = pair & 0xFFFF
        elif pick == _FOLLOWERS2_ORDER1:
            value = hash2(pair, c1)
        elif pick == _FIELD:
            value = hash2(summary[FIELD], last4 & 0xFFFF)
        elif pick == _COLUMN_NEXT:
            value = hash2(over | over_next << 8, c1)
        elif pick == _WORD_TRIPLE:
            value = hash2(hash2(word1, summary[WORD1]), summary[WORD2])
        elif pick == _OPENER:
            value = hash2(summary[OPENER], hash2(word1, last4 & 0xFFFF))
        elif pick == _SIXTH:
            value = hash2(last8 & 0xFFFF, 0)
        elif pick == _SKIP1_ORDER3:
            value = last4 & 0xFFFFFF00
        elif pick == _LINE_START:
            value = hash2(line_start, word1)
        elif pick == _WORD_LINE:
            value = hash2(line_start, hash2(summary[WORD1], last4 & 0xFF if word else 0))
        elif pick == _LETTERS:
            value = hash2(summary[LETTERS], c1 if not is_letter(c1) else 0)
        elif pick == _ORDER7:
            value = hash2(last4, last8 & 0xFFFFFF)
        elif pick == _MATCH:
            value = expected
        else:  # _MATCH_ORDER2
            value = hash2(expected & 0xFF, last4 & 0xFFFF)
        keys[i] = hash2(value, pick * 0x1E3779B1 + 1)
    return c1, c2, above
