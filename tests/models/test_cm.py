"""The context mixer: round trips, the same integers everywhere, levels in order, memory in bounds, damage without harm."""

import hashlib
import os
import subprocess
import sys
from decimal import Decimal, localcontext

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mdlbench.errors import SpecError
from mdlbench.models import load_model
from mdlbench.models.cm import detection, fast_memory, levels, memory, most_memory, tables, x86
from mdlbench.models.cm.block import Block
from mdlbench.models.cm.contexts import CONTEXTS, contexts_until
from mdlbench.models.kernels import MEASURE

LEVELS = range(1, 10)


def generated_text(size: int) -> bytes:
    """English-like text from a linear congruential generator: the same on every machine, made of nothing."""
    words = b"the of and model code length mixes bits <b> 1984, prediction\n is in byte context; history".split(b" ")
    state, text = 1, bytearray()
    while len(text) < size:
        state = (state * 1103515245 + 12345) % 2**31
        text += words[(state >> 16) * (state >> 20) % len(words)] + b" "
    return bytes(text[:size])


def machine_code(n_calls: int) -> bytes:
    """x86 instructions with calls to 20 functions and reads of 20 variables, some outside; and fields that overlap."""
    generator, code = np.random.default_rng(2), bytearray()
    for _ in range(n_calls):
        code += generator.choice(np.frombuffer(b"\x48\x89\xc3\x31\xff\x90", np.uint8), generator.integers(9)).tobytes()
        opcode = (b"\xe8", b"\xe9", b"\x48\x8d\x3d", b"\x8b\x05")[generator.choice(4, p=(0.6, 0.1, 0.2, 0.1))]
        target = 512 * int(generator.integers(20)) - len(opcode) % 2 * 1000
        code += opcode + (target - len(code) - len(opcode) - 4).to_bytes(4, "little", signed=True)
    return bytes(code) + b"\xe8\xe8\xe9\0\0\xff\x8b\x05\xe8\0\xff\0\0\xe8\xff\xff\xff"


RECORDS = b"".join(i.to_bytes(4, "little") + (i * i % 997).to_bytes(4, "little") + b"\0row\xff" for i in range(400))
BLOCKS = {
    "empty": b"",
    "one byte": b"x",
    "two bytes": b"\0\xff",
    "255 bytes": bytes(range(255)),
    "every byte twice": bytes(range(256)) * 2,
    "zeros": bytes(20_000),
    "long match": bytes(range(256)) * 80,
    "random": np.random.default_rng(0).integers(0, 256, 3000, np.uint8).tobytes(),
    "invalid UTF-8": b"\xc3\x28\xa0\xa1 \xf0\x28\x8c\xbc caf\xe9 \xff\xfe" * 40,
    "records": RECORDS,
    "text": generated_text(6000),
    "machine code": machine_code(400),
}


@pytest.mark.parametrize("level", LEVELS)
def test_blocks_come_back_and_their_code_length_is_their_size(level):
    model = load_model(f"cm,level={level}")
    blocks = list(BLOCKS.values())
    encoded = model.encode(blocks)
    assert model.decode([each.payload for each in encoded], [len(block) for block in blocks]) == blocks
    for name, block, each, bits in zip(BLOCKS, blocks, encoded, model.code_length(blocks), strict=True):
        assert bits.shape == (len(block),), name
        assert bits.sum() == pytest.approx(each.ideal_bits, rel=1e-9, abs=1e-9), name
        # the last interval may happen to hold a short number: k bits are saved with probability 2**-k
        assert -16 <= 8 * len(each.payload) - each.ideal_bits <= 8 + 1e-4 * each.ideal_bits, name
    assert encoded[0].payload == b""


@settings(max_examples=30, deadline=None)
@given(st.binary(max_size=300), st.integers(1, 30))
def test_any_bytes_come_back(chunk, repeats):
    model, block = load_model("cm"), chunk * repeats
    (encoded,) = model.encode([block])
    assert model.decode([encoded.payload], [len(block)]) == [block]


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=400), st.integers(0, 5000))
def test_any_payload_decodes_to_that_many_bytes(payload, size):
    (block,) = load_model("cm").decode([payload], [size])
    assert len(block) == size


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from([0, 255, 0xE8, 0xE9, 0x8B, 0x8D, 0x05, 0x3D, 1, 0x80]), max_size=60))
def test_addresses_made_absolute_become_relative_again(values):
    """Over every way that fields may overlap, beside the ends of the block too."""
    data = np.array(values, np.uint8)
    flags = np.ones(1, np.int64)
    x86.make_absolute(data, flags)
    x86.make_relative(data, flags)
    assert data.tolist() == values


