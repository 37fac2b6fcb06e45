"""What a figure can be, asserted by payloads themselves: its sign, its bounds, that it agrees with what it is made of."""

import math

ROUNDING = 1e-6  # of sums, relative above 1


def in_range(name: str, value: float | None, least: float = 0.0, most: float = math.inf, slack: float = ROUNDING) -> None:
    """Hold a figure against its bounds; None is no figure.

    Raises:
        ValueError: naming the figure, its value and the bounds.

    Example:
        >>> in_range("loss_bits", 0.5, most=1.0)
        >>> in_range("loss_bits", -0.5)
        Traceback (most recent call last):
        ...
        ValueError: loss_bits is -0.5, must be at least 0
    """
    if value is None:
        return
    if not least - slack * max(1.0, abs(least)) <= value <= most + slack * max(1.0, abs(most)):
        bounds = f"at least {least:.12g}" if most == math.inf else f"within {least:.12g} and {most:.12g}"
        raise ValueError(f"{name} is {value:.12g}, must be {bounds}")


def agrees(name: str, value: float | None, expected: float | None) -> None:
    """Hold a figure that follows from others against what they make of it.

    Raises:
        ValueError: naming the figure and both values.

    Example:
        >>> agrees("bits_per_byte", 2.0, 16 / 8)
        >>> agrees("bits_per_byte", 2.5, 16 / 8)
        Traceback (most recent call last):
        ...
        ValueError: bits_per_byte is 2.5, but other figures make it 2
    """
    if value is None or expected is None or (isinstance(value, int) and isinstance(expected, int)):
        same = value == expected
    else:
        same = math.isclose(value, expected, rel_tol=ROUNDING, abs_tol=1e-9)
    if not same:
        shown = ["null" if one is None else f"{one:.12g}" for one in (value, expected)]
        raise ValueError(f"{name} is {shown[0]}, but other figures make it {shown[1]}")
