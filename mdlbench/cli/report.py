"""`mdlbench report`: results as one self-contained page, and as pictures for papers."""

import dataclasses
import time
from collections import Counter
from collections.abc import Sequence

import click

from mdlbench.cli.common import option
from mdlbench.cli.common.outputs import plan_outputs, replacing
from mdlbench.cli.common.paths import STANDARD, json_name
from mdlbench.cli.common.printing import say, tell
from mdlbench.errors import MdlbenchError, ResultError, UsageError
from mdlbench.result import Collection
from mdlbench.text import counted, visible

_CLOSING = (
    "Sizes are those of containers that a fresh process decoded to the same bytes; ideal code lengths are not sizes and are "
    "named as such. This page holds all its data and asks the network for nothing."
)


@click.command(name="report")
@click.argument("places", nargs=-1, metavar="[RESULTS]...")
@click.option("-o", "--output", default="report.html", metavar="FILE", help="The page; - is standard output.")
@option.output_folder("--plots", metavar="FOLDER", help="Also draw each picture as PNG and SVG into FOLDER.")
@click.option("--published", is_flag=True, help="Also figures that others published, never ranked among those measured.")
@click.option("--title", default="mdlbench report", metavar="TEXT", help="The page's heading.")
@option.force
@option.json_lines
@option.quiet
def command(
    places: tuple[str, ...], output: str, plots: str | None, published: bool, title: str, force: bool, **told: bool
) -> None:
    """Show the results below RESULTS (folders or files; default: results) as one HTML page that fetches nothing.

    JSON of other kinds found there is counted on the page; every file that should be a result and is not is named, with the
    reason, the others are shown, and the exit code is 1.

    \b
    Example:
      mdlbench report results -o report.html
      mdlbench report results -o report.html -f --published --plots plots
    """
    from mdlbench.leaderboard.published import published_results
    from mdlbench.report import figures, page
    from mdlbench.result import collect
    from mdlbench.result.exhibits import sections
    from mdlbench.result.origin import origin

    output = plan_outputs(("report",), output, False, "{}.html".format, force=force)[0]
    if plots is not None:
        figures.load_converter()  # what is missing is said now
    places = places or ("results",)
    collection = _showable(collect(places))
    if not collection.found:
        raise _nothing(places, collection)
    refused: list[tuple[str, str]] = []
    shown = sections([*collection.found, *(published_results() if published else [])], refused)
    collection = dataclasses.replace(collection, refused=(*collection.refused, *refused))
    if not shown:
        raise _nothing(places, collection)
    notes = _notes(collection)
    pictures = figures.planned(plots, shown, replace=force) if plots is not None else {}
    names = ", ".join(map(visible, places))
    now = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime())
    summary = "; ".join(section.summary for section in shown)
    html = page.render(
        shown, title=title, subtitle=f"Written {now} from {names}.", notes=[*notes, _CLOSING], origin=origin(collection.found)
    ).encode()
    with replacing(output, force=force) as sink:
        sink.write(html)
    drawn = figures.write(pictures, replace=force)
    values = {
        "output": json_name(output, "standard output"),
        "bytes": len(html),
        "sections": {section.title: dict(section.counts) for section in shown},
        "left_out": dict(collection.others),
        "refused": [reason for _, reason in collection.refused],
        "plots": drawn,
    }
    lines = [f"{visible(output)}: {len(html):,} bytes; {summary}", *(notes[:1] if collection.others else [])]
    lines += [f"{visible(plots)}: {len(drawn)} pictures"] if plots is not None and drawn else []
    tell("report", values, "\n".join(lines), **told, to_stderr=output == STANDARD)
    _name_refused(collection)
    if collection.refused:
        raise click.exceptions.Exit(1)


def _name_refused(collection: Collection) -> None:
    """A line for every file that should be a result and is not."""
    for _, reason in collection.refused:
        say(f"mdlbench: left out: {reason}", to_stderr=True)


def _showable(collection: Collection) -> Collection:
    """Results of a kind that nothing shows count among the others, by the name of the kind."""
    from mdlbench.result.exhibits import shown_by

    kinds = [found.result.kind for found in collection.found if shown_by(type(found.payload)) is None]
    shown = tuple(found for found in collection.found if shown_by(type(found.payload)) is not None)
    return dataclasses.replace(collection, found=shown, others=Counter(collection.others) + Counter(kinds))


def _nothing(places: Sequence[str], collection: Collection) -> MdlbenchError:
    _name_refused(collection)
    where, others = ", ".join(map(visible, places)), sum(collection.others.values())
    why = f" ({others} of other kinds)" if others else ""
    text = f"{where}: no result that the report shows{why}; a command's --output-path writes some"
    return ResultError(text) if collection.refused else UsageError(text)


def _notes(collection: Collection) -> list[str]:
    """What was left out, and why."""
    notes = [f"Left out: {visible(reason)}." for _, reason in collection.refused]
    total = sum(collection.others.values())
    kinds = ", ".join(f"{visible(kind)} {number}" for kind, number in collection.others.items())
    return [f"{counted(total, 'other JSON file')} left out: {kinds}.", *notes] if total else notes