def test_only_segments_of_code_are_changed():
    """Code between two stretches of other data, with fields across the borders: changed inside, and all changed back."""
    calls = machine_code(14_000)
    assert len(calls) > 2 * x86.SEGMENT
    block = np.frombuffer(bytes(x86.SEGMENT) + calls[: x86.SEGMENT] + RECORDS * 12, np.uint8)
    flags, changed = detection.x86_segments(block), block.copy()
    assert flags.tolist() == [0, 1, 0]
    x86.make_absolute(changed, flags)
    outside = np.r_[: x86.SEGMENT, 2 * x86.SEGMENT + 5 : block.size]
    assert (changed[outside] == block[outside]).all()
    assert (changed != block).any()
    x86.make_relative(changed, flags)
    assert (changed == block).all()


def test_a_function_is_called_by_the_same_bytes_from_everywhere():
    """Published idea (7-Zip's BCJ, zpaq's E8E9): target = field + end of field; here high byte first and within 25 bits."""
    code = b"".join(b"\xe8" + (0x1234 - (at + 5)).to_bytes(4, "little", signed=True) for at in range(0, 50, 5))
    data = np.frombuffer(bytearray(code) + bytes(5), np.uint8)
    x86.make_absolute(data, np.ones(1, np.int64))
    assert data[:50].tobytes() == b"\xe8\x00\x12\x34\x00" * 10


def test_machine_code_is_told_from_other_data():
    def is_code(block):
        return detection.x86_segments(np.frombuffer(block, np.uint8)).any()

    assert is_code(BLOCKS["machine code"])
    others = {name: block for name, block in BLOCKS.items() if name != "machine code"}
    assert [name for name, block in others.items() if is_code(block)] == []
    calls_of_nothing = np.random.default_rng(3).integers(0, 256, (5000, 5), np.uint8)
    calls_of_nothing[:, 0], calls_of_nothing[:, 4] = 0xE8, 0
    assert not is_code(calls_of_nothing.tobytes())
    # calls of one function, and then data that look like instructions and are the same each time
    assert not is_code(machine_code(100) + b"\x01\x05\x11\x22\x33\x00" * 50_000)
    assert not is_code(np.arange(60_000).astype("<i8").tobytes())


def test_absolute_addresses_save_a_fifth(monkeypatch):
    block = machine_code(4000)
    changed = len(load_model("cm").encode([block])[0].payload)
    monkeypatch.setattr(detection, "x86_segments", lambda data: detection.no_segments(data.size))
    assert changed < 0.8 * len(load_model("cm").encode([block])[0].payload)


def test_each_block_starts_afresh():
    model, block = load_model("cm"), BLOCKS["text"]
    once, twice, _ = (each.payload for each in model.encode([block, block, RECORDS]))
    assert once == twice


def test_every_truncation_and_flip_of_a_small_payload_is_survived():
    model, block = load_model("cm"), BLOCKS["text"][:200]
    payload = model.encode([block])[0].payload
    truncated = [payload[:end] for end in range(len(payload))]
    flipped = [(int.from_bytes(payload) ^ 1 << bit).to_bytes(len(payload)) for bit in range(8 * len(payload))]
    damaged = truncated + flipped
    assert {len(out) for out in model.decode(damaged, [len(block)] * len(damaged))} == {len(block)}


def test_zeros_cost_next_to_nothing():
    (encoded,) = load_model("cm").encode([bytes(1_000_000)])
    assert len(encoded.payload) < 250


def test_random_bytes_hardly_expand():
    block = np.random.default_rng(1).integers(0, 256, 100_000, np.uint8).tobytes()
    (encoded,) = load_model("cm").encode([block])
    assert len(encoded.payload) < 1.02 * len(block)


def n_bytes(part) -> int:
    """What the arrays of a nested tuple take."""
    return part.nbytes if isinstance(part, np.ndarray) else sum(map(n_bytes, part)) if isinstance(part, tuple) else 0


def test_memory_is_bounded_by_the_block_and_by_the_option():
    assert sorted(levels.FAST_LEVELS | levels.LEVELS) == list(LEVELS)
    for room, rows in ((fast_memory, levels.FAST_LEVELS), (memory, levels.LEVELS)):
        for number, level in rows.items():
            assert n_bytes(room.fresh_memory(level, 1000, 1 << 28)) < (32 << 20 if number == 9 else 8 << 20)
            assert room.table_bytes(level, 1 << 30, 1 << 20) == 1 << 20
            assert room.table_bytes(level, 1 << 40, 3 << 20) == 2 << 20


