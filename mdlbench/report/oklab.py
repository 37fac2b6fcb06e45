"""Colour ramps that are even to the eye: straight lines in OKLCH, as sRGB.

Source: B. Ottosson, "A perceptual color space for image processing" (2020); contrast as in WCAG 2.1, 1.4.3.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple


class Colour(NamedTuple):
    """A colour, and the ink (black or white) that is easier to read on it."""

    hex: str
    ink: str


@dataclass(frozen=True)
class Ramp:
    """From one colour to another: lightness 0 to 1, chroma, hue in degrees; chroma is largest in the middle half."""

    lightness: tuple[float, float]
    chroma: tuple[float, float]
    hue: tuple[float, float]

    def colours(self, count: int) -> list[Colour]:
        """`count` colours, equally far apart in lightness and hue."""
        return [self._at(step / (count - 1)) for step in range(count)]

    def _at(self, share: float) -> Colour:
        lightness = _between(self.lightness, share)
        chroma = _between(self.chroma, min(1.0, 4 * min(share, 1 - share) + 0.15))
        rgb = _in_gamut(lightness, chroma, math.radians(_between(self.hue, share)))
        luminance = relative_luminance(rgb)
        ink = "#000" if (luminance + 0.05) / 0.05 >= 1.05 / (luminance + 0.05) else "#fff"
        return Colour("#" + "".join(f"{round(255 * _gamma(channel)):02x}" for channel in rgb), ink)


def relative_luminance(rgb: tuple[float, float, float]) -> float:
    """Of linear sRGB channels, 0 to 1."""
    return 0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2]


def linear_srgb(lightness: float, chroma: float, hue: float) -> tuple[float, float, float]:
    """OKLCH, hue in radians, as linear sRGB; outside 0 to 1 where no screen can show it."""
    a, b = chroma * math.cos(hue), chroma * math.sin(hue)
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )


def _in_gamut(lightness: float, chroma: float, hue: float) -> tuple[float, float, float]:
    """The most colourful shade up to `chroma` that a screen can show."""
    while not all(-1e-4 <= channel <= 1.0001 for channel in linear_srgb(lightness, chroma, hue)) and chroma > 1e-4:
        chroma *= 0.97
    red, green, blue = (min(1.0, max(0.0, channel)) for channel in linear_srgb(lightness, chroma, hue))
    return red, green, blue


def _gamma(channel: float) -> float:
    return 12.92 * channel if channel <= 0.0031308 else 1.055 * channel ** (1 / 2.4) - 0.055


def _between(ends: tuple[float, float], share: float) -> float:
    return ends[0] + (ends[1] - ends[0]) * share
