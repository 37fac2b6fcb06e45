"""What is kept between runs is taken only as it was written, and from folders that no one else can change."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mdlbench.models.cm import native
from mdlbench.numerics import cache

posix = pytest.mark.skipif(os.name != "posix", reason="owners and modes are POSIX's")
DATA = bytes(range(256)) * 4


@pytest.fixture(autouse=True)
def _own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setenv("MDLBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(cache.tempfile, "gettempdir", lambda: str(tmp_path / "temporary"))
    cache.kernels_dir.cache_clear()
    yield
    cache.kernels_dir.cache_clear()


def test_the_folder_follows_the_platform(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert cache.cache_dir() == tmp_path / "cache"
    monkeypatch.delenv("MDLBENCH_CACHE")
    for variable in ("XDG_CACHE_HOME", "LOCALAPPDATA", "HOME"):
        monkeypatch.setenv(variable, str(tmp_path))
    for platform, place in {"linux": "", "win32": "", "darwin": "Library/Caches/"}.items():
        monkeypatch.setattr(cache.sys, "platform", platform)
        assert cache.cache_dir() == tmp_path / place / "mdlbench"


@posix
@pytest.mark.parametrize("value", ["", "relative", "."])
def test_a_variable_that_names_no_folder_counts_as_unset(value: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(cache.sys, "platform", "linux")
    monkeypatch.setenv("MDLBENCH_CACHE", "")
    monkeypatch.setenv("XDG_CACHE_HOME", value)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache.cache_root() == tmp_path / ".cache" / "mdlbench"
    monkeypatch.setenv("HOME", value)
    monkeypatch.setattr("pwd.getpwuid", lambda user: type("Entry", (), {"pw_dir": "/of/the/system"}))
    assert cache.cache_root() == Path("/of/the/system/.cache/mdlbench")


@posix
def test_a_user_whom_the_system_does_not_know_has_a_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def unknown(user: int) -> None:
        raise KeyError(user)

    for variable in ("MDLBENCH_CACHE", "XDG_CACHE_HOME", "HOME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr("pwd.getpwuid", unknown)
    assert tmp_path in cache.cache_root().parents


def loop(path: Path) -> None:
    path.symlink_to(path)


def bound(path: Path) -> None:
    os.chdir(path.parent)  # the name of a socket is short
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(path.name)


THINGS: dict[str, Callable[[Path], object]] = {
    "pipe": os.mkfifo,
    "folder": Path.mkdir,
    "loop": loop,
    "socket": bound,
    "null": lambda path: path.symlink_to("/dev/null"),
    "terminal": lambda path: path.symlink_to("/dev/tty"),
    "zeros": lambda path: path.symlink_to("/dev/zero"),
    "nowhere": lambda path: path.symlink_to("nowhere"),
}


@posix
@pytest.mark.parametrize("thing", THINGS)
def test_what_is_no_file_is_not_waited_for(thing: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """In place of a file, of the folder of kernels, and of the cache."""
    monkeypatch.chdir(tmp_path)
    path = cache.cache_dir("kernels") / "code"
    THINGS[thing](path)
    assert cache.kept("code") is None
    cache.keep("code", DATA)
    assert cache.kept("code") == (None if thing == "folder" else DATA)
    if thing == "folder":
        return
    for name in ("kernels", "cache"):
        place = tmp_path / "cache" / name if name == "kernels" else tmp_path / "cache"
        place.rename(tmp_path / f"old {name}")
        THINGS[thing](place)
        cache.kernels_dir.cache_clear()
        assert cache.kernels_dir() == tmp_path / "temporary" / f"mdlbench-{os.getuid()}" / "kernels"
        place.unlink()
        (tmp_path / "cache").mkdir(exist_ok=True)


def test_only_what_was_written_is_read() -> None:
    cache.keep("code", DATA)
    assert cache.kept("code") == DATA
    path = cache.cache_dir("kernels") / "code"
    whole = path.read_bytes()
    changed = [whole[:n] for n in (0, 1, 15, 16, 17, len(whole) - 1)] + [whole + b"\0"]
    changed += [whole[:n] + bytes([whole[n] ^ 1 << n % 8]) + whole[n + 1 :] for n in range(0, len(whole), 37)]
    for text in changed:
        path.write_bytes(text)
        assert cache.kept("code") is None
    path.with_name("other").write_bytes(whole)
    assert cache.kept("other") is None, "another's file"


def open_to_others(path: Path) -> None:
    path.chmod(0o777)


def group_of_others(path: Path) -> None:
    os.chown(path, -1, 12345)
    path.chmod(0o775)


def of_another(path: Path) -> None:
    os.chown(path, 12345, -1)


@posix
@pytest.mark.parametrize("spoil", [open_to_others, group_of_others, of_another])
@pytest.mark.parametrize("place", ["kernels", ".", "..", "../.."])
@pytest.mark.parametrize("root", ["MDLBENCH_CACHE", "XDG_CACHE_HOME", "HOME"])
def test_a_folder_that_others_can_change_is_not_read(
    root: str, place: str, spoil: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    if spoil is not open_to_others and os.getuid():
        pytest.skip("only the administrator gives files away")
    monkeypatch.setattr(cache.sys, "platform", "linux")
    base = tmp_path / "above" / "between" / "base"
    monkeypatch.delenv("MDLBENCH_CACHE")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv(root, str(base))
    cache.keep("code", DATA)
    assert cache.kept("code") == DATA
    spoil((cache.cache_root() / place).resolve())
    cache.kernels_dir.cache_clear()
    assert cache.kept("code") is None
    cache.keep("code", DATA)
    assert cache.kept("code") == DATA, "in the temporary folder"


@posix
def test_a_file_that_others_can_change_is_not_read() -> None:
    cache.keep("code", DATA)
    (cache.cache_dir("kernels") / "code").chmod(0o666)
    assert cache.kept("code") is None


@posix
def test_a_parent_that_keeps_names_for_their_owners_is_good(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared").chmod(0o1777)
    monkeypatch.setenv("MDLBENCH_CACHE", str(tmp_path / "shared" / "cache"))
    assert cache.cache_dir() == tmp_path / "shared" / "cache"


@posix
def test_without_a_safe_place_nothing_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tmp_path.chmod(0o777)
    assert cache.kernels_dir() is None
    cache.keep("code", DATA)
    assert cache.kept("code") is None
    cache.announce_compilation("bits", 3)
    assert capsys.readouterr().err == "mdlbench: compiling bits (about 3 s); no folder to keep it in is safe\n"


KERNEL = "from mdlbench.numerics.compiled import kernel\n\n\n@kernel\ndef doubled(n):\n    return 2 * n\n"


def test_a_damaged_kernel_is_compiled_again(tmp_path: Path) -> None:
    """Emptied, cut, a bit changed in its machine code, a pipe; beside another process that does the same."""
    (tmp_path / "own_kernel.py").write_text(KERNEL)
    program = "import own_kernel as own; print(own.doubled(21), len(own.doubled.stats.cache_hits))"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])}

    def started() -> subprocess.Popen[str]:
        command = [sys.executable, "-c", program]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment)

    def output() -> str:
        with started() as process:
            return process.communicate(timeout=60)[0]

    assert output() == "42 0\n"
    (path,) = cache.cache_dir("kernels").iterdir()
    whole = path.read_bytes()
    middle = len(whole) // 2
    for damaged in (b"", whole[:middle], whole[:middle] + bytes([whole[middle] ^ 64]) + whole[middle + 1 :]):
        path.write_bytes(damaged)
        assert output() == "42 0\n"
    path.unlink()
    if os.name == "posix":
        os.mkfifo(path)
    with started() as one, started() as other:
        assert {process.communicate(timeout=60)[0] for process in (one, other)} <= {"42 0\n", "42 1\n"}
    assert output() == "42 1\n"


def test_damaged_machine_code_of_cm_is_compiled_again(monkeypatch: pytest.MonkeyPatch) -> None:
    compilations = []
    monkeypatch.setattr(native, "_compile", lambda kernel, arguments: compilations.append(kernel) or DATA)
    for _ in range(2):
        assert native._object_file("fast", ()) == DATA
    assert compilations == ["fast"]
    (path,) = cache.cache_dir("kernels").iterdir()
    path.write_bytes(path.read_bytes()[:-1])
    assert native._object_file("fast", ()) == DATA
    assert compilations == ["fast"] * 2
