"""Adjusted sizes are one rule: what decodes is found, not listed, and weighs what anybody finds who packs it."""

import json
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import mdlbench
from mdlbench.cli import main
from mdlbench.models import load_model
from mdlbench.models.decoders import RULE, Binaries, Files, Source, Unknown, packed, weigh
from mdlbench.models.external import find

ROOT = Path(mdlbench.__file__).parents[1]
LOADED = """
import json, os, sys
import mdlbench
mdlbench.decompress(sys.stdin.buffer.read(), {spec!r})
paths = (getattr(module, "__file__", None) for module in list(sys.modules.values()))
print(json.dumps([os.path.realpath(path) for path in paths if path]))
"""
SYSTEM = ("libc.", "libm.", "libdl.", "libpthread.", "librt.", "libutil.", "libstdc++.", "libgcc_s.", "libpython")
MAPPED = "import lzma, re; lzma.compress(b''); print(re.search(r'/\\S*/liblzma\\S*', open('/proc/self/maps').read())[0])"


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kernels stay where they are: nothing here compiles."""
    monkeypatch.setattr("mdlbench.models.decoders.cache_dir", lambda: tmp_path / "cache")


def packed_outside(folder: Path, names: list[str]) -> int:
    """Bytes of files in a folder under the system's own tar and xz."""
    if shutil.which("tar") is None or shutil.which("xz") is None:
        pytest.skip("needs tar and xz: run apt-get install xz-utils")
    plain = ["--format=gnu", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner", "--mode=0644", "--dereference"]
    tar = subprocess.run(["tar", "-cf", "-", *plain, *sorted(names)], cwd=folder, capture_output=True, check=True).stdout
    return len(subprocess.run(["xz", "-9e", "-T1", "-c"], input=tar, capture_output=True, check=True).stdout)


def loaded_by_a_decode(spec: str) -> set[str]:
    """The modules of the package that a fresh process has loaded once it has decoded with a model."""
    container = mdlbench.compress(b"to be or not to be, " * 50, spec)
    done = subprocess.run([sys.executable, "-c", LOADED.format(spec=spec)], input=container, capture_output=True, check=True)
    paths = map(Path, json.loads(done.stdout))
    return {path.relative_to(ROOT).as_posix() for path in paths if path.is_relative_to(ROOT / "mdlbench")}


@pytest.mark.parametrize("spec", ["uniform", "kt", "ngram", "cm", "cm,level=1", "hmm:even"])
def test_of_a_built_in_model_whatever_a_decode_loads_is_charged(spec: str) -> None:
    files = load_model(spec).decoder().find().files
    assert loaded_by_a_decode(spec) <= set(files)
    assert "mdlbench/leaderboard/cell.py" not in files
    assert "mdlbench/report/page.py" not in files


def test_the_kernels_of_cm_are_charged_though_they_are_loaded_by_name() -> None:
    files = load_model("cm").decoder().find().files
    assert {path.relative_to(ROOT).as_posix() for path in (ROOT / "mdlbench/models/cm").glob("*.py")} <= set(files)


def test_a_built_in_model_weighs_its_source(tmp_path: Path) -> None:
    model = load_model("kt")
    found = model.description()
    assert found.code == packed_outside(ROOT, list(model.decoder().find().files))
    assert {"CPython", "numpy", "numba", "constriction"} <= set(found.shared)
    assert model.description() == found, "from the cache"


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc and ldd")
def test_a_library_weighs_itself_alone() -> None:
    """xz: liblzma as the process maps it, not CPython's wrapper."""
    done = subprocess.run([sys.executable, "-c", MAPPED], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("liblzma is inside this Python")
    found = load_model("external:xz").description()
    ((name, library),) = load_model("external:xz").decoder().find().files.items()
    assert library.samefile(done.stdout.strip())
    assert found.code == packed_outside(library.parent, [name])
    assert set(found.shared) == {"CPython", "libc"}


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc and ldd")
def test_an_executable_weighs_itself_and_its_private_libraries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that is a script, as 7z's is, in front of an executable with a library of its name beside it."""
    folder = tmp_path / "lib"
    folder.mkdir()
    for name, source in (("lzip", sys.executable), ("lzip.so", import_module("_lzma").__file__ or "")):
        shutil.copy(Path(source).resolve(), folder / name)
    (tmp_path / "lzip").write_text(f'#!/bin/sh\nexec {folder}/lzip "$@"\n')
    (tmp_path / "lzip").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    model = load_model("external:lzip")
    assert model.decoder() == Binaries((folder / "lzip", folder / "lzip.so"))
    found = model.decoder().find()
    listed = subprocess.run(["ldd", *map(str, sorted(folder.iterdir()))], capture_output=True, text=True, check=True).stdout
    linked = {line.split()[0] for line in listed.splitlines() if " => /" in line}
    private = {name for name in linked if not name.startswith(SYSTEM)}
    assert set(found.files) == {"lzip", "lzip.so"} | private
    (tmp_path / "all").mkdir()
    for name, path in found.files.items():
        shutil.copy(path, tmp_path / "all" / name)
    assert model.description().code == packed_outside(tmp_path / "all", list(found.files))


@pytest.mark.parametrize("name", ["gzip", "bz2", "xz", "zstd", "brotli", "ppmd", "7z", "zpaq"])
def test_one_decoder_each(name: str) -> None:
    """Not every wheel of a package: the one library that decodes, or the program with what only it uses."""
    compressor = find(name)
    try:
        compressor.check_installed()
    except mdlbench.MdlbenchError as error:
        pytest.skip(str(error))
    found = compressor.decoder().find()
    assert not found.reason
    assert 1 <= len(found.files) <= 3, found.files
    assert not [path for path in found.files if path.startswith(SYSTEM)]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("import numpy\nimport helper_beside_it\n", ""),
        ("import torch, json\n", ""),
        ("import somebodys_codec\n", "it imports somebodys_codec, whose part in decoding cannot be told from the rest"),
        ("def f():\n    import somebodys_codec.deep\n", "it imports somebodys_codec"),
    ],
)
def test_a_predictor_of_your_own_weighs_its_file_and_what_it_stands_on(text: str, reason: str, tmp_path: Path) -> None:
    own = tmp_path / "mine.py"
    own.write_text(text + "from mdlbench import Predictor\n")
    (tmp_path / "helper_beside_it.py").write_text("A = 1\n")
    found = Source(own).find()
    assert found.reason.startswith(reason)
    assert bool(found.reason) == bool(reason)
    assert {"mine.py", "mdlbench/models/own.py", "mdlbench/container/reader.py"} <= set(found.files)
    assert ("helper_beside_it.py" in found.files) == ("helper" in text)
    assert (weigh(Source(own)).code is None) == bool(reason)


