"""What is wrong with a call is said before any work: before torch is loaded, before a byte is read that takes long to read.

All cases run in one fresh process, which says what each of them loaded.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

import mdlbench
from mdlbench.cli import main

HEAVY = ("torch", "transformers", "numba", "vl_convert")
SCRIPT = f"""
import contextlib, io, json, sys
from mdlbench.cli import main

for arguments in json.load(sys.stdin):
    absent = arguments.pop(0).split()
    hidden = {{name: sys.modules.pop(name) for name in absent if name in sys.modules}}
    sys.modules |= dict.fromkeys(absent)
    said, code = io.StringIO(), 0
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
        try:
            main(arguments)
        except SystemExit as stop:
            code = stop.code
    for name in absent:
        del sys.modules[name]
    sys.modules |= hidden
    print(json.dumps([code, said.getvalue(), [name for name in {HEAVY} if name in sys.modules]]))
"""
PLACES = {  # where no file can be written; what is said of it, OPTION being the one that named it
    "there{end}": "there{end} exists; overwrite it with -f, or name another output with OPTION",
    "folder{end}": "folder{end} is a folder; name a file in it with OPTION",
    "no/such/x{end}": "no/such: no such folder; make it first, or name another output with OPTION",
    "there{end}/x{end}": "there{end} is no folder; name another with OPTION",
    "/proc/x{end}": "/proc cannot be written to (no such file or directory); name another folder with OPTION",
}
FILES = {  # every command that writes a file, named last, with the ending of that; with a network if it takes a model
    ("compress", "text", "-m", "hf:./network", "-o"): "",
    ("decompress", "text", "-m", "hf:./network", "-o"): "",
    ("eval", "text", "-m", "hf:./network", "--tokens"): ".html",
    ("eval", "text", "-m", "hf:./network", "--tokens", "new.html", "--tokens"): ".jsonl",
    ("algorithmic", "pi", "--plot"): ".png",
    ("hmm", "entropy", "coin", "--plot"): ".png",
    ("hmm", "generate", "coin", "-n", "10", "-o"): "",
    ("lossarea", "llama", "--plot"): ".png",
    ("lossarea", "logs", "text", "--plot"): ".png",
    ("lossarea", "train", "--sizes", "10k", "--corpus", "text", "--plot"): ".png",
    ("report", "no-results", "-o"): "",
    ("prequential", "labels", "digits", "--plot"): ".png",
    ("prequential", "text", "text", "--learner", "hf:./network", "--plot"): ".png",
    ("prequential", "probe", "text", "-m", "hf:./network", "--plot"): ".png",
}
FOLDERS = (  # every command that writes into a folder, named last, which need not be there
    ("eval", "text", "-m", "hf:./network", "--output-path"),
    ("algorithmic", "pi", "--output-path"),
    ("hmm", "entropy", "coin", "--output-path"),
    ("hmm", "belief", "no-run", "--plots"),
    ("hmm", "belief", "no-run", "--output-path"),
    ("hmm", "train", "coin", "-o"),
    ("hmm", "train", "coin", "-o", "run", "--output-path"),
    ("train", "text", "-o"),
    ("train", "text", "-o", "run", "--output-path"),
    ("report", "no-results", "--plots"),
    ("leaderboard", "run", "-C", "text", "-m", "hf:./network", "--output-path"),
    ("lossarea", "llama", "--output-path"),
    ("lossarea", "logs", "text", "--output-path"),
    ("lossarea", "train", "--sizes", "10k", "--corpus", "text", "-o"),
    ("lossarea", "train", "--sizes", "10k", "--corpus", "text", "--output-path"),
    ("prequential", "labels", "digits", "-o"),
    ("prequential", "labels", "digits", "--output-path"),
    ("prequential", "text", "text", "--output-path"),
    ("prequential", "probe", "text", "-m", "hf:./network", "-o"),
    ("prequential", "probe", "text", "-m", "hf:./network", "--output-path"),
)
TAKE_MODELS = (  # every command that takes models
    ("compress", "text", "-o", "new"),
    ("compress", "text", "there", "-o", "new/"),
    ("decompress", "text", "-o", "new"),
    ("verify", "text"),
    ("inspect", "text", "--decode"),
    ("eval", "text"),
    ("eval", "text", "--tokens", "new.html"),
    ("algorithmic", "pi"),
    ("doctor",),
    ("leaderboard", "run", "-C", "text", "--output-path", "new"),
    ("prequential", "probe", "text"),
)
WRONG = {  # models that cannot be
    "hf:./nowhere": "there is no folder nowhere",
    "hf:./folder": "holds no config.json",
    "hf": "hf: names no model",
    "ct": "no model 'ct'",
    "cm,level=10": "level=10 is not one of 1 to 9",
    "cm,levle=1": "no option 'levle'",
    "external:nothing": "no external compressor 'nothing'",
    "hmm:nothing": "no process 'nothing'",
    "./nothing.py:Own": "nothing.py",
}
ABSENT = {  # what is not installed: calls that need it
    "torch": [
        *((*command, "-m", "hf:./network") for command in TAKE_MODELS),
        *(("prequential", "text", "text", "--learner", one) for one in ("gru", "hf:./network")),
        ("lossarea", "train", "--sizes", "10k", "--corpus", "text"),
    ],
    "transformers": [("eval", "text", "-m", "hf:./network"), ("algorithmic", "pi", "--hf", "./network")],
    "vl_convert": [
        ("report", "no-results", "--plots", "new"),
        ("algorithmic", "pi", "--plot", "new.png"),
        ("hmm", "entropy", "coin", "--plot", "new.png"),
        ("prequential", "labels", "digits", "--plot", "new.png"),
        ("hmm", "belief", "no-run", "--plots", "new"),
        ("lossarea", "llama", "--plot", "new.png"),
        ("lossarea", "logs", "text", "--plot", "new.png"),
        ("lossarea", "train", "--sizes", "10k", "--corpus", "text", "--plot", "new.png"),
    ],
}


class Case(NamedTuple):
    absent: str
    arguments: tuple[str, ...]
    said: str


def cases() -> Iterator[Case]:
    for command, end in FILES.items():
        for place, said in PLACES.items():
            if place != "folder{end}" or "-o" not in command or command[0] == "hmm":  # others make a file in it
                yield Case("", (*command, place.format(end=end)), said.format(end=end).replace("OPTION", command[-1]))
    for command in FOLDERS:
        yield Case("", (*command, "text"), f"text is no folder; name another with {command[-1]}")
        yield Case(
            "",
            (*command, "/proc/x"),
            f"/proc cannot be written to (no such file or directory); name another folder with {command[-1]}",
        )
    for command in TAKE_MODELS:
        yield from (Case("", (*command, "-m", "hf:./network", "-m", wrong), said) for wrong, said in WRONG.items())
    for package, commands in ABSENT.items():
        yield from (Case(package, command, "is not installed; run: pip install 'mdlbench[") for command in commands)
    yield Case("", ("eval", "text", "-m", "hf:./network", "-m", "external:xz"), "external:xz gives no probabilities")
    yield Case("", ("eval", "text", "-m", "hf:./network", "-m", "kt", "--compat", "lm-eval"), "runs hf: models, not kt")


def test_what_is_wrong_is_said_before_any_work(tmp_path: Path) -> None:
    for name in ("text", "there", "there.html", "there.jsonl", "there.png"):
        (tmp_path / name).write_bytes(b"to be or not to be")
    for name in ("folder", "folder.html", "folder.jsonl", "folder.png", "network"):
        (tmp_path / name).mkdir()
    for name in ("config.json", "model.safetensors"):
        (tmp_path / "network" / name).write_text("{}")
    before = sorted(tmp_path.rglob("*"))
    asked = list(cases())
    assert len(set(asked)) == len(asked)
    process = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=tmp_path, input=json.dumps([[case.absent, *case.arguments] for case in asked]), capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(Path(mdlbench.__file__).parents[1])},
    )  # fmt: skip
    assert process.returncode == 0, process.stderr
    answers = [json.loads(line) for line in process.stdout.splitlines()]
    for case, (code, said, loaded) in zip(asked, answers, strict=True):
        assert (code, loaded) == (2, []), (case, said)
        assert case.said in said, case
        assert (said.startswith("mdlbench: "), said.count("\n")) == (True, 1), (case, said)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_folder_that_is_not_there_is_made_with_what_is_written_to_it(tmp_path: Path) -> None:
    (tmp_path / "text").write_bytes(b"to be or not to be")
    with pytest.raises(SystemExit):
        main(["compress", str(tmp_path / "text"), "-m", "kt", "-q", "-o", f"{tmp_path}/new/deep/"])
    assert (tmp_path / "new" / "deep" / "text.mdlz").is_file()
