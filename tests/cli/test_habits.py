"""The command line in the hands of zstd's and xz's users, and what is said of names that nearly are one."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mdlbench.cli import COMMANDS
from mdlbench.cli.habits import translated
from mdlbench.models import load_model

TEXT = b"the cat sat on the mat. " * 50


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("-9 x", "compress -9 x"),
        ("-z x", "compress x"),
        ("-dc x", "decompress -c x"),
        ("-d x -o y", "decompress x -o y"),
        ("-9kT0 x", "compress -9kT0 x"),
        ("-kd x", "decompress -k x"),
        ("-T0 -9 x", "compress -T0 -9 x"),
        ("-o -d -z x", "compress -o x"),
        ("--decompress x", "decompress x"),
        ("-t x", "verify x"),
        ("-lq x", "inspect -q x"),
        ("--best x", "compress --best x"),
        ("-", "compress -"),
        ("-m kt -d -- -z", "decompress -m kt -- -z"),
        ("compress -9 x", "compress -9 x"),
        ("eval -t x", "eval -t x"),
        ("-h", "-h"),
        ("--version", "--version"),
        ("nosuch -9", "nosuch -9"),
        ("", ""),
    ],
)
def test_what_is_typed_is_a_command_with_its_options(typed: str, meant: str) -> None:
    assert translated(typed.split(), COMMANDS) == meant.split()


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("x").write_bytes(TEXT)
    Path("folder/deeper").mkdir(parents=True)
    Path("folder/a").write_bytes(TEXT)
    Path("folder/deeper/b").write_bytes(TEXT)
    return tmp_path


def shell(line: str, given: bytes = b"", code: int = 0) -> subprocess.CompletedProcess[bytes]:
    """Run a line of bash in which `mdlbench` is this package."""
    root = Path(__file__).parents[2]
    line = f'mdlbench() {{ "{sys.executable}" -m mdlbench "$@"; }}; {line}'
    environment = {**os.environ, "PYTHONPATH": str(root)}
    done = subprocess.run(["bash", "-c", line], input=given, capture_output=True, check=False, env=environment)
    assert done.returncode == code, done.stderr.decode()
    return done


def test_levels_threads_and_keeping(here: Path) -> None:
    shell("mdlbench -2kT0 x && mdlbench -t x.mdlz && mdlbench -l x.mdlz && mdlbench -dc x.mdlz > y && cmp x y")
    for option, level in (("-1", 1), ("--fast", 1), ("-3", 3), ("--best", 9)):
        done = shell(f"mdlbench compress {option} -c x -m external:gzip --json >/dev/null")
        spec = load_model(f"external:gzip,level={level}").spec
        assert f'"model": "{spec}"' in done.stderr.decode()


def test_a_pipe_is_the_default(here: Path) -> None:
    packed = shell("mdlbench compress -m kt", TEXT).stdout
    assert shell("mdlbench decompress", packed).stdout == TEXT
    assert shell("mdlbench -d", packed).stdout == TEXT
    assert b"every checksum" in shell("mdlbench -t", packed).stdout
    assert b"in a fresh process" in shell("mdlbench verify -m kt -", TEXT).stdout
    assert b"1,200 original bytes" in shell("mdlbench inspect", packed).stdout
    assert b"ideal bits" in shell("mdlbench eval -m kt", TEXT).stdout
    assert b"in a fresh process" in shell("mdlbench verify -m kt <(cat x)").stdout


def test_no_arguments_at_all_compress_in_a_pipe_and_help_elsewhere(here: Path) -> None:
    assert shell("cat x | mdlbench | mdlbench -d").stdout == TEXT
    assert shell("mdlbench < x > y; mdlbench -dc y").stdout == TEXT
    for nothing in ("mdlbench < /dev/null | cat; exit ${PIPESTATUS[0]}", "mdlbench <&- | cat; exit ${PIPESTATUS[0]}"):
        assert b"Commands:" in shell(nothing, code=2).stderr


@pytest.mark.parametrize(
    ("line", "level"), [("mdlbench -12 x", 12), ("mdlbench compress -q19 x", 19), ("mdlbench eval x -10 -m kt", 10)]
)
def test_levels_have_one_digit(here: Path, line: str, level: int) -> None:
    """-12 would be -1 -2, of which the last counts; -T2 is two threads."""
    assert shell("mdlbench -kT2 x -m kt -c").stdout
    said = f"mdlbench: -{level}: levels are -1 to -9; zstd's own level {level} is -m external:zstd,level={level}\n"
    assert shell(line, code=2).stderr.decode() == said


def test_folders(here: Path) -> None:
    shell("mdlbench compress -r folder -m kt -q && mdlbench -tr folder && rm folder/a folder/deeper/b && mdlbench -dr folder")
    assert Path("folder/a").read_bytes() == Path("folder/deeper/b").read_bytes() == TEXT
    assert b"no file below this folder" in shell("mkdir none; mdlbench compress -r none", code=2).stderr


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("mdlbench compres x", "did you mean compress?"),
        ("mdlbench leaderboard shw", "did you mean show?"),
        ("mdlbench compress x --blok-size 3", "--block-size"),
        ("mdlbench compress x -m zstd", "did you mean external:zstd?"),
        ("mdlbench compress x -m cn", "did you mean cm?"),
        ("mdlbench compress x -m ztd", "did you mean external:zstd?"),
        ("mdlbench eval x -m gpt2", "did you mean hf:gpt2?"),
        ("mdlbench eval x -m HuggingFaceTB/SmolLM2-135M", "did you mean hf:HuggingFaceTB/SmolLM2-135M?"),
        ("mdlbench eval x -m folder", "did you mean hf:./folder?"),
        ("mdlbench compress x -m cm,levl=3", "did you mean level?"),
        ("mdlbench compress x -m kt -9", "no option 'level'"),
        ("mdlbench hmm entropy evn", "did you mean even?"),
        ("mdlbench eval enwik", "no such corpus, file or folder; did you mean enwik8 or enwik9?"),
    ],
)
def test_did_you_mean(here: Path, line: str, said: str) -> None:
    done = shell(line, code=1 if "no such corpus" in said else 2)
    assert said in done.stderr.decode()
    assert len(done.stderr.decode().splitlines()) == 1
