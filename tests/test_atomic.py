"""Files that appear whole or not at all: also on a full disk, beside a second writer, and in errors' own words."""

import errno
import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mdlbench.atomic import (
    check_folder,
    is_stream,
    open_stream,
    own_descriptor,
    whole_file,
    whole_folder,
    write_new,
    write_whole,
)
from mdlbench.errors import UsageError


def fill(error: OSError, monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on nothing can be flushed to disk."""

    def full(descriptor: int) -> None:
        raise error

    monkeypatch.setattr(os, "fsync", full)


def test_a_file_appears_when_its_block_ends(tmp_path: Path) -> None:
    with whole_file(tmp_path / "a", replace=False) as sink:
        sink.write(b"text")
        assert not (tmp_path / "a").exists()
    assert (tmp_path / "a").read_bytes() == b"text"
    assert os.listdir(tmp_path) == ["a"]


def test_nothing_is_left_of_a_block_that_fails(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), whole_file(tmp_path / "a", replace=False):
        _ = 1 / 0
    assert os.listdir(tmp_path) == []


def test_a_full_disk_is_told_of_by_the_files_name_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(OSError(errno.ENOSPC, "no space left on device"), monkeypatch)
    with pytest.raises(OSError, match="no space left") as caught:
        write_whole(tmp_path / "a", "text")
    assert caught.value.filename == str(tmp_path / "a")
    assert os.listdir(tmp_path) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_closing_on_a_full_disk_does_not_keep_the_temporary_file(tmp_path: Path) -> None:
    """What is still buffered fails once more when the file is closed."""

    def write() -> None:
        with whole_file(tmp_path / "a", replace=False) as sink, open("/dev/full", "wb", buffering=0) as full:
            os.dup2(full.fileno(), sink.fileno())
            sink.write(b"x" * 10)

    with pytest.raises(OSError, match="space"):
        write()
    assert os.listdir(tmp_path) == []


def test_a_second_writer_is_not_overwritten(tmp_path: Path) -> None:
    target = tmp_path / "a"

    def write() -> None:
        with whole_file(target, replace=False) as sink:
            sink.write(b"late")
            target.write_bytes(b"first")

    with pytest.raises(FileExistsError) as caught:
        write()
    assert caught.value.filename == str(target)
    assert target.read_bytes() == b"first"
    write_whole(target, b"replaced")
    assert target.read_bytes() == b"replaced"
    assert os.listdir(tmp_path) == ["a"]


def test_names_that_are_taken_are_passed_over(tmp_path: Path) -> None:
    assert [write_new(tmp_path, "row", ".json", "{}").name for _ in range(3)] == ["row.json", "row-2.json", "row-3.json"]


def test_a_new_file_has_the_permissions_of_any(tmp_path: Path) -> None:
    (tmp_path / "any").write_text("")
    write_whole(tmp_path / "new", "text")
    modes = {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("any", "new")}
    assert len(modes) == 1


def test_a_folder_that_may_not_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        write_whole(tmp_path / "none" / "a", "text")
    assert caught.value.filename == str(tmp_path / "none" / "a")


def test_a_folder_is_seen_to_be_writable_before_the_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to("nowhere")
    monkeypatch.chdir(tmp_path)
    check_folder("not/yet/there")
    check_folder(tmp_path)
    assert sorted(os.listdir()) == ["file", "link"]
    for place, nearest in (("file", "file"), ("file/below", str(tmp_path / "file")), ("link", "link")):
        with pytest.raises(UsageError, match=f"^{nearest} is no folder; name another with --plots$"):
            check_folder(place, "--plots")


def test_a_folder_that_takes_no_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    with pytest.raises(UsageError, match=r"cannot be written to \(read-only file system\); name another folder with --output-"):
        check_folder(tmp_path / "rows")


def test_a_folder_appears_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every file and the folder are on the disk before it has its name; what was there stays until then."""
    events: list[str] = []
    fsync, rename = os.fsync, os.rename
    monkeypatch.setattr(os, "fsync", lambda number: events.append("flushed") or fsync(number))
    monkeypatch.setattr(os, "rename", lambda *names: events.append("renamed") or rename(*names))
    for text in ("old", "new"):
        events.clear()
        with whole_folder(tmp_path / "made") as folder:
            (folder / "part").write_text(text, encoding="utf8")
            assert events == []
        assert events[:3] == ["flushed", "flushed", "renamed"]
        assert (tmp_path / "made" / "part").read_text(encoding="utf8") == text
    with pytest.raises(ValueError, match="broken"), whole_folder(tmp_path / "made") as folder:
        raise ValueError("broken")
    assert [path.name for path in tmp_path.iterdir()] == ["made"]
    assert (tmp_path / "made" / "part").read_text(encoding="utf8") == "new"


@pytest.mark.parametrize("refused", ["chmod", "utime"])
def test_a_file_whose_permissions_are_refused_is_kept(
    refused: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As NTFS and CIFS do."""

    def refuse(path: str, *arguments: object, **options: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted", path)

    def settle(path: str) -> None:
        os.chmod(path, 0o644)
        os.utime(path, (1, 1))

    monkeypatch.setattr(os, refused, refuse)
    with whole_file(tmp_path / "a", replace=False, settle=settle) as sink:
        sink.write(b"text")
    assert (tmp_path / "a").read_bytes() == b"text"
    told = f"permissions or time of {tmp_path / 'a'} could not be set (operation not permitted); it is kept as it is"
    assert capsys.readouterr().err == f"mdlbench: {told}\n"
    assert os.listdir(tmp_path) == ["a"]


LINUX = pytest.mark.skipif(sys.platform != "linux", reason="descriptors as Linux names them")


@LINUX
@pytest.mark.parametrize("folder", ["/proc/self/fd", "/dev/fd", "/proc/{}/fd", "/proc/thread-self/fd"])
@pytest.mark.parametrize("links", [0, 1, 2])
def test_an_open_descriptor_is_written_to_and_not_replaced(folder: str, links: int, tmp_path: Path) -> None:
    """At the place where it stands: what was written before is in front, what comes next behind."""
    with open(tmp_path / "file", "wb") as file:
        file.write(b"head ")
        file.flush()
        path = Path(folder.format(os.getpid()), str(file.fileno()))
        for n in range(links):
            (tmp_path / f"link{n}").symlink_to(path)
            path = tmp_path / f"link{n}"
        before = sorted(os.listdir(tmp_path))
        with open_stream(path) as stream:
            stream.write(b"text")
        assert is_stream(path)
        assert own_descriptor(path) == file.fileno()
        file.write(b" tail")
    assert (tmp_path / "file").read_bytes() == b"head text tail"
    assert sorted(os.listdir(tmp_path)) == before
    assert all((tmp_path / name).is_symlink() for name in before if name != "file")


@LINUX
def test_pipes_and_devices_are_written_to(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "null").symlink_to("/dev/null")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    for name in ("pipe", "null"):
        assert is_stream(tmp_path / name)
        with open_stream(tmp_path / name) as stream:
            stream.write(b"text")
    assert os.read(reader, 9) == b"text"
    os.close(reader)
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)
    assert (tmp_path / "null").is_symlink()
    with pytest.raises(OSError, match="Bad file descriptor") as caught:
        open_stream(Path("/dev/fd/999"))
    assert caught.value.filename == "/dev/fd/999"


@LINUX
@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("/dev/null"), lambda path: path.symlink_to(path)])
def test_a_file_of_ones_own_takes_the_place_of_what_is_there(make: Callable[[Path], None], tmp_path: Path) -> None:
    """A pipe in a cache would be waited for."""
    make(tmp_path / "a")
    write_whole(tmp_path / "a", "text")
    assert (tmp_path / "a").read_text() == "text"


def test_files_are_no_descriptors(tmp_path: Path) -> None:
    (tmp_path / "fd").mkdir()
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "fd" / "1").touch()
    assert not any(is_stream(tmp_path / name) for name in ("fd", "fd/1", "loop", "none"))
