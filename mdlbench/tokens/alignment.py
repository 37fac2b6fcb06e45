"""How many bytes of a text each of its tokens stands for.

    token_sizes(tokens, names, raw, decode) -> sizes that sum to len(raw)

First the names of the tokens are read as GPT-2 spells bytes; if they spell the text, that is the answer. Otherwise tokens are
decoded behind a few of those before them, and cut wherever what they add continues the text; where several tokens share a
character, each has one byte if there are as many, else all bytes are the last one's. Does not use the tokenizer's offsets.
"""

import re
from collections.abc import Callable, Sequence
from functools import cache

BEHIND = 5  # tokens decoded before those in question, so that what a decoder strips at the start is not missed
_LONGEST_SHARE = 32  # tokens that may share characters; beyond, the rest of the text is not told apart


def token_sizes(tokens: Sequence[int], names: Sequence[str], raw: bytes, decode: Callable[[Sequence[int]], str]) -> list[int]:
    """Bytes of each token of a text.

    Args:
        tokens, names: the text's tokens as numbers and as the vocabulary spells them.
        raw: the text, which `decode(tokens)` gives.
    """
    if (sizes := _spelled(names, raw)) is not None:
        return sizes
    text, sizes, place, done = raw.decode(), [], 0, 0
    while done < len(tokens):
        count, added = _next_cut(tokens, done, text, place, decode)
        sizes += _shared(count, len(added.encode()))
        done, place = done + count, place + len(added)
    return sizes


def spelling(token: int, name: str, decode: Callable[[Sequence[int]], str]) -> bytes:
    """The bytes that a token alone stands for, as it would follow another.

    A token that is part of a character is read from its name: as GPT-2 or as Llama (`<0xE6>`) spells bytes.
    """
    text = decode([token, token])[len(decode([token])) :]
    if "\ufffd" not in text:
        return text.encode("utf-8", "replace")
    if match := re.fullmatch("<0x([0-9A-F]{2})>", name):
        return bytes.fromhex(match[1])
    alphabet = _byte_alphabet()
    return bytes(alphabet[c] for c in name) if all(c in alphabet for c in name) else text.encode()


def _spelled(names: Sequence[str], raw: bytes) -> list[int] | None:
    """Sizes if every character of every name is a byte, as in GPT-2's vocabulary, and they spell `raw`."""
    alphabet = _byte_alphabet()
    try:
        spelled = [bytes(map(alphabet.__getitem__, name)) for name in names]
    except KeyError:
        return None
    return [len(part) for part in spelled] if b"".join(spelled) == raw else None


def _next_cut(
    tokens: Sequence[int], done: int, text: str, place: int, decode: Callable[[Sequence[int]], str]
) -> tuple[int, str]:
    """The fewest tokens after `done` whose text continues `text` at `place`, and that text."""
    first = max(0, done - BEHIND)
    before = decode(tokens[first:done])
    for end in range(done + 1, min(len(tokens), done + 1 + _LONGEST_SHARE)):
        longer = decode(tokens[first:end])
        added = longer[len(before) :]
        if longer.startswith(before) and text.startswith(added, place):
            return end - done, added
    return len(tokens) - done, text[place:]


def _shared(n_tokens: int, n_bytes: int) -> list[int]:
    return [1] * n_tokens if n_tokens == n_bytes else [0] * (n_tokens - 1) + [n_bytes]


@cache
def _byte_alphabet() -> dict[str, int]:
    """GPT-2's characters for bytes: printable ones of Latin-1 for themselves, the rest from U+0100 on, in order."""
    printable = [byte for byte in range(256) if chr(byte).isprintable() and byte != 0x20]
    others = [byte for byte in range(256) if byte not in printable]
    return {**{chr(byte): byte for byte in printable}, **{chr(256 + at): byte for at, byte in enumerate(others)}}
