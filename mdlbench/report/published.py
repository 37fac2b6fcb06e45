"""Figures that others published, in the form of rows, so that a page can show them beside what was measured."""

from mdlbench.report.collect import Found
from mdlbench.result import Result


def published() -> list[Found]:
    """Every published figure that the leaderboard carries, as a result without provenance of ours.

    Example:
        >>> {row.result.values["published"] for row in published()}
        {True}
    """
    from mdlbench.leaderboard.published import published_rows

    return [
        Found(
            f"published figure of {row.model}",
            Result(
                "leaderboard-row",
                {
                    "corpus": {"name": row.corpus, "start": 0, "end": row.corpus_bytes, "bytes": row.corpus_bytes},
                    "model": {"spec": row.model},
                    "input_bytes": row.corpus_bytes,
                    "container_bytes": row.container_bytes,
                    "bits_per_byte": row.bits_per_byte,
                    "encode": {"bytes_per_second": row.encode_bytes_per_second},
                    "decode": {"bytes_per_second": row.decode_bytes_per_second},
                    "published": True,
                    "source": row.source,
                    "mark": row.mark,
                    "note": row.note,
                },
                {},
            ),
        )
        for row in published_rows()
    ]
