"""README.md is true: its commands run, its Python prints what it says, its links lead somewhere."""

import doctest
import importlib
import importlib.util
import pkgutil
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import mdlbench

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.DOTALL | re.MULTILINE)


def commands() -> list[str]:
    """Every `mdlbench` command line of the shell blocks, in order; installation and benchmarks have tests of their own."""
    lines = "".join(blocks("sh")).replace("\\\n", " ").splitlines()
    return [line for line in lines if re.match(r"(cat \S+ \| |head .*\| )?mdlbench ", line)]


def test_every_shell_command_runs(tmp_path: Path) -> None:
    for name in ("README.md", "LICENSE"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "bin").mkdir()
    script = f'#!/bin/sh\nexec "{sys.executable}" -m mdlbench "$@"\n'
    (tmp_path / "bin" / "mdlbench").write_text(script)
    (tmp_path / "bin" / "mdlbench").chmod(0o755)
    ran = 0
    for line in commands():
        if "hf:" in line:
            pytest.importorskip("transformers")
            if not (tmp_path / "gpt2").exists():
                from tests.models.tiny import tiny_model

                tiny_model(tmp_path / "gpt2", "gpt2", "bytelevel")
        environment = {"PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin", "HOME": str(Path.home()), "PYTHONPATH": str(ROOT)}
        done = subprocess.run(["sh", "-ec", line], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
        ran += 1
    assert ran >= 10


def test_the_output_shown_is_the_output(tmp_path: Path) -> None:
    """The first example's sizes, on a file that does not change with the README."""
    shown = re.search(r"^LICENSE: .*?bits per byte", README, re.MULTILINE)
    assert shown is not None
    command = [sys.executable, "-m", "mdlbench", "compress", "LICENSE", "-o", str(tmp_path / "x.mdlz")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.startswith(shown[0])


def test_python_examples_print_what_they_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copy(ROOT / "LICENSE", tmp_path)
    examples = doctest.DocTestParser().get_doctest("\n".join(blocks("python")), {}, "README.md", "README.md", 0)
    assert len(examples.examples) >= 5
    assert doctest.DocTestRunner().run(examples).failed == 0


def test_docstring_examples() -> None:
    tried = 0
    for module in pkgutil.walk_packages(mdlbench.__path__, "mdlbench."):
        if "__main__" in module.name or ".hf" in module.name:
            continue
        result = doctest.testmod(importlib.import_module(module.name))
        assert result.failed == 0, module.name
        tried += result.attempted
    assert tried >= 8


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / target).exists(), target


def test_the_tree_is_drawn_as_it_is() -> None:
    """Each name in the architecture note's tree exists."""
    text = (ROOT / "mdlbench" / "README.md").read_text(encoding="utf8")
    tree = text.split("```")[1]
    for name in re.findall(r"[\w]+(?:\.py|\.md|/)", tree):
        assert list((ROOT / "mdlbench").rglob(name.rstrip("/"))), name


@pytest.mark.parametrize("name", sorted(set(re.findall(r"python (benchmarks/\w+\.py)", README))))
def test_every_benchmark_named_is_there_and_says_what_it_does(name: str) -> None:
    done = subprocess.run([sys.executable, name, "--help"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout) > 300


def test_the_tables_are_what_was_measured() -> None:
    """README.md's figures are those in results/, as `python benchmarks/readme_tables.py` writes them."""
    location = importlib.util.spec_from_file_location("readme_tables", ROOT / "benchmarks" / "readme_tables.py")
    assert location is not None
    assert location.loader is not None
    tables = importlib.util.module_from_spec(location)
    location.loader.exec_module(tables)
    assert tables.filled(README) == README
