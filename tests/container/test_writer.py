"""The writer: what it costs to add a block does not depend on how many are held back."""

import io

from mdlbench.container import RAW, Header, Writer, read_containers


class Measured(bytes):
    """Bytes that count how often their length is asked for."""

    asked = 0

    def __len__(self) -> int:
        Measured.asked += 1
        return super().__len__()


def test_adding_a_block_does_not_go_through_those_held_back() -> None:
    """None of these saves anything, so that all are held to the end."""
    Measured.asked = 0
    sink = io.BytesIO()
    writer = Writer(sink, Header(()))
    n_blocks = 1000
    for _ in range(n_blocks):
        writer.add(block := Measured(b"x"), RAW, block)
    writer.finish()
    assert Measured.asked <= 20 * n_blocks
    sink.seek(0)
    assert sum(1 for _ in read_containers(sink)) == 1 + n_blocks