def test_what_is_not_found_has_a_reason_and_no_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert weigh(Unknown("because")).code is None
    (tmp_path / "lzip").write_text("#!/usr/bin/env python3\nimport something\n")
    (tmp_path / "lzip").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    found = load_model("external:lzip").description()
    assert (found.code, found.reason) == (None, "lzip is a script, and what decodes is not in the files that it names")
    monkeypatch.setattr("shutil.which", lambda name: None)
    assert Binaries((tmp_path / "lzip",)).find() == Files(
        reason="the libraries that it needs cannot be told here: there is no ldd"
    )


def test_a_pack_is_the_same_whenever_it_is_made(tmp_path: Path) -> None:
    made = []
    for folder, names in (("one", "ab"), ("two", "ba")):
        (tmp_path / folder).mkdir()
        for name in names:
            (tmp_path / folder / name).write_text(name * 100)
        made.append(packed({name: tmp_path / folder / name for name in names}))
        (tmp_path / folder / "a").chmod(0o700)
    assert made[0] == made[1]


def test_a_change_of_any_file_is_weighed_anew(tmp_path: Path) -> None:
    own = tmp_path / "mine.py"
    own.write_text("import mdlbench\n")
    before = weigh(Source(own)).code
    own.write_text("import mdlbench\n" + "".join(f"A{n} = {n * n * 7919}\n" for n in range(500)))
    after = weigh(Source(own)).code
    assert before is not None
    assert after is not None
    assert after > before + 500
    for damaged in (tmp_path / "cache" / "decoders").iterdir():
        damaged.write_text('{"key": 1, "state": []')
    assert weigh(Source(own)).code == after


def test_the_rule_is_one_sentence_everywhere(capsys: pytest.CaptureFixture[str]) -> None:
    """In the help, under the table of the terminal, at its column on the page, and in the README."""
    from mdlbench.leaderboard.exhibits import LEGEND, ranked_table
    from mdlbench.leaderboard.ranking import Group

    for arguments in (["leaderboard", "show", "--help"], ["models", "kt"]):
        with pytest.raises(SystemExit, match="0"):
            main(arguments)
    help_text, model_text = (" ".join(text.split()) for text in capsys.readouterr().out.split("kt: ", 1))
    readme = (ROOT / "mdlbench/leaderboard/README.md").read_text(encoding="utf8")
    column = ranked_table(Group("", (), (), 0, (), {})).columns[-1].definition
    for text in (help_text, model_text, " ".join(LEGEND.split()), " ".join(readme.split()), column):
        assert RULE[1:] in text
