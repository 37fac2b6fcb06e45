"""`mdlbench report`: results as one self-contained page, and as plots for papers."""

import time
from pathlib import Path
from typing import Any

import click

from mdlbench.cli.common import option
from mdlbench.cli.common.outputs import plan_outputs, replacing
from mdlbench.cli.common.paths import STANDARD
from mdlbench.cli.common.printing import print_json, say
from mdlbench.errors import UsageError
from mdlbench.text import counted, visible


@click.command(name="report")
@click.argument("places", nargs=-1, metavar="[RESULTS]...")
@click.option(
    "-o", "--output", default="report.html", metavar="FILE", show_default=True, help="The page; - is standard output."
)
@click.option("--plots", metavar="FOLDER", help="Also draw each plot as PNG and SVG into FOLDER (needs matplotlib).")
@click.option("--published", is_flag=True, help="Also figures that others published, never ranked among those measured.")
@click.option("--title", default="mdlbench report", metavar="TEXT", show_default=True, help="The page's heading.")
@option.force
@option.json_lines
@option.quiet
def command(
    places: tuple[str, ...],
    output: str,
    plots: str | None,
    published: bool,
    title: str,
    force: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Show the results below RESULTS (folders or files; default: results) as one HTML page that fetches nothing.

    Other kinds of JSON found there are left out, and counted on the page.

    \b
    Example:
      mdlbench report results -o report.html
      mdlbench report results -o report.html -f --published --plots plots
    """
    from mdlbench.report import collect, render, sections
    from mdlbench.report.published import published as published_figures
    from mdlbench.report.section import module_of

    output = plan_outputs(("report",), output, False, "{}.html".format, force=force)[0]
    places = places or ("results",)
    found = collect(places)
    if all(module_of(one.result.kind) is None for one in found):
        raise UsageError(f"{_nothing(places, len(found))}; `mdlbench leaderboard run --output-path results` writes some")
    parts = sections([*found, *(published_figures() if published else [])])
    left_out = _left_out(found)
    pictures = _planned(found, plots, force=force) if plots is not None else {}
    names = ", ".join(map(visible, places))
    now = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime())
    subtitle = f"{'; '.join(part.summary for part in parts)}. Written {now} from {names}."
    notes = [_note(left_out)] if left_out else []
    page = render(parts, title=title, subtitle=subtitle, notes=[*notes, _CLOSING]).encode()
    with replacing(output, force=force) as sink:
        sink.write(page)
    drawn = _draw(pictures, force=force)
    if as_json:
        counts = {part.identifier: part.counts for part in parts}
        print_json(
            "report",
            {"output": output, "bytes": len(page), "sections": counts, "left_out": left_out, "plots": drawn},
            to_stderr=output == STANDARD,
        )
    elif not quiet:
        lines = [f"{visible(output)}: {len(page):,} bytes; {'; '.join(part.summary for part in parts)}"]
        lines += [_note(left_out)] if left_out else []
        lines += [f"{visible(plots or '')}: {len(drawn)} pictures"] if drawn else []
        say("\n".join(lines), to_stderr=output == STANDARD)


_CLOSING = (
    "Sizes are those of containers that a fresh process decoded to the same bytes; ideal code lengths are not sizes and are "
    "named as such. This page holds all its data and asks the network for nothing."
)


def _nothing(places: tuple[str, ...], others: int) -> str:
    where = ", ".join(map(visible, places))
    return f"{where}: no result that the report shows" + (f" ({others} of other kinds)" if others else "")


def _left_out(found: list[Any]) -> dict[str, int]:
    """Number of files of each kind for which the page has no section."""
    from collections import Counter

    from mdlbench.report.section import module_of

    return dict(sorted(Counter(f.result.kind for f in found if module_of(f.result.kind) is None).items()))


def _note(left_out: dict[str, int]) -> str:
    total = sum(left_out.values())
    kinds = ", ".join(f"{visible(kind)} {number}" for kind, number in left_out.items())
    return f"{counted(total, 'other JSON file')} left out: {kinds}."


def _planned(found: list[Any], folder: str, *, force: bool) -> dict[tuple[str, ...], Any]:
    """For the paths of each plot's pictures what draws it; refuses before anything is drawn or written."""
    from mdlbench.report.plots import FORMATS, plots

    nearest = next(place for place in (Path(folder), *Path(folder).parents) if place.exists())
    if not nearest.is_dir():
        raise UsageError(f"{nearest} is no folder; name another folder with --plots")
    planned = {tuple(str(Path(folder, f"{name}.{kind}")) for kind in FORMATS): draw for name, draw in plots(found)}
    for path in (path for paths in planned for path in paths):
        if Path(path).exists() and not force:
            raise UsageError(f"{path} exists; overwrite it with -f, or name another folder with --plots")
    return planned


def _draw(planned: dict[tuple[str, ...], Any], *, force: bool) -> list[str]:
    """Draw and write every picture planned; their paths."""
    for paths, draw in planned.items():
        for path, picture in zip(paths, draw().values(), strict=True):
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            with replacing(path, force=force) as sink:
                sink.write(picture)
    return [path for paths in planned for path in paths]
