"""The command line, in process where that shows all, in a process of its own where exit codes and pipes matter."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mdlbench.cli import COMMANDS, main
from mdlbench.container import table_of_contents
from tests.check_codec import TEXT


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of a command."""
    with pytest.raises(SystemExit) as stop:
        main([str(argument) for argument in arguments])
    captured = capsys.readouterr()
    return int(stop.value.code or 0), captured.out, captured.err


def process(*arguments: object, data: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "mdlbench", *map(str, arguments)], input=data, capture_output=True, check=False
    )


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "text.txt"
    path.write_bytes(TEXT * 4)
    return path


def test_compress_and_decompress(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "compress", file, "-m", "kt,order=1")
    assert (code, err) == (0, "")
    assert out.count("\n") == 1
    assert re.search(r"[\d.]+ [kM]?B/s, verified in [\d.]+ s  \[kt,order=1 → ", out)
    code, out, _ = run(capsys, "decompress", f"{file}.mdlz", "-o", file.with_name("copy"))
    assert code == 0
    assert file.with_name("copy").read_bytes() == file.read_bytes()
    assert sorted(path.name for path in file.parent.iterdir()) == ["copy", "text.txt", "text.txt.mdlz"]


def test_existing_output_is_refused_without_force(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = Path(f"{file}.mdlz")
    target.write_bytes(b"precious")
    code, _, err = run(capsys, "compress", file, "-m", "kt")
    assert code == 2
    assert "exists; overwrite it with -f" in err
    assert target.read_bytes() == b"precious"
    assert run(capsys, "compress", file, "-m", "kt", "-f")[0] == 0
    code, _, err = run(capsys, "decompress", target)
    assert code == 2
    assert "text.txt exists" in err


def test_several_inputs_go_to_a_directory(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = tmp_path / "other.bin"
    other.write_bytes(bytes(500))
    assert run(capsys, "compress", file, other, "-m", "kt", "-o", tmp_path / "out")[0] == 0
    assert sorted(os.listdir(tmp_path / "out")) == ["other.bin.mdlz", "text.txt.mdlz"]
    packed = [tmp_path / "out" / name for name in ("other.bin.mdlz", "text.txt.mdlz")]
    assert run(capsys, "decompress", *packed, "-o", tmp_path / "back")[0] == 0
    assert (tmp_path / "back" / "text.txt").read_bytes() == file.read_bytes()


def test_json_has_its_stable_fields(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fields = ["input", "output", "input_bytes", "output_bytes", "bits_per_byte", "ideal_bits", "model", "digest"]
    fields += ["portability", "seconds", "verify_seconds", "verified", "ledger"]
    for command in (["compress", file, "-m", "kt"], ["verify", f"{file}.mdlz"], ["verify", file, "-m", "kt"]):
        code, out, _ = run(capsys, *command, "--json")
        values = json.loads(out)
        assert code == 0
        assert values["schema"] == f"mdlbench.{command[0]}/1"
        assert set(fields) <= set(values)
        assert values["verified"] is True
        assert 0 < values["verify_seconds"] <= values["seconds"]
        assert sum(values["ledger"]["bytes"].values()) == values["output_bytes"] == os.path.getsize(f"{file}.mdlz")
        assert values["bits_per_byte"] == pytest.approx(8 * values["output_bytes"] / values["input_bytes"])
    values = json.loads(run(capsys, "eval", file, "-m", "kt", "--json")[1])
    assert {"input", "input_bytes", "ideal_bits", "ideal_bits_per_byte", "model", "policy"} <= set(values)
    wrong = (
        (2, "SpecError", ["eval", file, "-m", "nothing"], {}),
        (1, "DamagedError", ["inspect", file], {"input": str(file)}),
    )
    for expected, kind, command, about in wrong:
        code, out, err = run(capsys, *command, "--json")
        assert code == expected
        message = err.removeprefix("mdlbench: ").strip()
        assert json.loads(out) == {"schema": "mdlbench.error/1", "error": kind, "message": message, **about}


def test_json_of_an_empty_file_has_nulls(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").touch()
    for command in ("compress", "eval", "verify"):
        out = run(capsys, command, tmp_path / "empty", "-m", "kt", "--json")[1]
        values = json.loads(out, parse_constant=lambda word: pytest.fail(f"{word} in JSON"))
        assert values.get("bits_per_byte", values.get("ideal_bits_per_byte")) is None


def test_pipes_work_both_ways(file: Path) -> None:
    packed = process("compress", "-c", "-", "-m", "kt", data=file.read_bytes())
    assert packed.returncode == 0
    assert b"verified" in packed.stderr
    assert process("decompress", "-c", "-", data=packed.stdout).stdout == file.read_bytes()
    joined = process("decompress", "-", data=packed.stdout * 2)
    assert joined.stdout == file.read_bytes() * 2
    spoiled = process("decompress", "-c", "-", data=packed.stdout + b"garbage")
    assert spoiled.returncode == 1
    assert b"not an mdlbench container" in spoiled.stderr


def test_a_reader_that_goes_away_ends_the_process_quietly(file: Path) -> None:
    program = f"{sys.executable} -m mdlbench compress -q --no-verify -m uniform -c {file} | head -c 1 | wc -c"
    done = subprocess.run(["sh", "-c", program], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "1"
    assert "Traceback" not in done.stderr


def test_range_and_salvage(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    packed, copy = tmp_path / "x.mdlz", tmp_path / "part"
    run(capsys, "compress", file, "-m", "kt", "--block-size", "500", "-o", packed)
    assert run(capsys, "decompress", packed, "--range", "1000:1100", "-o", copy)[0] == 0
    assert copy.read_bytes() == file.read_bytes()[1000:1100]
    code, _, err = run(capsys, "decompress", packed, "--range", "5:99999999", "-o", tmp_path / "never")
    assert code == 2
    assert "is not within the" in err
    damaged = bytearray(packed.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    packed.write_bytes(damaged)
    code, _, err = run(capsys, "decompress", packed, "-o", tmp_path / "never")
    assert code == 1
    assert "does not match its checksum; --salvage keeps the others" in err
    assert not (tmp_path / "never").exists()
    code, _, err = run(capsys, "decompress", packed, "--salvage", "-o", tmp_path / "rest")
    assert code == 1
    assert "lost bytes" in err
    rest, original = (tmp_path / "rest").read_bytes(), file.read_bytes()
    assert len(rest) == len(original)
    assert sum(a != b for a, b in zip(rest, original, strict=True)) <= 500


def test_inspect_shows_every_byte(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    packed = tmp_path / "x.mdlz"
    run(capsys, "compress", file, "-m", "kt", "--block-size", "500", "-o", packed)
    out = run(capsys, "inspect", packed, "--decode")[1]
    assert f"file           {packed.stat().st_size:,}" in out
    assert "quantisation" in out
    values = json.loads(run(capsys, "inspect", packed, "--decode", "--json")[1])
    assert sum(values["ledger"]["bytes"].values()) == packed.stat().st_size
    bits = values["ledger"]["payload_bits"]
    assert sum(bits.values()) == pytest.approx(8 * values["ledger"]["bytes"]["payloads"])
    assert 0 <= bits["coder"] <= 64 * len(values["blocks"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["compress", "--rm", "x"], "--rm is reserved; inputs are always kept"),
        (["decompress", "-t", "x"], "-t is reserved; write `mdlbench verify FILE.mdlz`"),
        (["compress", "no such file"], "no such file: no such file or directory"),
        (["compress", "."], ". is a directory; name files"),
        (["decompress", "README.md"], "README.md does not end in .mdlz; name the output with -o or use -c"),
        (["compress", "x", "--block-size", "3Q"], "'3Q' is not a size"),
        (["compress", "x", "-c", "-o", "y"], "-c and -o contradict each other"),
        (["decompress", "x", "--range", "7"], "'7' is not a range; write START:END"),
        (["nothing"], "the commands are: compress, decompress"),
        (["verify", "-", "-"], "standard input can be read only once"),
        (["compress", "-", "-", "-c"], "standard input can be read only once"),
    ],
)
def test_mistakes_are_one_clear_line(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, *arguments)
    assert code != 0
    assert message in err
    assert err.startswith("mdlbench: ")
    assert err.count("\n") == 1
    assert out == ""


def test_every_command_is_documented(capsys: pytest.CaptureFixture[str]) -> None:
    overview = run(capsys, "--help")[1]
    root = Path(__file__).parents[2]
    readme = "".join(path.read_text(encoding="utf8") for path in (root / "README.md", *root.glob("mdlbench/*/README.md")))
    for name in COMMANDS:
        assert name in overview
        assert f"mdlbench {name}" in readme, f"no README.md shows `mdlbench {name}`"
        code, text, _ = run(capsys, name, "--help")
        assert code == 0
        assert "Example:" in text
        assert f"mdlbench {name}" in text


def test_models_and_doctor(capsys: pytest.CaptureFixture[str]) -> None:
    assert "cm" in run(capsys, "models")[1]
    assert "level" in run(capsys, "models", "cm")[1]
    assert json.loads(run(capsys, "models", "kt,order=2", "--json")[1])["spec"] == "kt,order=2"
    code, out, _ = run(capsys, "doctor", "-m", "kt,order=1")
    assert code == 0
    assert out.startswith("kt,order=1: exact\n")


def test_verify_reads_a_damaged_container(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "compress", file, "-m", "kt")
    packed = Path(f"{file}.mdlz")
    assert run(capsys, "verify", packed)[0] == 0
    packed.write_bytes(packed.read_bytes()[:-1])
    code, _, err = run(capsys, "verify", packed)
    assert code == 1
    assert "ends early" in err


def test_full_disk_is_a_clear_error(file: Path) -> None:
    if not os.path.exists("/dev/full"):
        pytest.skip("needs /dev/full")
    done = process("compress", file, "-m", "kt", "-o", "/dev/full")
    assert done.returncode == 1
    assert b"no space left on device; free some space" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("jobs", [1, 2])
def test_an_interrupted_run_leaves_no_output(tmp_path: Path, number: signal.Signals, jobs: int) -> None:
    """In the middle of one long block as well: kernels do not hold up an interrupt."""
    big = tmp_path / "big"
    big.write_bytes(TEXT * 20_000)
    block = "16Mi" if jobs == 1 else "200k"
    command = [sys.executable, "-m", "mdlbench", "compress", "-m", "ngram", "--block-size", block, "-j", str(jobs), str(big)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True) as child:
        temporary: list[Path] = []
        deadline = time.monotonic() + 60
        while not temporary and time.monotonic() < deadline:
            time.sleep(0.05)
            temporary = list(tmp_path.glob(".big.mdlz.*.tmp"))
        assert temporary, "the run never began to write"
        time.sleep(0.3)
        os.killpg(child.pid, number) if number != signal.SIGKILL else child.kill()
        began = time.monotonic()
        try:
            _, err = child.communicate(timeout=30)
        finally:
            child.kill()
        assert time.monotonic() - began < 10
        assert child.returncode not in (0, None)
    assert not (tmp_path / "big.mdlz").exists()
    if number != signal.SIGKILL:
        assert list(tmp_path.iterdir()) == [big]
        assert b"Traceback" not in err


def test_verify_imports_nothing_from_the_current_folder(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("click", "numpy", "random", "mdlbench"):
        file.with_name(f"{name}.py").write_text("raise SystemExit('imported from the current folder')")
    monkeypatch.chdir(file.parent)
    root = Path(__file__).parents[2]
    command = [sys.executable, "-P", "-m", "mdlbench", "verify", "text.txt", "-m", "kt", "-j", "2", "--block-size", "500"]
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": str(root)}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_data_on_stdout_stay_pure(file: Path) -> None:
    done = process("decompress", "--json", "-c", file)
    assert done.returncode == 1
    assert done.stdout == b""
    assert b'"schema": "mdlbench.error/1"' in done.stderr
    done = process("compress", "--json", "-m", "kt", "-c", file.with_name("missing"), file)
    assert done.returncode == 1
    assert done.stdout.startswith(b"mdl\x01")


def test_a_broken_pipe_has_its_exit_code(file: Path) -> None:
    program = f'"{sys.executable}" -m mdlbench compress -q --no-verify -m kt -c "{file}" | true; echo "${{PIPESTATUS[0]}}"'
    big = file.parent / "big"
    big.write_bytes(os.urandom(1 << 20))
    done = subprocess.run(["bash", "-c", program.replace(str(file), str(big))], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "141"
    assert done.stderr == ""


def test_eval_reads_standard_input_once(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, "eval", "-", "-m", "kt", "-m", "uniform")
    assert code == 2
    assert "standard input can be read only once" in err
    code, out, err = run(capsys, "eval", file, file.with_name("missing"), "-m", "kt")
    assert code == 1
    assert "missing: no such corpus, file or folder" in err
    assert "ideal bits per byte" in out


def test_inspect_shows_which_block_is_damaged(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    packed = tmp_path / "x.mdlz"
    run(capsys, "compress", file, "-m", "kt", "--block-size", "500", "-o", packed)
    with packed.open("rb") as source:
        place = table_of_contents(source)[1]
    damaged = bytearray(packed.read_bytes())
    damaged[place.offset + place.stored_size // 2] ^= 1
    packed.write_bytes(damaged)
    code, out, err = run(capsys, "inspect", packed)
    assert (code, err.count("\n")) == (1, 1)
    assert "digest" in err
    states = [line.split()[-1] for line in out.splitlines() if line.split()[:1] and line.split()[0].isdecimal()]
    assert states == ["damaged" if number == 1 else "whole" for number in range(len(states))]
    assert len(states) == -(-file.stat().st_size // 500)
    assert "model kt" in out
    for rest in (b"something else", damaged[: place.offset // 2]):
        packed.write_bytes(rest)
        assert run(capsys, "inspect", packed)[:2] == (1, "")


def test_salvage_says_what_it_proved(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    packed, rest = file.with_name("x.mdlz"), file.with_name("rest")
    run(capsys, "compress", file, "-m", "kt", "--block-size", "500", "-o", packed)
    damaged = bytearray(packed.read_bytes())
    damaged[200] ^= 1
    packed.write_bytes(damaged)
    code, out, _ = run(capsys, "decompress", packed, "--salvage", "-o", rest, "--json")
    values = json.loads(out.splitlines()[0])
    assert code == 1
    assert len(values["lost"]) == 1
    assert "every checksum" not in run(capsys, "decompress", packed, "--salvage", "-o", rest, "-f")[1]


def test_salvage_of_nothing_leaves_what_is_there(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    packed, rest = tmp_path / "x.mdlz", tmp_path / "rest"
    run(capsys, "compress", file, "-m", "kt", "-o", packed)
    packed.write_bytes(packed.read_bytes()[:60])
    rest.write_bytes(b"precious")
    code, out, err = run(capsys, "decompress", packed, "--salvage", "-o", rest, "-f")
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert "nothing is written" in err
    assert rest.read_bytes() == b"precious"
    assert run(capsys, "decompress", packed, "--salvage", "-o", tmp_path / "new")[0] == 1
    assert not (tmp_path / "new").exists()


def test_names_that_are_not_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("new\nline", "caf\udce9", "-dash", "a" * 250):
        path = tmp_path / name
        path.write_bytes(TEXT)
        code, out, err = run(capsys, "compress", "-m", "kt", "-o", tmp_path / "out.mdlz", "-f", "--", path)
        assert code == 0, err
        assert out.count("\n") == 1
    assert run(capsys, "compress", "-m", "kt", "-o", f"{tmp_path}/new/", tmp_path / "-dash")[0] == 0
    assert (tmp_path / "new" / "-dash.mdlz").exists()


def test_noise_grows_by_little_whatever_was_tried(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """At most 64 bytes and 24 a block: a container of raw blocks names no model."""
    noise = tmp_path / "noise"
    noise.write_bytes(os.urandom(5000))
    for spec in ("cm", "kt,order=2", "external:xz", "uniform"):
        out = run(capsys, "compress", noise, "-m", spec, "--block-size", "1k", "-f", "--json")[1]
        assert json.loads(out)["output_bytes"] <= 5000 + 64 + 24 * 5
        assert run(capsys, "decompress", f"{noise}.mdlz", "-o", tmp_path / "back", "-f")[0] == 0
        assert (tmp_path / "back").read_bytes() == noise.read_bytes()


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_interrupted_run_ends_its_programs(tmp_path: Path, jobs: int) -> None:
    if shutil.which("zpaq") is None:
        pytest.skip("needs zpaq: apt-get install zpaq")
    big = tmp_path / "big"
    big.write_bytes(os.urandom(1 << 21))
    environment = {**os.environ, "TMPDIR": str(tmp_path / "tmp")}
    (tmp_path / "tmp").mkdir()
    command = [
        sys.executable,
        "-m",
        "mdlbench",
        "compress",
        "-m",
        "external:zpaq",
        "--block-size",
        "1M",
        "-j",
        str(jobs),
        str(big),
    ]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL, env=environment) as child:
        deadline = time.monotonic() + 60
        while not list(tmp_path.glob("tmp/mdlbench-*/packed.zpaq")) and time.monotonic() < deadline:
            time.sleep(0.02)
        child.send_signal(signal.SIGINT)
        try:
            assert child.wait(30) == 130
        finally:
            child.kill()
    time.sleep(0.5)
    assert not list((tmp_path / "tmp").glob("mdlbench-*"))
    assert not (tmp_path / "big.mdlz").exists()


def test_framing_of_a_short_file_is_told_beside_its_ideal_bits(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A header does not grow with the text: under five parts in a hundred it is not worth a word."""
    short, long = tmp_path / "short", tmp_path / "long"
    short.write_bytes(TEXT[:80])
    long.write_bytes(TEXT * 40)
    assert run(capsys, "compress", short, long, "-m", "kt,order=1")[0] == 0
    found = {
        path.name: json.loads(run(capsys, "compress", path, "-m", "kt,order=1", "--json", "-f")[1]) for path in (short, long)
    }
    ideal = found["short"]["ideal_bits"] / found["short"]["input_bytes"]
    parts = found["short"]["ledger"]["bytes"]
    framing = found["short"]["output_bytes"] - parts["payloads"] - parts["raw_blocks"]
    share = round(100 * framing / found["short"]["output_bytes"])
    assert share > 5
    _, out, _ = run(capsys, "compress", short, long, "-m", "kt,order=1", "-f")
    first, second = out.splitlines()
    assert f" bits per byte (ideal {ideal:.4f}, framing {share} % of the file), " in first
    assert "of the file" not in second


def test_the_speed_of_compress_leaves_verification_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A model that takes a second to decode is as fast to encode as ever."""
    (tmp_path / "slow.py").write_text(SLOW_DECODER)
    source = tmp_path / "text"
    source.write_bytes(b"abc" * 100)
    code, out, _ = run(capsys, "compress", source, "-m", f"{tmp_path}/slow.py:Slow", "--json")
    assert code == 0
    values = json.loads(out)
    assert 0.5 < values["verify_seconds"] <= values["seconds"]
    assert values["seconds"] - values["verify_seconds"] < values["verify_seconds"]
    code, out, _ = run(capsys, "compress", source, "-m", f"{tmp_path}/slow.py:Slow", "--json", "-f", "--no-verify")
    assert json.loads(out)["verify_seconds"] == 0


SLOW_DECODER = """
import time
import numpy as np
from mdlbench import Predictor

class Slow(Predictor):
    resets = 0

    def reset(self, n_streams):
        self.n = n_streams
        Slow.resets += 1

    def predict(self):
        if Slow.resets % 2 == 0:  # each block is encoded, then decoded
            time.sleep(0.003)
        weights = np.ones((self.n, 256))
        weights[:, 97:100] = 100
        return weights

    def update(self, symbols):
        pass
"""
