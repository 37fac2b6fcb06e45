"""One helper that drives every model through the same round trips."""

import random
from collections.abc import Iterator

import numpy as np

from mdlbench.codec import compress, decompress
from mdlbench.models import ModelLike, as_model

TEXT = (
    "It is a truth universally acknowledged, that a single man in possession of a good fortune, must be in want of a wife. "
    "However little known the feelings or views of such a man may be on his first entering a neighbourhood, this truth is so "
    "well fixed in the minds of the surrounding families, that he is considered the rightful property of some one or other of "
    "their daughters.\r\n\tÀ la carte: naïve café, 日本語のテキスト, emoji 🎉, soft\u00adhyphen, a\u0301ccent.\n"
).encode()
HEADER_AND_SPEC = 45  # bytes of a one-block container beside its packed spec


def samples(scale: int = 1) -> Iterator[tuple[str, bytes]]:
    """Named inputs that break codecs, each about `scale` kilobytes."""
    rng = random.Random(20260722)
    yield "empty", b""
    yield "one byte", b"\x00"
    yield "last byte value", b"\xff"
    yield "every byte value", bytes(range(256))
    yield "invalid UTF-8", b"ab\xc3(\xff\xfe \xe2\x82 cut \xf0\x9f\x8e" * 8 * scale
    yield "long run", b"\x00" * 1000 * scale
    yield "incompressible", rng.randbytes(700 * scale)
    yield "text", TEXT * scale
    yield "cut inside a character", TEXT[: TEXT.index("日".encode()) + 1]
    yield "numbers", "".join(f"{n * n},{n % 7}\n" for n in range(120 * scale)).encode()


def check_codec(spec: ModelLike, *, scale: int = 1, block_size: int = 600, user_model: bool = False) -> None:
    """Hold a model to what the codec promises, on every sample.

    Args:
        spec: the model: a spec, a model or a predictor.
        scale: size of the samples, in kilobytes.
        block_size: so that the larger samples become several blocks.
        user_model: whether decoding needs the spec again.
    """
    given = spec if user_model else ()
    for name, data in samples(scale):
        whole, blocks = compress(data, spec), compress(data, spec, block_size=block_size)
        assert decompress(whole, given) == data, name
        assert decompress(blocks, given) == data, name
        assert compress(data, spec, block_size=block_size) == blocks, f"{name}: a second encoding differs"
        n_blocks = -(-len(data) // block_size)
        if not user_model:
            assert len(whole) <= len(data) + 64, name
            assert len(blocks) <= len(data) + 64 + 24 * n_blocks, name
    check_code_length(spec, [data for _, data in samples(scale) if data])


def check_code_length(spec: ModelLike, blocks: list[bytes]) -> None:
    """A payload is as long as its code length says: within 0.02 %, 1e-5 bits an interval and 8 bytes of framing."""
    model = as_model(spec)
    if not model.has_probabilities:
        return
    for start in range(0, len(blocks), model.batch_size):
        batch = blocks[start : start + model.batch_size]
        for block, encoded, lengths in zip(batch, model.encode(batch), model.code_length(batch), strict=True):
            ideal = float(lengths.sum())
            assert lengths.dtype == np.float64
            assert encoded.ideal_bits is not None
            assert abs(encoded.ideal_bits - ideal) <= 1e-6 * ideal + 1e-6
            intervals = 16 * len(block)  # eight binary decisions a byte, or two levels a token: never more
            allowed = 2e-4 * ideal + 1e-5 * intervals + 64
            assert abs(8 * len(encoded.payload) - ideal) <= allowed, (spec, len(block), encoded, ideal)