def test_a_level_sees_what_lower_ones_see_and_more():
    """Contexts in the order of their levels, so that a level takes the first of them; each with a number of its own."""
    counts = [len(contexts_until(level)) for level in range(4, 10)]
    assert counts == [9, 14, 18, 24, 29, 37]
    assert contexts_until(9) == CONTEXTS
    assert all(contexts_until(level) == CONTEXTS[:count] for level, count in zip(range(4, 10), counts, strict=True))
    assert {context.number for context in CONTEXTS} == set(range(37))
    assert len({context.name for context in CONTEXTS}) == 37


def test_keys_are_those_of_the_contexts_values():
    """What is compiled into machine code, one context after the other, against the same functions called from Python."""
    from mdlbench.models.cm.contexts import Sight, hash2
    from mdlbench.models.cm.inputs import fill_keys

    histories = memory.fresh_memory(levels.LEVELS[6], 100, 1 << 16).histories
    sight = Sight(*np.random.default_rng(4).integers(0, 1 << 32, len(Sight._fields)).tolist())
    fill_keys(histories, sight)
    keys = [hash2(int(context.value(sight)), context.number * 0x1E3779B1 + 1) for context in CONTEXTS[:18]]
    assert histories.notes["key"].tolist() == keys


def test_a_bit_that_was_learned_is_likelier():
    """The two verbs by themselves, as a model that mixes with this one would call them."""
    from mdlbench.models.cm import inputs, kernel

    mixer, looked_up = memory.fresh_memory(levels.LEVELS[4], 100, 1 << 16), memory.kernel_tables()
    kernel.look(mixer, np.zeros(100, np.uint8), 0)
    inputs.fetch_slots(mixer.histories, 1)
    known = inputs.find_slots(mixer.histories)
    forecasts = [kernel.predict_bit(mixer, looked_up, 0, 1, known)]
    for _ in range(3):
        kernel.learn_bit(mixer, looked_up, 1)
        forecasts.append(kernel.predict_bit(mixer, looked_up, 0, 1, known))
    assert forecasts[0] == (0, 1 << 21), "nothing is known: even odds"
    logits, probabilities = zip(*forecasts, strict=True)
    assert list(logits) == sorted(set(logits))
    assert list(probabilities) == sorted(set(probabilities))
    assert probabilities[-1] < 1 << 22


def test_a_small_table_still_decodes():
    model, block = load_model("cm,memory=65536"), generated_text(30_000)
    (encoded,) = model.encode([block])
    assert model.decode([encoded.payload], [len(block)]) == [block]


@pytest.mark.parametrize("level", LEVELS)
def test_memory_that_nothing_could_use_is_refused(level):
    assert load_model(f"cm,level={level},memory={most_memory(level)}")
    with pytest.raises(SpecError, match=f"Gi, the most that level {level} can use"):
        load_model(f"cm,level={level},memory={most_memory(level) + 1}")


@pytest.mark.parametrize("spec", ["cm,level=0", "cm,level=10", "cm,memory=1", "cm,speed=9"])
def test_options_out_of_range_are_named(spec):
    with pytest.raises(SpecError, match=spec.split(",")[1].split("=")[0]):
        load_model(spec)


