"""The modules of a room stand in layers: no chain of imports, in a function or not, leads back to where it began."""

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import mdlbench

PACKAGE = Path(mdlbench.__file__).parent
ROOMS = sorted(path.parent for path in PACKAGE.rglob("__init__.py"))


def imports(folder: Path) -> dict[str, set[str]]:
    """For each module of a folder those that it imports from there, by name."""
    modules = {path.stem for path in folder.glob("*.py")}
    prefix = ".".join(folder.relative_to(PACKAGE.parent).parts)
    found = {}
    for path in folder.glob("*.py"):
        named: set[str] = set()
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module == prefix:
                named |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith(f"{prefix}."):
                named.add(node.module.removeprefix(f"{prefix}.").split(".")[0])
        found[path.stem] = named & modules
    return found


def test_imports_are_seen() -> None:
    assert imports(PACKAGE / "processes")["sampling"] == {"base", "belief"}


@pytest.mark.parametrize("room", [folder for folder in ROOMS if folder.name != "models"], ids=lambda folder: folder.name)
def test_no_module_imports_itself_over_others(room: Path) -> None:
    graph = imports(room)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))
