"""Rooms import only upwards, in the order of the architecture note; nothing imports in a circle; report knows no room."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import mdlbench

PACKAGE = Path(mdlbench.__file__).parent
OUTSIDE = {"__init__", "__main__"}  # the front doors see everything
EVALUATIONS = {path.parent.name for path in PACKAGE.glob("*/result.py")}
SMALL = {path.stem for path in PACKAGE.glob("*.py")} - OUTSIDE


@cache
def order() -> dict[str, int]:
    """Each room's place in the note's list; the small files at the root are one room, in front."""
    note = (PACKAGE / "README.md").read_text(encoding="utf8")
    block = re.search(r"```\n(.*?)```", note, re.DOTALL)
    assert block is not None
    rooms = re.findall(r"^([a-z]+)/", block[1], re.MULTILINE)
    return {**dict.fromkeys(SMALL, 0), **{room: place for place, room in enumerate(rooms, 1)}}


def room_of(module: str) -> str:
    return module.split(".")[1]


@cache
def modules() -> dict[str, Path]:
    """Every module's path by its dotted name; a package is named by itself."""
    found = {}
    for path in PACKAGE.rglob("*.py"):
        parts = ["mdlbench", *path.relative_to(PACKAGE).with_suffix("").parts]
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


@cache
def imports(module: str) -> frozenset[str]:
    """The modules that a module imports anywhere in it, but for types only."""
    tree = ast.parse(modules()[module].read_text(encoding="utf8"))
    return frozenset(name for node in _running(tree) for name in _named(node) if name in modules() and name != module)


def _running(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        yield child
        yield from _running(child)


def _named(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module is not None:
        inside = [f"{node.module}.{alias.name}" for alias in node.names]
        yield from (name for name in inside if name in modules())
        if any(name not in modules() for name in inside):
            yield node.module


def test_the_note_lists_every_room() -> None:
    rooms = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    files = {path.stem for path in PACKAGE.glob("*.py")} - OUTSIDE
    assert rooms | files == order().keys() - (set(SMALL) - files)


def test_rooms_import_only_upwards() -> None:
    place = order()
    wrong = [
        f"{module} imports {other}"
        for module in modules()
        if "." in module and room_of(module) not in OUTSIDE
        for other in imports(module)
        if "." in other and place[room_of(other)] > place[room_of(module)]
    ]
    assert not wrong


def test_nothing_imports_in_a_circle() -> None:
    """Imports inside functions count: they hide a circle, they do not break it. A package's front door is not followed."""
    doors = {name for name, path in modules().items() if path.name == "__init__.py"}
    seen: set[str] = set()

    def circle(module: str, way: tuple[str, ...]) -> tuple[str, ...] | None:
        if module in way:
            return (*way[way.index(module) :], module)
        if module in seen or module in doors:
            return None
        found = next((c for other in sorted(imports(module)) if (c := circle(other, (*way, module)))), None)
        seen.add(module)
        return found

    circles = [found for module in sorted(modules()) if (found := circle(module, ()))]
    assert not circles


def test_report_knows_no_evaluation_and_they_know_no_renderer() -> None:
    for module in modules():
        rooms = {room_of(other) for other in imports(module) if "." in other}
        if module.startswith("mdlbench.report"):
            assert not rooms & EVALUATIONS, module
        elif "." in module and room_of(module) in EVALUATIONS:
            assert "report" not in rooms, module