def test_a_warm_start_does_without_numba():
    load_model("cm").encode([b"warm"])
    program = (
        "import sys, mdlbench; packed = mdlbench.compress(b'warm', model='cm');"
        "print(mdlbench.decompress(packed), 'numba' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("b'warm' False\n", "")


def test_machine_code_compiled_beside_other_kernels_runs_alone(tmp_path):
    """Helpers that were compiled for another kernel count references; what they are linked to exists without numba."""
    beside = "import mdlbench; mdlbench.compress(b'another kernel' * 9, model='kt');"
    program = "import mdlbench; print(mdlbench.decompress(mdlbench.compress(b'warm' * 99, model='cm,level=1')) == b'warm' * 99)"
    for lines in (beside + program, program):
        environment = {**os.environ, "MDLBENCH_CACHE": str(tmp_path)}
        done = subprocess.run([sys.executable, "-c", lines], env=environment, capture_output=True, text=True, check=True)
        assert done.stdout == "True\n"


def test_squash_is_the_logistic_function_rounded():
    with localcontext() as context:
        context.prec = 30
        exact = [2**22 / (1 + (Decimal(-logit) / 256).exp()) for logit in range(-3072, 3072)]
    assert tables.squash_table().tolist() == [int(p + Decimal("0.5")) for p in exact]


def test_squash_and_stretch_undo_each_other():
    squash, stretch = tables.squash_table(), tables.stretch_table()
    assert (np.diff(squash) >= 0).all()
    assert np.abs(squash[3073:] + squash[3071:0:-1] - (1 << 22)).max() <= 1
    inner = slice(2, -2)
    assert np.abs((squash[stretch + 3072] >> 10) - np.arange(4096))[inner].max() <= 4


def test_histories_move_to_what_they_saw():
    successor, counts = tables.history_tables()
    length = counts.sum(axis=1)
    for history in range(int(successor.max()) + 1):
        for bit in (0, 1):
            after = successor[2 * history + bit]
            assert counts[after, bit] >= min(counts[history, bit], 1)
            assert counts[after, 1 - bit] <= counts[history, 1 - bit]
            assert after != 0
    assert (np.diff(length[: int(successor.max()) + 1]) >= 0).all(), "numbered by length: short ones are replaced first"


def test_levels_are_ordered_in_size(shared_data):
    block = (shared_data / "enwik8.first4000000").read_bytes()[:150_000]
    sizes = [len(load_model(f"cm,level={level}").encode([block])[0].payload) for level in LEVELS]
    assert sizes == sorted(sizes, reverse=True)
    assert len(set(sizes)) == len(sizes)


# SHA-256 of the payloads of generated_text(6000) + RECORDS, stream revision 1: any machine that passes computes the same
# integers. They change only with a new stream revision.
GOLDEN = {
    1: "2f3e6487b3517efcbcc374236b71a647",
    2: "3b977d77098893b203e0eb8c5c1f8806",
    3: "85c912ac83d35ad4b7fd234b69f3f9e2",
    4: "4b28627e71fb44b44d901e9fa469f9d0",
    5: "5c54f8fbf81dcb3ef6ea9c964e189087",
    6: "cf3dfb502a9400432331b6ea12b8455d",
    7: "cf8ae3ae6e7eb57052de8bb2c9926248",
    8: "f39e5c605e3e50a0501e77f5735c5c73",
    9: "30a038a211c3ed5501ba65bedf99ebdf",
}


@pytest.mark.parametrize("level", LEVELS)
def test_golden_payloads(level):
    (encoded,) = load_model(f"cm,level={level}").encode([generated_text(6000) + RECORDS])
    assert hashlib.sha256(encoded.payload).hexdigest()[:32] == GOLDEN[level]


@pytest.mark.parametrize("spec", ["cm,level=1", "cm"])
def test_numba_calls_the_same_kernel(spec: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the machine code is not loaded directly, numba's own call gives the same bytes."""
    from mdlbench.models.cm import native

    block = b"the same integers, however they are called " * 30
    payload = load_model(spec).encode([block])[0].payload
    monkeypatch.setattr(native, "_loaded", {})
    monkeypatch.setattr(native, "_CALLABLE", ())
    assert load_model(spec).encode([block])[0].payload == payload
    assert all(not isinstance(kernel, native._Kernel) for kernel in native._loaded.values())


def test_arguments_are_flattened_as_numba_flattens_them() -> None:
    """As many words of 8 bytes, arrays and nested tuples included; and each level has machine code of its own."""
    import numba
    from numba.core.registry import cpu_target

    from mdlbench.coder.bits import new_coder
    from mdlbench.models.cm import native

    data, variants = np.zeros(1000, np.uint8), set()
    for room, rows in ((fast_memory, levels.FAST_LEVELS), (memory, levels.LEVELS)):
        for level in rows.values():
            coded = Block(MEASURE, data, data, np.zeros(0), np.zeros(1, np.int64), new_coder(), np.zeros(1, np.int64))
            arguments = (coded, room.fresh_memory(level, 1000, 1 << 16), room.kernel_tables())
            packed = cpu_target.target_context.get_arg_packer([numba.typeof(each) for each in arguments]).argument_types
            assert len(packed) == len(list(native._words(arguments)))
            variants.add(native._variant(room.KERNEL, arguments))
    assert len(variants) == len(LEVELS)


def test_a_block_of_many_kinds_has_a_finite_code_length() -> None:
    """Code and text in turn, more often than a product of their flags' probabilities can say as a float."""
    calls = x86.SEGMENT // 9
    data = bytearray(200 * x86.SEGMENT)
    for begin in range(0, len(data), 2 * x86.SEGMENT):
        for i in range(calls):
            at = begin + 9 * i
            data[at : at + 5] = b"\xe8" + ((4096 * (i % 50) - at) % (1 << 32)).to_bytes(4, "little")
    assert detection.x86_segments(np.frombuffer(data, np.uint8)).tolist() == [1, 0] * 100
    model = load_model("cm,level=1")
    (encoded,) = model.encode([bytes(data)])
    assert 8 * len(encoded.payload) == pytest.approx(encoded.ideal_bits, abs=80)
    assert model.code_length([bytes(data)])[0].sum() == pytest.approx(encoded.ideal_bits)
