"""Every README.md is true: commands run and print what is shown, Python does what it says, links lead somewhere."""

import doctest
import importlib
import importlib.util
import pkgutil
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

import mdlbench

ROOT = Path(__file__).parents[1]
NETWORK = "./gpt2"  # stands for any language model in commands that are run
SPEED = re.compile(r"[\d.,]+ [kMG]?B/s| in [\d.]+ s(?=  \[)")


@cache
def tables() -> ModuleType:
    location = importlib.util.spec_from_file_location("readme_tables", ROOT / "benchmarks" / "readme_tables.py")
    assert location is not None
    assert location.loader is not None
    module = importlib.util.module_from_spec(location)
    location.loader.exec_module(module)
    return module


DOCUMENTS = {str(path.relative_to(ROOT)): path.read_text(encoding="utf8") for path in tables().documents()}
each_document = pytest.mark.parametrize("name", DOCUMENTS)


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def commands(text: str) -> list[str]:
    """Every `mdlbench` command line of the shell blocks, in order; installation and benchmarks have tests of their own."""
    lines = "".join(blocks(text, "sh")).replace("\\\n", " ").splitlines()
    return [line for line in lines if re.match(r"(cat \S+ \| |head .*\| )?mdlbench ", line)]


def shown(text: str) -> list[tuple[str, list[str]]]:
    """Each command of the console blocks, and the lines shown under it; a block of commands alone shows nothing."""
    found: list[tuple[str, list[str]]] = []
    for line in "".join(blocks(text, "console")).splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        else:
            found[-1][1].append(line)
    return [(command, lines) for command, lines in found if lines]


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with `mdlbench` on its PATH and the files that the documents name."""
    for file in ("README.md", "LICENSE"):
        shutil.copy(ROOT / file, tmp_path)
    (tmp_path / "bin").mkdir()
    script = f'#!/bin/sh\nexec "{sys.executable}" -m mdlbench "$@"\n'
    (tmp_path / "bin" / "mdlbench").write_text(script, encoding="utf8")
    (tmp_path / "bin" / "mdlbench").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    return tmp_path


def run(line: str, folder: Path) -> str:
    done = subprocess.run(["sh", "-ec", line], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.mark.parametrize("name", [name for name, text in DOCUMENTS.items() if commands(text)])
def test_every_shell_command_runs(shell: Path, name: str) -> None:
    for line in commands(DOCUMENTS[name]):
        if NETWORK in line:
            pytest.importorskip("transformers")
            if not (shell / NETWORK).exists():
                from tests.models.tiny import tiny_model

                tiny_model(shell / NETWORK, "gpt2", "bytelevel")
        run(line, shell)


@pytest.mark.parametrize(
    ("line", "lines"),
    [each for text in DOCUMENTS.values() for each in shown(text) if "smollm2" not in each[0]],
    ids=lambda value: str(value)[:40],
)
def test_the_output_shown_is_the_output(shell: Path, line: str, lines: list[str]) -> None:
    """Line by line, speeds left out; `...` stands for lines that are not shown. (What needs real weights is a table below.)"""
    printed = [SPEED.sub("", each).rstrip() for each in run(line, shell).splitlines()]
    for each in lines:
        assert each == "..." or SPEED.sub("", each).rstrip() in printed, (
            f"{each}\nis not in the output of {line}:\n" + "\n".join(printed)
        )


@pytest.mark.parametrize("name", [name for name, text in DOCUMENTS.items() if blocks(text, "python")])
def test_python_examples_print_what_they_say(shell: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(shell)
    examples = doctest.DocTestParser().get_doctest("\n".join(blocks(DOCUMENTS[name], "python")), {}, name, name, 0)
    assert examples.examples
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


@each_document
def test_links_lead_somewhere(name: str) -> None:
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", DOCUMENTS[name]):
        assert ((ROOT / name).parent / target).exists(), target


def test_the_front_door_stays_short() -> None:
    """README.md has a budget: what is added replaces something, or goes to a room's own."""
    assert len(DOCUMENTS["README.md"].splitlines()) <= 125


def test_every_document_is_reached_from_the_front_door() -> None:
    linked, waiting = set(), ["README.md"]
    while waiting:
        name = waiting.pop()
        linked.add(name)
        targets = [
            ((ROOT / name).parent / target).resolve() for target in re.findall(r"\]\(([^)#:]+README\.md)\)", DOCUMENTS[name])
        ]
        waiting += [found for found in (str(target.relative_to(ROOT)) for target in targets) if found not in linked]
    assert linked == set(DOCUMENTS)


def test_the_tree_is_drawn_as_it_is() -> None:
    """Each name in the architecture note's tree exists."""
    tree = DOCUMENTS["mdlbench/README.md"].split("```")[1]
    for name in re.findall(r"[\w]+(?:\.py|\.md|/)", tree):
        assert list((ROOT / "mdlbench").rglob(name.rstrip("/"))), name


@pytest.mark.parametrize(
    "name", sorted({name for text in DOCUMENTS.values() for name in re.findall(r"benchmarks/\w+\.py", text)})
)
def test_every_benchmark_named_is_there_and_says_what_it_does(name: str) -> None:
    done = subprocess.run([sys.executable, name, "--help"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout) > 300


@each_document
def test_the_tables_are_what_was_measured(name: str) -> None:
    """The figures are those in results/, as `python benchmarks/readme_tables.py` writes them."""
    assert tables().filled(DOCUMENTS[name]) == DOCUMENTS[name]


def test_every_table_has_a_place() -> None:
    places = re.findall(r"<!-- ([\w-]+) -->", "".join(DOCUMENTS.values()))
    assert sorted(places) == sorted(tables().TABLES)
