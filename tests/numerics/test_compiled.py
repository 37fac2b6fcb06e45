"""Where compiled kernels are kept, and the one line that says so."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mdlbench.coder import bits
from mdlbench.numerics import cache, compiled


def test_cached_code_belongs_to_all_sources_beside_a_kernel(tmp_path: Path) -> None:
    for folder in ("kernels", "other"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "constants.py").write_text("RATE = 1\n")
    (tmp_path / "kernels" / "kernel.py").write_text("from mdlbench.numerics.compiled import kernel\n")
    before = compiled.sources_digest(tmp_path)
    (tmp_path / "other" / "constants.py").write_text("RATE = 2\n")
    assert compiled.sources_digest(tmp_path) == before
    (tmp_path / "kernels" / "constants.py").write_text("RATE = 2\n")
    assert compiled.sources_digest(tmp_path) != before


def test_first_compilation_is_announced_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cache, "kernels_dir", lambda: tmp_path)
    for expected in (f"mdlbench: compiling bits once (about 3 s); cached in {tmp_path}\n", ""):
        compiled.announce_first_compilation(bits, "bits", 3)
        assert capsys.readouterr().err == expected


@pytest.mark.skipif(os.name != "posix", reason="a file as a folder")
def test_an_announcement_survives_a_full_or_read_only_disk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setattr(cache, "kernels_dir", lambda: tmp_path / "file")
    compiled.announce_first_compilation(bits, "bits", 3)
    assert os.listdir(tmp_path) == ["file"]


def test_helpers_are_imported_without_numba() -> None:
    """The data beside them is there before, and they are compiled when they are called."""
    program = "import sys; from mdlbench.coder import bits; c = bits.new_coder(); print('numba' in sys.modules);"
    program += "print(bits.finish_encode(c, c.view('u1')), 'numba' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n0 True\n"


def test_kernels_neither_fuse_nor_reorder() -> None:
    """a * b + c with both roundings, and a sum from left to right: what makes probabilities portable."""

    @compiled.inline
    def fused(a, b, c):
        return a * b + c

    @compiled.inline
    def total(values):
        s = 0.0
        for value in values:
            s += value
        return s

    a = 1.0 + 2.0**-30
    assert fused(a, a, -(1.0 + 2.0**-29)) == 0.0  # 2**-60 if fused
    values = np.array([1e16, 1.0, -1e16, 1.0] * 100)
    expected = 0.0
    for value in values:
        expected += value
    assert total(values) == expected
