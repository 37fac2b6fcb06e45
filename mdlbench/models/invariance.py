"""What `mdlbench doctor` measures on models that code a block with one compiled kernel."""

import os
from concurrent.futures import ThreadPoolExecutor

from mdlbench.models.base import Check, Encoded, Model

_STREAMS = 8


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
        Check(
            "parallel against stepwise",
            wrong == 0,
            f"{wrong} of {len(streams)} blocks, decoded symbol by symbol, differ",
        ),
        Check("CPU against GPU", None, "the model runs on the CPU only; its numbers are integers or IEEE-exact"),
    ]


def _compare(what: str, one: list[Encoded], other: list[Encoded]) -> Check:
    differing = sum(a.payload != b.payload for a, b in zip(one, other, strict=True))
    return Check(what, differing == 0, f"{differing} of {len(one)} payloads differ")
