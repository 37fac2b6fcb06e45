"""What goes wrong around a command: wrong places for results, odd names, closed streams, signals; one line, nothing left."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

import mdlbench
from mdlbench.cli import group, main
from mdlbench.cli.common import option

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="signals and file names as Linux has them")


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of `mdlbench ...`."""
    with pytest.raises(SystemExit) as stop:
        main([str(argument) for argument in arguments])
    captured = capsys.readouterr()
    return int(stop.value.code or 0), captured.out, captured.err


def start(*arguments: object, **options: Any) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "mdlbench", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "text.txt"
    path.write_bytes(b"to be or not to be, " * 400)
    return path


def test_a_damaged_file_is_named(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "compress", file, "-m", "kt", "-q")[0] == 0
    container = Path(f"{file}.mdlz")
    good = container.read_bytes()
    container.write_bytes(good[:60] + bytes([good[60] ^ 1]) + good[61:])
    for command in ("decompress", "verify"):
        code, out, err = run(capsys, command, container, "-f" if command == "decompress" else "-q", "--json")
        assert code == 1
        assert err.startswith(f"mdlbench: {container}: block 0 (bytes 0-7999)")
        assert json.loads(out)["input"] == str(container)
    assert {path.name for path in file.parent.iterdir()} == {file.name, container.name}


def test_results_that_have_no_place_are_refused_before_the_work(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "eval", file, "-m", "kt", "--output-path", file)
    assert (code, out, err) == (2, "", f"mdlbench: {file} is no folder; name another with --output-path\n")


def test_an_empty_sample_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").touch()
    code, _, err = run(capsys, "doctor", "-m", "kt", "--sample", tmp_path / "empty")
    assert code == 2
    assert err == f"mdlbench: {tmp_path / 'empty'} is empty; give a sample of some kilobytes\n"


def test_doctor_of_a_program_claims_nothing_of_its_insides(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "doctor", "-m", "external:xz")
    assert code == 0
    assert "the same bytes" in out
    assert "integers or IEEE" not in out


@pytest.mark.parametrize(("name", "shown"), [("external", "zstd"), ("hmm", "mess3")])
def test_a_model_that_takes_names_lists_them(name: str, shown: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert shown in run(capsys, "models", name)[1]
    assert shown in json.loads(run(capsys, "models", name, "--json")[1])["arguments"]


@pytest.mark.parametrize("call", [mdlbench.compress, mdlbench.decompress, mdlbench.verify])
@pytest.mark.parametrize("data", [None, "text", 5])
def test_what_is_not_bytes_is_a_type_error(call: Any, data: Any) -> None:
    with pytest.raises(TypeError):
        call(data)


def test_a_file_that_is_not_there_is_said_to_be_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, "decompress", tmp_path / "none.txt")
    assert (code, err) == (1, f"mdlbench: {tmp_path / 'none.txt'}: no such file or directory\n")


