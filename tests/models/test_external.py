"""External compressors: real files, bounded and refused readings, programs that misbehave."""

import bz2
import gzip
import lzma
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mdlbench.errors import DamagedBlockError, MdlbenchError, MissingExtraError, SpecError, UsageError
from mdlbench.models import load_model
from mdlbench.models.external import PACKAGES, PROGRAMS, External
from mdlbench.models.external.programs import Program, run_bounded

TEXT = b"How much wood would a woodchuck chuck if a woodchuck could chuck wood? " * 40
BLOCKS = [TEXT, b"", b"\0", bytes(range(256)), bytes(100_000)]


def external(name: str) -> External:
    """The model, or a skip that says what is missing."""
    try:
        model = load_model(f"external:{name}")
    except UsageError as error:
        pytest.skip(str(error))
    assert isinstance(model, External)
    return model


@pytest.mark.parametrize("name", [*PACKAGES, *PROGRAMS])
def test_blocks_come_back(name: str) -> None:
    model = external(name)
    encoded = model.encode(BLOCKS)
    assert model.decode([e.payload for e in encoded], [len(block) for block in BLOCKS]) == BLOCKS
    assert all(e.ideal_bits is None and e.quantised_bits is None for e in encoded)
    assert model.decode_bare(model.encode_bare(b""), 0) == b""
    assert len(encoded[0].payload) < len(TEXT) / 2
    assert any(character.isdigit() for character in model.version or "")
    assert model.decoder().find().files


@pytest.mark.parametrize("name", [*PACKAGES, *PROGRAMS])
def test_files_are_refused_when_cut_or_of_the_wrong_size(name: str) -> None:
    model = external(name)
    payload = model.encode_bare(TEXT)
    with pytest.raises(DamagedBlockError, match=rf"external:{name}.*payload|external:{name} made"):
        model.decode([payload[: len(payload) // 2]], [len(TEXT)])
    with pytest.raises(DamagedBlockError):
        model.decode([b"not a compressed file"], [len(TEXT)])
    if name != "ppmd":  # whose bare stream has no end: the block's checksum must tell
        for size in (len(TEXT) - 1, len(TEXT) + 1, 1):
            with pytest.raises(DamagedBlockError, match="bytes of a block of"):
                model.decode([payload], [size])


@pytest.mark.parametrize("name", ["gzip", "bz2", "xz", "zstd", "brotli"])
def test_a_bomb_is_cut_off(name: str) -> None:
    """100 MB of zeros in a few kB must not be inflated where 1000 bytes are due."""
    model = external(name)
    payload = model.encode_bare(bytes(100_000_000))
    begin = time.perf_counter()
    with pytest.raises(DamagedBlockError, match="more than 1000 bytes of a block of 1000"):
        model.decode([payload], [1000])
    assert time.perf_counter() - begin < 1.0


@pytest.mark.parametrize("name", ["gzip", "bz2", "xz", "zstd", "brotli"])
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damage_is_an_error_or_the_right_length(name: str, data: st.DataObject) -> None:
    model = external(name)
    payload = bytearray(model.encode_bare(TEXT))
    for position in data.draw(st.lists(st.integers(0, len(payload) - 1), min_size=1, max_size=3)):
        payload[position] ^= data.draw(st.integers(1, 255))
    with suppress(DamagedBlockError):
        assert len(model.decode_bare(bytes(payload), len(TEXT))) == len(TEXT)


@pytest.mark.parametrize("position", [0, 1, 40, 90])
def test_damaged_ppmd_does_not_take_the_process_along(position: int) -> None:
    model = external("ppmd")
    payload = bytearray(model.encode_bare(TEXT))
    payload[min(position, len(payload) - 1)] ^= 0x55
    with suppress(DamagedBlockError):
        assert len(model.decode_bare(bytes(payload), len(TEXT))) == len(TEXT)


def test_payloads_are_the_plain_files_of_the_compressors() -> None:
    assert gzip.decompress(external("gzip").encode_bare(TEXT)) == TEXT
    assert bz2.decompress(external("bz2").encode_bare(TEXT)) == TEXT
    assert lzma.decompress(external("xz").encode_bare(TEXT)) == TEXT
    for name, argv in {"zstd": ["zstd", "-dc"], "brotli": ["brotli", "-dc"]}.items():
        payload = external(name).encode_bare(TEXT)
        try:
            assert subprocess.run(argv, input=payload, capture_output=True, check=True).stdout == TEXT
        except FileNotFoundError:
            pytest.skip(f"needs the program {name}")


def test_known_sizes(shared_data: Path) -> None:
    """The first 1,000,000 bytes of enwik8, as the programs themselves compress them (the design's reference sizes)."""
    data = (shared_data / "enwik8.first4000000").read_bytes()[:1_000_000]
    assert len(external("xz").encode_bare(data)) == 290_732
    assert len(external("brotli").encode_bare(data)) == pytest.approx(281_012, rel=1e-3)
    assert len(external("ppmd").encode_bare(data)) == pytest.approx(254_401, rel=1e-3)


def test_levels_and_digests() -> None:
    assert load_model("external:xz,level=9e").spec == "external:xz"
    assert load_model("external:xz,level=6").spec == "external:xz,level=6"
    specs = ["external:xz", "external:xz,level=6", "external:gzip", "external:bz2"]
    assert len({load_model(spec).digest for spec in specs}) == len(specs)
    assert len(load_model("external:gzip,level=1").encode([TEXT * 9])[0].payload) > len(
        load_model("external:gzip").encode([TEXT * 9])[0].payload
    )
    assert load_model("external:gzip").environment() == {}


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("external:rar", "no external compressor 'rar'; packages: gzip, .*programs: zpaq"),
        ("external", "no external compressor ''"),
        ("external:gzip,level=12", "no level 12; choose from 1, 2"),
        ("external:xz,memory=3", "no option 'memory'"),
    ],
)
def test_bad_specs_are_refused(spec: str, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        load_model(spec)


def test_no_probabilities() -> None:
    model = load_model("external:gzip")
    assert not model.has_probabilities
    with pytest.raises(MdlbenchError, match=r"gives no probabilities.*compare file sizes"):
        model.code_length([TEXT])


def test_missing_packages_and_programs_name_their_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "brotli", None)
    with pytest.raises(MissingExtraError, match=r"brotli is not installed; run: pip install 'mdlbench\[external\]'"):
        load_model("external:brotli")
    monkeypatch.setitem(PROGRAMS, "zpaq", replace(PROGRAMS["zpaq"], executables=("no-such-zpaq",)))
    with pytest.raises(UsageError, match="no-such-zpaq is not in PATH; run: apt-get install zpaq"):
        load_model("external:zpaq")


REVERSE = "import sys; d = sys.stdin.buffer.read(); sys.stdout.buffer.write(d[::-1])"


def fake(compress: str, decompress: str, **changes: object) -> Program:
    """A row whose program is this Python, running the given code."""
    row = Program((sys.executable,), ("1",), "1", "fake", ("-c", compress), ("-c", decompress), "install Python")
    return replace(row, **changes)  # type: ignore[arg-type]


def test_a_row_is_all_that_a_program_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PROGRAMS, "reverse", fake(REVERSE, REVERSE))
    model = load_model("external:reverse")
    assert model.encode([b"abc"])[0].payload == b"cba"
    assert model.decode([b"cba"], [3]) == [b"abc"]


