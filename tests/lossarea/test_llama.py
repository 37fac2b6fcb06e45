"""The "about 14x" from published figures: what it needs, and what published fits give."""

import numpy as np
import pytest

from mdlbench.lossarea import chinchilla
from mdlbench.lossarea.llama import conventions, recompute
from mdlbench.result.exhibits import sections
from mdlbench.result.glossary import undefined
from mdlbench.result.reading import Found
from mdlbench.result.record import Result

FOUND = recompute()


def test_what_14x_needs_by_each_convention() -> None:
    """4 bytes a token: 5.6 TB, 1.584 nats; LLaMA's table 1 sums to 5.24 TB of epoch-weighted data (3.74 a token), 1.482."""
    guess, weighted, unique = FOUND.raw
    assert (guess.raw_bytes, round(guess.needed_loss_nats, 3), guess.bytes_per_token) == (5.6e12, 1.584, 4.0)
    assert (weighted.raw_bytes, round(weighted.needed_loss_nats, 3), round(weighted.bytes_per_token, 2)) == (
        5.24e12,
        1.482,
        3.74,
    )
    assert unique.raw_bytes < weighted.raw_bytes
    assert guess.claimed_bytes == pytest.approx(400e9)
    assert list(conventions().values()) == [row.raw_bytes for row in FOUND.raw]


def test_areas_by_the_constants_of_besiroglu() -> None:
    """385, 378, 516 and 510 GB; 9.7 to 10.3x at 3.74 bytes a token (the project's reference notes)."""
    ours = [one for one in FOUND.envelopes if one.fit == "Besiroglu"]
    assert [round(one.area_bits / 8e9) for one in ours] == [385, 378, 516, 510]
    ratios = [one.ratios[1] for one in ours]
    assert (round(min(ratios), 1), round(max(ratios), 1)) == (9.7, 10.3)


def test_the_closed_form_is_the_integral() -> None:
    """D (E + A / N^a) + B D^(1-b) / (1-b) against a sum over steps, for every published fit."""
    edges = np.concatenate([[0.0], np.geomspace(1e3, 1e11, 200_000)])
    middles = (edges[1:] + edges[:-1]) / 2
    for fit in chinchilla.fits():
        summed = float(np.sum(chinchilla.loss(fit, 1e9, middles) * np.diff(edges)))
        assert chinchilla.area(fit, 1e9, 1e11) == pytest.approx(summed, rel=1e-4)


def test_an_envelope_drawn_has_its_area() -> None:
    for one in FOUND.envelopes:
        drawn = float(np.diff([0.0, *one.curve.tokens]) @ np.array(one.curve.loss_nats))
        assert drawn == pytest.approx(one.mean_loss_nats * one.tokens, rel=1e-9)
        assert one.last_loss_nats < one.mean_loss_nats


def test_the_page_says_that_these_are_envelopes() -> None:
    (section,) = sections([Found("a.json", Result(FOUND, {}))])
    assert undefined([section]) == []
    shown = str(section)
    assert "ENVELOPES of published fits, no training curves: LLaMA's own are not public" in shown
    assert all(series.name.endswith("(envelope)") for series in section.parts[0].exhibits[0].parts[0].series)  # type: ignore[union-attr]
    assert "No published fit gives LLaMA 65B the 14x" in section.findings[0].claim
    assert "Hutter Prize record of that day" in shown
    assert {mark.ratio for mark in FOUND.marks} == {14.0, 8.7}


def test_every_published_figure_has_a_source() -> None:
    assert all(fit.source for fit in FOUND.fits)
    assert all(mark.source for mark in FOUND.marks)
