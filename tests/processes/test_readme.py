"""The file format as README.md of the room shows it: its examples are processes, and they are one."""

import re
from pathlib import Path

import pytest

from mdlbench.processes import find
from mdlbench.processes.base import MOST_ENTRIES
from mdlbench.processes.files import _KEYS
from mdlbench.processes.numbers import MOST_DIGITS

README = (Path(__file__).parents[2] / "mdlbench" / "processes" / "README.md").read_text(encoding="utf8")


def test_the_examples_are_one_process(tmp_path: Path) -> None:
    found = []
    for name, text in re.findall(r"```toml\n# ([\w.-]+\.toml).*?\n(.*?)```", README, re.DOTALL):
        (tmp_path / name).write_text(text, encoding="utf8")
        found.append(find(str(tmp_path / name)))
    first, second = found
    assert first.digest == second.digest
    assert first.summary == "two coins, swapped rarely"
    assert first.stationary.tolist() == pytest.approx([0.5, 0.5])


def test_every_key_and_bound_is_documented() -> None:
    assert set(re.findall(r"^\| `(\w+)` \|", README, re.MULTILINE)) == _KEYS
    assert f"{MOST_ENTRIES:,}" in README
    assert f"at most {MOST_DIGITS} digits" in README