def test_floating_point_programs_belong_to_an_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PROGRAMS, "reverse", fake(REVERSE, REVERSE, portability="environment"))
    model = load_model("external:reverse")
    assert model.portability == "environment"
    assert set(model.environment()) == {"reverse", "machine"}


def test_failures_of_programs_are_clean_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PROGRAMS, "broken", fake("raise SystemExit('disk on fire')", "import os; os.abort()"))
    model = load_model("external:broken")
    with pytest.raises(MdlbenchError, match=r"failed with exit code 1: disk on fire"):
        model.encode([b"abc"])
    with pytest.raises(DamagedBlockError, match="ended by signal 6"):
        model.decode([b"abc"], [3])


def test_a_program_that_never_ends_is_ended() -> None:
    begin = time.perf_counter()
    with pytest.raises(MdlbenchError, match="was ended after 1 s"):
        run_bounded([sys.executable, "-c", "while True: pass"], "packed", "data", b"", 10, seconds=0.6)
    assert time.perf_counter() - begin < 10


@pytest.mark.skipif(sys.platform != "linux", reason="RLIMIT_FSIZE is set on Linux only")
def test_a_program_that_writes_for_ever_is_ended() -> None:
    code = "import sys\nwhile True: sys.stdout.buffer.write(bytes(1 << 20))"
    with pytest.raises(MdlbenchError, match=r"File too large|signal 25"):
        run_bounded([sys.executable, "-c", code], "packed", "data", b"", 10, seconds=60)


def test_a_program_that_writes_nothing() -> None:
    with pytest.raises(MdlbenchError, match="ended without writing its result"):
        run_bounded([sys.executable, "-c", "0", "data"], "packed", "data", b"", 10, seconds=60)


def test_an_archive_of_other_files_is_refused(tmp_path: Path) -> None:
    model = external("zpaq")
    (tmp_path / "elsewhere").write_bytes(b"abc")
    subprocess.run(["zpaq", "add", "a.zpaq", "elsewhere"], cwd=tmp_path, check=True, capture_output=True)
    with pytest.raises(DamagedBlockError, match="holds elsewhere instead of the one file"):
        model.decode([(tmp_path / "a.zpaq").read_bytes()], [3])
