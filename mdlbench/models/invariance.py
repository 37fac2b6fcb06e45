"""What `mdlbench doctor` measures on compiled kernels, and on predictors run in step."""

import os
from concurrent.futures import ThreadPoolExecutor

from mdlbench.models.base import Check, Encoded, Model

_STREAMS = 8
_SYMBOLS = 512  # compared, of a predictor that may be slow


def kernel_checks(model: Model, block: bytes) -> list[Check]:
    """Code the same bytes under different settings and compare payloads, byte by byte.

    Args:
        block: sample; cut into 8 streams.
    """
    size = -(-len(block) // _STREAMS)
    streams = [block[at : at + size] for at in range(0, len(block), size)]
    together = model.encode(streams)
    alone = [encoded for stream in streams for encoded in model.encode([stream])]
    threads = os.cpu_count() or 1
    with ThreadPoolExecutor(threads) as pool:
        at_once = [encoded for part in pool.map(lambda stream: model.encode([stream]), streams) for encoded in part]
    decoded = model.decode([encoded.payload for encoded in together], [len(stream) for stream in streams])
    wrong = sum(one != other for one, other in zip(decoded, streams, strict=True))
    return [
        _compare(f"batch 1 against {len(streams)}", alone, together),
        _compare(f"1 thread against {threads}", together, at_once),
        Check("parallel against stepwise", wrong == 0, f"{wrong} of {len(streams)} blocks, decoded symbol by symbol, differ"),
        Check("CPU against GPU", None, "the model runs on the CPU only; its numbers are integers or IEEE-exact"),
    ]


def _compare(what: str, one: list[Encoded], other: list[Encoded]) -> Check:
    differing = sum(a.payload != b.payload for a, b in zip(one, other, strict=True))
    return Check(what, differing == 0, f"{differing} of {len(one)} payloads differ")


def predictor_checks(model: Model, block: bytes) -> list[Check]:
    """Code the first bytes of a block again, beside others, and in another row of the batch, and compare the code lengths.

    Args:
        block: sample.
    """
    block, others = block[:_SYMBOLS], [block[:_SYMBOLS][::-1]] * (model.batch_size - 1)
    usual = model.encode([block])[0]
    runs = {"one run against another": model.encode([block])[0]}
    if others:
        runs["alone against in company"] = model.encode([block, *others])[0]
        runs[f"row 0 against row {len(others)}"] = model.encode([*others, block])[-1]
    back = model.decode([usual.payload], [len(block)]) == [block]
    return [
        *(
            Check(what, run.quantised_bits == usual.quantised_bits, f"{run.quantised_bits} against {usual.quantised_bits} bits")
            for what, run in runs.items()
        ),
        Check("decoded against original", back, f"{len(block):,} bytes there and back"),
    ]
