"""The sequences: what each is, how its terms become bytes, and the sentences that tell a reader which it is.

    LINES    decimal, each with a line feed      DIGITS   decimal digits, a byte each      BITS   0 or 1, a byte each

Every sequence is text, so that a tokenizer of a language model reads it as such; `count` counts lines, digits or bits.
"""

from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from mdlbench.errors import UsageError

LINES, DIGITS, BITS = "decimal lines", "decimal digits", "bits as 0 and 1"
MOST = 100_000  # terms: what programs and references do in a minute
_PROGRAMS = Path(__file__).with_name("programs")


@dataclass(frozen=True)
class Sequence:
    """A sequence that a short program writes.

    Attributes:
        definition: which terms, exactly.
        source: its number in the OEIS (oeis.org), or where it was published; empty for what is defined here.
        encoding: of terms as bytes: LINES, DIGITS or BITS.
        wordings: sentences that describe it, each of its own; `{last}` stands for count - 1.
    """

    name: str
    definition: str
    source: str
    encoding: str
    wordings: tuple[str, ...]

    @property
    def program(self) -> bytes:
        """The source of its program: stand-alone Python whose only argument is the count."""
        return (_PROGRAMS / f"{self.name.replace('-', '_')}.py").read_bytes()


SEQUENCES = {
    one.name: one
    for one in (
        Sequence(
            "primes",
            "the first primes: 2, 3, 5, ...",
            "A000040",
            LINES,
            (
                "The prime numbers in increasing order, one per line.",
                "Below is a list of all primes, starting with 2, each on its own line.",
                "Every number that has exactly two divisors, from the smallest up, a number a line.",
                "This file was written by a program that prints consecutive prime numbers.",
            ),
        ),
        Sequence(
            "squares",
            "0, 1, 4, 9, ...",
            "A000290",
            LINES,
            (
                "The square numbers in increasing order, one per line.",
                "Below is a list of all perfect squares, starting with 0, each on its own line.",
                "Every whole number multiplied by itself, from 0 up, a number a line.",
                "This file was written by a program that prints consecutive squares.",
            ),
        ),
        Sequence(
            "fibonacci",
            "F(0), F(1), ... mod 65,536; of period 98,304",
            "A000045 mod 2^16",
            LINES,
            (
                "The Fibonacci numbers modulo 65536 in order, one per line.",
                "Below is a list of Fibonacci numbers reduced mod 65536, starting with 0, each on its own line.",
                "From 0 and 1 on, every number is the sum of the two before it modulo 65536, a number a line.",
                "This file was written by a program that prints consecutive Fibonacci numbers mod 2^16.",
            ),
        ),
        Sequence(
            "lcg",
            "the states of x → (1664525 x + 1013904223) mod 2^32 after 0",
            "Press et al., Numerical Recipes in C (1992), section 7.1",
            LINES,
            (
                "The outputs of a linear congruential generator in order, one per line: x = (1664525 x + 1013904223) mod 2^32.",
                "Below is a list of pseudo-random numbers, each 1664525 times the one before plus 1013904223, mod 4294967296.",
                "From 0 on, every number is multiplied by 1664525, and 1013904223 is added, modulo 2^32, a number a line.",
                "This file was written by a program that prints the states of a simple random number generator from seed 0.",
            ),
        ),
        Sequence(
            "sorted",
            "0, 1, 2, ...",
            "A001477",
            LINES,
            (
                "The numbers from 0 to {last} in increasing order, one per line.",
                "Below is a sorted list of all whole numbers, starting with 0, each on its own line.",
                "Every number is one more than the number before it, from 0 up, a number a line.",
                "This file was written by a program that counts up from 0.",
            ),
        ),
        Sequence(
            "shuffled",
            "0 to count − 1, i inserted at place ⌊x (i + 1) / 2^32⌋, x the states of lcg",
            "",
            LINES,
            (
                "The numbers from 0 to {last} in random order, one per line.",
                "Below is a shuffled list of all whole numbers up to {last}, each on its own line.",
                "Every number from 0 to {last} once, and no order in them, a number a line.",
                "This file was written by a program that shuffles the numbers from 0 to {last}.",
            ),
        ),
        Sequence(
            "pi",
            "the decimal digits of pi, without a point",
            "A000796",
            DIGITS,
            (
                "The decimal digits of pi, without the decimal point.",
                "Below are the digits of the number π, starting with 3, all on one line.",
                "The ratio of a circle's circumference to its diameter, digit by digit.",
                "This file was written by a program that prints pi to many places.",
            ),
        ),
        Sequence(
            "e",
            "the decimal digits of e, without a point",
            "A001113",
            DIGITS,
            (
                "The decimal digits of e, without the decimal point.",
                "Below are the digits of Euler's number e, starting with 2, all on one line.",
                "The base of the natural logarithm, digit by digit.",
                "This file was written by a program that prints e = exp(1) to many places.",
            ),
        ),
        Sequence(
            "champernowne",
            "the digits of 1, 2, 3, ... one after the other",
            "A033307",
            DIGITS,
            (
                "The decimal digits of Champernowne's constant, without the leading zero and decimal point.",
                "Below are the whole numbers written one after another, starting with 1, all on one line.",
                "Counting from 1 up without any space between the numbers, digit by digit.",
                "This file was written by a program that prints 1, 2, 3 and so on with no separator.",
            ),
        ),
        Sequence(
            "thue-morse",
            "the parity of the number of ones in 0, 1, 2, ... in binary",
            "A010060",
            BITS,
            (
                "The Thue-Morse sequence of zeros and ones.",
                "Below are the bits of the Thue-Morse word, starting with 0, all on one line.",
                "From 0 on, the sequence is followed by its complement, again and again, bit by bit.",
                "This file was written by a program that prints the parity of the binary digit sum of 0, 1, 2 and so on.",
            ),
        ),
        Sequence(
            "logistic",
            "whether x ≥ 1/2, x → 4 x (1 − x) from 1/3, rounded down to multiples of 2^−128",
            "",
            BITS,
            (
                "The bits of an orbit of the logistic map with r = 4 from x = 1/3: 1 where x is at least one half.",
                "Below are zeros and ones that say whether each iterate of x -> 4x(1 - x) is at least 1/2, all on one line.",
                "A chaotic map is iterated from one third: 0 stands for the left half and 1 for the right half, bit by bit.",
                "This file was written by a program that prints the symbolic dynamics of the logistic map at r = 4.",
            ),
        ),
        Sequence(
            "rule30",
            "the centre column of cellular automaton 30, begun with a single 1",
            "A051023",
            BITS,
            (
                "The centre column of the cellular automaton Rule 30 from a single black cell.",
                "Below are the bits of the middle column of Wolfram's rule 30, starting with 1, all on one line.",
                "A cell becomes left XOR (centre OR right) in every step; the cell in the middle is written down, bit by bit.",
                "This file was written by a program that prints the central cells of elementary cellular automaton 30.",
            ),
        ),
        Sequence(
            "rule110",
            "the rows of cellular automaton 110, begun with a single 1, row k of k + 1 cells",
            "A070887",
            BITS,
            (
                "The rows of the cellular automaton Rule 110 from a single black cell, one after another.",
                "Below are the bits of the triangle that Wolfram's rule 110 makes, starting with 1, all on one line.",
                "A cell becomes 1 if it or its right neighbour is 1 but not all three; rows are written down, bit by bit.",
                "This file was written by a program that prints successive states of elementary cellular automaton 110.",
            ),
        ),
    )
}


def find(name: str) -> Sequence:
    """The sequence of this name.

    Raises:
        UsageError: there is none; with the nearest name.

    Example:
        >>> find("pi").definition
        'the decimal digits of pi, without a point'
    """
    if name not in SEQUENCES:
        near = get_close_matches(name, SEQUENCES, n=1)
        meant = f"did you mean {near[0]}?" if near else f"there are: {', '.join(SEQUENCES)}"
        raise UsageError(f"no sequence {name!r}; {meant} (`mdlbench algorithmic --list` says what they are)")
    return SEQUENCES[name]


def another(sequence: Sequence) -> Sequence:
    """The next sequence of the same encoding, whose sentences are the null of this one's: how it looks, and not which it is.

    Example:
        >>> another(find("pi")).name, another(find("champernowne")).name
        ('e', 'pi')
    """
    alike = [one for one in SEQUENCES.values() if one.encoding == sequence.encoding]
    return alike[(alike.index(sequence) + 1) % len(alike)]
