"""A section with every sort of exhibit, and strings that try to be more than text."""

import math

from mdlbench.result.exhibits import (
    Axis,
    Bar,
    Bars,
    Chart,
    Cloud,
    Details,
    Edge,
    Estimate,
    Folder,
    Graph,
    Measure,
    Node,
    Note,
    Panels,
    Part,
    Row,
    Section,
    Series,
    Simplex,
    Span,
    Stages,
    Table,
    Text,
)

HOSTILE = "</script><script>window.hacked=1</script><img src=x onerror=window.hacked=2>\"'`$&\u202e\u2028\x1b[31m"
MODELS = (
    "cm",
    "external:xz",
    "external:zstd",
    "hf:gpt2,context=64",
    "kt,order=2",
    "ngram",
    "ngram,order=4",
    "uniform",
    "cm,level=9",
)
SPEED = Measure("encode", form="rate", better="more", definition="original bytes per second, once the model is ready")
RATE = Measure("bits per byte", form="fixed", digits=4, better="less")
COLUMNS = (Measure("model"), Measure("bytes", form="count", better="less"), RATE, SPEED)


def rate(n: int) -> float:
    return 1.7 + 0.21 * n


def speed(n: int) -> float:
    return 3e5 * 1.9**n


def table(count: int = len(MODELS), hostile: str = "") -> Table:
    rows = [
        Row(
            (hostile if n == 1 and hostile else MODELS[n % len(MODELS)], 1000 * n + 500_000, rate(n), speed(n % 20)),
            tags=(("baseline", "added by --baselines"),) if n % 2 else (),
            facets={"decodes": "environment" if n % 3 == 0 else "exact"},
            details=Details(
                (
                    ("Model", (("Spec", MODELS[n % len(MODELS)]), ("Digest", "7fc224e0d1a2"))),
                    ("Machine", (("Command", hostile),)),
                ),
                (Table.of("Archives", (Measure("archive"), Measure("bytes", form="count")), [("a.txt", 4000)]),),
            ),
        )
        for n in range(count)
    ]
    rows.append(Row(("nncp", 123_456, 1.1, None), facets={"decodes": "exact"}, published=True))
    return Table("The leaderboard", COLUMNS, tuple(rows), notes=("speeds of two machines",), ranked=True, bar=2)


def pareto() -> Chart:
    front = Series("front", [speed(0), speed(8)], [rate(0), rate(8)], "step", role="null")
    points = [
        Series(name, [speed(n)], [rate(n)], "points", labels=[name], role="aside" if n > 4 else "measured")
        for n, name in enumerate(MODELS)
    ]
    return Chart("Encoding", Axis(SPEED, "log"), Axis(RATE), (front, *points))


def curves() -> Chart:
    position = Axis(Measure("position in the file", form="bytes"))
    lines = tuple(
        Series(name, [4096.0 * n for n in range(40)], [rate(k) + 0.1 * math.sin(n) for n in range(40)])
        for k, name in enumerate(MODELS[:3])
    )
    strip = (Span(0, 80_000, "cm"), Span(80_000, 160_000, "external:xz"))
    return Chart("Along the file", position, Axis(RATE), lines, "Where bits are spent.", strip, ((65_536, "a block"),))


def bars() -> Bars:
    shown = tuple(
        Bar(
            f"layer {n}",
            (("ridge", 0.9 - 0.1 * n), ("loss", -0.05)),
            (("untrained", 0.3), ("shuffled labels", 0.01)),
            0.7,
            0.95,
        )
        for n in range(3)
    )
    return Bars("Layers", Axis(Measure("R²", form="fixed", digits=3), zero=True), shown)


def cloud(count: int) -> Simplex:
    height = 3**0.5 / 2
    places = [((n % 97) / 97, height * (n % 89) / 89 * (1 - abs(2 * (n % 97) / 97 - 1))) for n in range(count)]
    corners = ((0.0, 0.0, "state 0"), (1.0, 0.0, "state 1"), (0.5, height, "state 2"))
    points = Cloud("beliefs", places, [f"{n % 256:02x}40{255 - n % 256:02x}" for n in range(count)])
    return Simplex("Beliefs", points, corners, low=(0.0, 0.0), high=(1.0, height))


def graph() -> Graph:
    nodes = (Node("start", 0, 0, False), Node("A", 1, 0.5), Node("B", 1, -0.5, note="belief 0.25"))
    return Graph("Mixed states", nodes, (Edge(0, 1, "symbol 0", 0.5), Edge(1, 2, "symbol 1"), Edge(2, 2, "symbol 0")))


def section(count: int = len(MODELS), hostile: str = "") -> Section:
    first = (table(count, hostile), Panels("Size against speed", (pareto(), pareto())), curves(), bars(), Note("A note."))
    second = (
        Text(hostile or "A sentence."),
        Stages("Emergence", "Checkpoint", (("untrained", cloud(300)), ("64k tokens", cloud(300)))),
        Panels("Clouds", (cloud(50), graph())),
        Folder(
            "Controls", (Table.of("Intervals", (Measure("what"), RATE), [("here", Estimate(1.25, 1.0, 1.5)), ("none", None)]),)
        ),
    )
    parts = (Part("enwik8, first 4,000,000 bytes", first, "9 rows"), Part(hostile or "mess3", second))
    return Section("Sample", f"{count} rows measured", parts, counts={"rows": count}, facets=("decodes",))
