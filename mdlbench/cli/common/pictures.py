"""--plot FILE: a picture of what a command found, checked before the work."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from mdlbench.cli.common.outputs import check_output, replacing
from mdlbench.errors import UsageError

if TYPE_CHECKING:
    from mdlbench.result.exhibits import Panels

ENDINGS = (".png", ".svg", ".pdf")
plot: Callable[..., Any] = click.option(
    "--plot", "picture", metavar="FILE", help=f"Also draw it: a {', '.join(ENDINGS[:-1])} or {ENDINGS[-1]}."
)


def check_picture(path: str | None, *, force: bool) -> None:
    """See that a picture can be drawn and written, if one is asked for.

    Raises:
        UsageError: its name ends otherwise, or it cannot be written.
        MissingExtraError: nothing draws.
    """
    if path is None:
        return
    from mdlbench.report.figures import load_converter

    if not path.endswith(ENDINGS):
        raise UsageError(f"--plot {path}: name a {', '.join(ENDINGS[:-1])} or {ENDINGS[-1]} file")
    check_output(path, force=force, option="--plot")
    load_converter()


def draw_picture(panels: "Panels", path: str, *, force: bool) -> None:
    """Draw exhibits into a file, whole or not at all."""
    from mdlbench.report import figures

    drawing = figures.draw(panels)
    with replacing(path, force=force) as sink:
        sink.write(drawing.bytes(path.rpartition(".")[2]))
