"""Each sequence once more, by an algorithm that its program does not use: what the program's output is held against.

These are what models code. Sources of the algorithms: textbooks, where none is named.
"""

from collections.abc import Callable, Iterable
from decimal import Decimal

import numpy as np

from mdlbench.algorithmic.catalogue import Sequence
from mdlbench.errors import UsageError

_GUARD = 30  # digits computed beyond those wanted


def reference(sequence: Sequence, count: int) -> bytes:
    """The first `count` lines, digits or bits of a sequence, as bytes.

    Raises:
        UsageError: none of them.

    Example:
        >>> from mdlbench.algorithmic.catalogue import find
        >>> reference(find("primes"), 4)
        b'2\\n3\\n5\\n7\\n'
    """
    if count < 1:
        raise UsageError(f"{count} terms of {sequence.name}: there is nothing to predict; ask for at least 1")
    found = _REFERENCES[sequence.name](count)
    return found.encode("ascii")


def _lines(numbers: Iterable[int]) -> str:
    return "".join(f"{number}\n" for number in numbers)


def _primes(count: int) -> str:
    """The sieve of Eratosthenes up to a bound on the last (Rosser & Schoenfeld 1962, corollary to theorem 3)."""
    bound = 15 if count < 6 else int(count * (np.log(count) + np.log(np.log(count)))) + 1
    sieve = np.ones(bound + 1, bool)
    sieve[:2] = False
    for number in range(2, int(bound**0.5) + 1):
        if sieve[number]:
            sieve[number * number :: number] = False
    return _lines(np.flatnonzero(sieve)[:count].tolist())


def _squares(count: int) -> str:
    """Sums of the odd numbers."""
    return _lines(np.cumsum(np.maximum(2 * np.arange(count, dtype=np.int64) - 1, 0)).tolist())


def _fibonacci(count: int) -> str:
    """Each by itself, by doubling: F(2k) = F(k) (2 F(k+1) - F(k)), F(2k+1) = F(k)^2 + F(k+1)^2."""
    return _lines(_doubled(index)[0] for index in range(count))


def _doubled(index: int) -> tuple[int, int]:
    """F(index) and F(index + 1) mod 2^16."""
    a, b = 0, 1
    for bit in f"{index:b}":
        a, b = a * (2 * b - a) % 65536, (a * a + b * b) % 65536
        a, b = (b, (a + b) % 65536) if bit == "1" else (a, b)
    return a, b


def _states(count: int) -> list[int]:
    """The generator's states after 0, each by itself: c (a^k - 1) / (a - 1) mod 2^32."""
    a, c, modulus = 1664525, 1013904223, 1 << 32
    return [(pow(a, k, (a - 1) * modulus) - 1) // (a - 1) * c % modulus for k in range(1, count + 1)]


def _shuffled(count: int) -> str:
    """The last number inserted stands where it was put; each before it takes one of the places that are left, from the end."""
    free, places = list(range(count)), [0] * count
    for number, state in reversed([*enumerate(_states(count))]):
        places[free.pop(state * (number + 1) >> 32)] = number
    return _lines(places)


def _pi(count: int) -> str:
    """Machin's formula: 16 arctan(1/5) - 4 arctan(1/239)."""
    one = 10 ** (count + _GUARD)
    return str(Decimal(16 * _arctan(5, one) - 4 * _arctan(239, one)))[:count]


def _arctan(inverse: int, one: int) -> int:
    """arctan(1 / inverse) in units of 1 / one, by its series."""
    power, total, odd = one // inverse, 0, 1
    while power:
        total += power // odd if odd % 4 == 1 else -(power // odd)
        power, odd = power // inverse**2, odd + 2
    return total


def _e(count: int) -> str:
    """The sum of 1 / k! as one fraction, by binary splitting (Haible & Papanikolaou 1998)."""
    numerator, denominator = _split(0, count + _GUARD)
    return str(Decimal((numerator + denominator) * 10 ** (count + _GUARD) // denominator))[:count]


def _split(low: int, high: int) -> tuple[int, int]:
    """The sum of low! / k! over low < k <= high, as a fraction with denominator high! / low!."""
    if high - low == 1:
        return 1, high
    middle = (low + high) // 2
    (p, q), (r, s) = _split(low, middle), _split(middle, high)
    return p * s + r, q * s


def _champernowne(count: int) -> str:
    """Number by number, until there are enough digits."""
    number, size = 1, 0
    parts: list[str] = []
    while size < count:
        digits = str(number)
        parts.append(digits)
        size, number = size + len(digits), number + 1
    return "".join(parts)[:count]


def _thue_morse(count: int) -> str:
    """A word followed by its complement, again and again."""
    word = "0"
    while len(word) < count:
        word += word.translate({48: "1", 49: "0"})
    return word[:count]


def _logistic(count: int) -> str:
    """With 4 x (1 - x) = 1 - (1 - 2 x)^2."""
    one = 1 << 128
    x, bits = one // 3, []
    for _ in range(count):
        bits.append("1" if 2 * x >= one else "0")
        x = one + -((one - 2 * x) ** 2) // one
    return "".join(bits)


def _rows(rule: int, count: int) -> Iterable[np.ndarray]:
    """`count` rows of an elementary cellular automaton by Wolfram's number, uint8 (2 count + 1,), from a 1 in the middle."""
    table = np.array([rule >> number & 1 for number in range(8)], np.uint8)
    row = np.zeros(2 * count + 1, np.uint8)
    row[count] = 1
    for _ in range(count):
        yield row
        padded = np.pad(row, 1)
        row = table[4 * padded[:-2] + 2 * padded[1:-1] + padded[2:]]


def _rule30(count: int) -> str:
    return "".join(str(row[count]) for row in _rows(30, count))


def _rule110(count: int) -> str:
    """Row k has the k + 1 cells up to the one that was there first."""
    rows = int((2 * count) ** 0.5) + 1
    cells = [row[rows - k : rows + 1] for k, row in enumerate(_rows(110, rows))]
    return "".join(map(str, np.concatenate(cells)[:count].tolist()))


_REFERENCES: dict[str, Callable[[int], str]] = {
    "primes": _primes,
    "squares": _squares,
    "fibonacci": _fibonacci,
    "lcg": lambda count: _lines(_states(count)),
    "sorted": lambda count: _lines(np.arange(count).tolist()),
    "shuffled": _shuffled,
    "pi": _pi,
    "e": _e,
    "champernowne": _champernowne,
    "thue-morse": _thue_morse,
    "logistic": _logistic,
    "rule30": _rule30,
    "rule110": _rule110,
}
