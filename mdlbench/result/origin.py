"""Where results come from, as one table: a row for each command and machine, its files behind it."""

import shlex
from collections.abc import Iterable
from typing import Any

from mdlbench.result.exhibits import Details, Measure, Row, Table
from mdlbench.result.reading import Found

_COLUMNS = (
    Measure("command", definition="that wrote the results"),
    Measure("kind", definition="what sort of results they are"),
    Measure("results", form="count", definition="how many files it wrote"),
    Measure("last written", definition="time of the newest, in UTC"),
    Measure("commit", definition="of mdlbench's source, shortened"),
    Measure("machine", definition="processor, and how many cores"),
)


def origin(results: Iterable[Found[Any]]) -> Table:
    """A table of provenance; the files of a row, with time and versions, are its details."""
    groups: dict[tuple[str, ...], list[Found[Any]]] = {}
    for found in results:
        groups.setdefault(_key(found), []).append(found)
    return Table("Commands, machines, files", _COLUMNS, tuple(_row(key, group) for key, group in sorted(groups.items())))


def _key(found: Found[Any]) -> tuple[str, ...]:
    told = found.result.provenance
    command, cores = told.get("command"), told.get("cores")
    machine = ", ".join(str(part) for part in (told.get("processor"), cores and f"{cores} cores") if part)
    text = shlex.join(map(str, command)) if isinstance(command, list) else ""
    return found.result.kind, text, str(told.get("commit") or "")[:10], machine


def _row(key: tuple[str, ...], group: list[Found[Any]]) -> Row:
    kind, command, commit, machine = key
    packages = dict.fromkeys(_packages(found) for found in group)
    files = tuple((found.result.time, found.path) for found in sorted(group, key=lambda found: found.age))
    groups = (("Versions", tuple(("", text) for text in packages if text)), ("Files", files))
    last = max(found.result.time for found in group)
    cells = (command or "not recorded", kind, len(group), last or None, commit or None, machine or None)
    return Row(cells, details=Details(tuple(one for one in groups if one[1])))


def _packages(found: Found[Any]) -> str:
    packages = found.result.provenance.get("packages")
    return ", ".join(f"{name} {version}" for name, version in packages.items()) if isinstance(packages, dict) else ""