@pytest.mark.parametrize(
    "command",
    [
        "compress {}",
        "decompress {}",
        "verify {}",
        "inspect {}",
        "eval {} -m kt",
        "doctor -m kt --sample {}",
        "train {} -o {}-run",
        "leaderboard run -C {} -m kt --output-path {}-rows",
    ],
)
def test_data_that_are_not_there_have_one_exit_code(command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Those of any file that cannot be read; a name that nothing has (a model, a kind of corpus) is wrong usage."""
    missing = str(tmp_path / "nosuch.mdlz")
    code, out, err = run(capsys, *(word.replace("{}", missing) for word in command.split()))
    assert (code, out) == (1, "")
    assert re.fullmatch(rf"mdlbench: {re.escape(missing)}(:| is) no.*\n", err)
    assert os.listdir(tmp_path) == []


@LINUX
def test_json_gives_names_as_they_are(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A line feed stays one; what is not UTF-8 is written out, and the line is JSON for strict readers."""
    for raw, shown in ((b"new\nline", "new\nline"), (b"bad\xff", "bad\\xff"), (b"\x1b[2J", "\x1b[2J")):
        path = tmp_path / os.fsdecode(raw)
        path.write_bytes(b"text " * 100)
        values = json.loads(run(capsys, "compress", path, "-m", "kt", "--json")[1].encode("utf-8", "strict"))
        assert values["input"] == f"{tmp_path}/{shown}"
        assert values["output"] == f"{tmp_path}/{shown}.mdlz"
        for command in (("eval", path), ("inspect", f"{path}.mdlz"), ("eval", f"{path}-missing")):
            given = () if command[0] == "inspect" else ("-m", "kt")
            values = json.loads(run(capsys, *command, *given, "--json")[1])
            assert values["input"] == str(command[1]).replace(os.fsdecode(raw), shown)
            text = run(capsys, *command, *given)[1]
            assert text.replace("\n", "").isprintable()


@LINUX
@pytest.mark.parametrize(
    ("command", "output"),
    [
        ("compress {text} -m kt", "/dev/stdout"),
        ("compress {text} -m kt -f", "{folder}/link"),
        ("decompress {text}.mdlz", "{folder}/link"),
        ("hmm generate coin -n 9", "/proc/self/fd/1"),
        ("report {folder}/results -f", "/dev/fd/1"),
    ],
)
def test_an_output_that_is_open_is_written_to_as_a_pipe(
    command: str, output: str, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not replaced, which would be the machine's own /dev/stdout; what else is said goes to standard error."""
    folder = file.parent
    assert run(capsys, "compress", file, "-m", "kt", "-q")[0] == 0
    assert run(capsys, "eval", file, "-m", "kt", "-q", "--output-path", folder / "results")[0] == 0
    (folder / "link").symlink_to("/proc/self/fd/1")
    names = {"text": str(file), "folder": str(folder)}
    arguments = [sys.executable, "-m", "mdlbench", *(word.format(**names) for word in command.split()), "-o"]
    wanted = subprocess.run([*arguments, "-"], capture_output=True, check=True).stdout
    with open(folder / "shell", "wb") as shell:
        shell.write(b"head")
        shell.flush()
        subprocess.run([*arguments, output.format(**names)], stdout=shell, stderr=subprocess.PIPE, check=True)
    found = (folder / "shell").read_bytes()
    assert found[:4] == b"head"
    assert len(found) == 4 + len(wanted) if command.startswith("report") else found[4:] == wanted
    assert (folder / "link").is_symlink()


@LINUX
def test_a_closed_standard_error_stops_nothing(file: Path) -> None:
    script = f'exec "{sys.executable}" -m mdlbench compress "{file}" -m kt 2>&-'
    assert subprocess.run(["sh", "-c", script], check=False, stdout=subprocess.DEVNULL).returncode == 0
    assert Path(f"{file}.mdlz").exists()


@LINUX
@pytest.mark.parametrize(
    ("arguments", "number"),
    [
        (("eval", "{big}", "-m", "cm"), signal.SIGINT),
        (("compress", "{big}", "-m", "cm", "-o", "{folder}/out"), signal.SIGTERM),
        (("compress", "{big}", "-m", "cm", "-o", "{folder}/out"), signal.SIGHUP),
        (("compress", "{big}", "-m", "cm", "--block-size", "1M", "-j", "2", "-o", "{folder}/out"), signal.SIGINT),
    ],
)
def test_a_signal_ends_a_running_kernel_at_once(arguments: tuple[str, ...], number: signal.Signals, tmp_path: Path) -> None:
    """Where the kernel would take half a minute; by the exit code of that signal, and nothing is left."""
    big, folder = tmp_path / "big", tmp_path / "folder"
    folder.mkdir()
    big.write_bytes(os.urandom(1 << 16) * 128)
    begun = start(*(part.format(big=big, folder=folder) for part in arguments), start_new_session=True)
    time.sleep(4)
    assert begun.poll() is None
    begun.send_signal(number)
    _, err = begun.communicate(timeout=30)
    assert begun.returncode == 128 + number
    assert err.decode().endswith("mdlbench: interrupted; what was not finished is not kept\n")
    assert list(folder.iterdir()) == []


@LINUX
@pytest.mark.parametrize(
    "command",
    [
        ("models",),
        ("--help",),
        ("--version",),
        ("hmm", "--help"),
        ("compress", "--help"),
        ("corpus", "list", "--json"),
        ("compress", "-c", "-q", "-m", "uniform", "{}"),
    ],
)
def test_a_command_ends_in_silence_once_nobody_reads(command: tuple[str, ...], file: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    arguments = [sys.executable, "-m", "mdlbench", *(part.format(file) for part in command)]
    done = subprocess.run(arguments, stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, b"")


@LINUX
@pytest.mark.parametrize("command", [("models",), ("--help",), ("compress", "-c", "-q", "-m", "uniform", "{}")])
def test_a_full_output_is_told_of(command: tuple[str, ...], file: Path) -> None:
    arguments = [sys.executable, "-m", "mdlbench", *(part.format(file) for part in command)]
    with open("/dev/full", "wb") as full:
        done = subprocess.run(arguments, stdout=full, stderr=subprocess.PIPE, check=False, text=True)
    assert done.returncode == 1
    assert done.stderr == "mdlbench: no space left on device; free some space, or write elsewhere\n"


def test_data_that_end_too_early_are_no_interrupt(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """click takes the one for the other."""

    def end(*_: object) -> None:
        raise EOFError("Ran out of input")

    monkeypatch.setattr("mdlbench.cli.models.describe", end)
    said = "mdlbench: something that was read ends too early (Ran out of input)\n"
    assert run(capsys, "models", "kt") == (1, "", said)


def walk(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command below a group, with the words that call it."""
    context = click.Context(group)
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        assert found is not None
        yield from walk(found, (*path, name)) if isinstance(found, click.Group) else [((*path, name), found)]


def test_every_number_of_the_command_line_has_plain_digits(capsys: pytest.CaptureFixture[str]) -> None:
    """Sizes, counts, ranges and figures: all commands have types of one module."""
    tried = 0
    for _, found in walk(group):
        for parameter in found.params:
            kind = parameter.type
            if getattr(parameter, "is_flag", False):  # -9 takes no number
                continue
            if isinstance(kind, click.types.IntParamType | click.types.FloatParamType | option.Size | option.Range):
                tried += 1
                for text in ("\u0661\u0660", "1_0", "\uff15", "\u00b2", "nan", "inf"):
                    with pytest.raises(click.BadParameter):
                        kind.convert(f"{text}:" if isinstance(kind, option.Range) else text, parameter, None)
    assert tried > 30
