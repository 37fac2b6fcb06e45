"""Text goes in and out as UTF-8, whatever the locale says: every call that would ask the locale names an encoding."""

import ast
from pathlib import Path

import pytest

import mdlbench

PACKAGE = Path(mdlbench.__file__).parent
TEXT = {"read_text": 0, "write_text": 1, "TextIOWrapper": 1}  # where the encoding stands, if it is not named
OPENING = {"open": 1, "fdopen": 1, "NamedTemporaryFile": 0, "TemporaryFile": 0}  # where the mode stands: of a path, one before
PROCESSES = {"run", "Popen", "check_output", "check_call", "call", "getoutput"}


def name_of(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def asks_the_locale(call: ast.Call) -> bool:
    """Whether a call reads or writes text and names no encoding."""
    name, named = name_of(call), {keyword.arg: keyword.value for keyword in call.keywords}
    if "encoding" in named:
        return False
    if name in TEXT:
        return len(call.args) <= TEXT[name]
    if name in PROCESSES:
        return bool({"text", "universal_newlines", "errors"} & set(named))
    if name not in OPENING:
        return False
    first = OPENING[name] - (name == "open" and isinstance(call.func, ast.Attribute))
    strings = [one.value for one in call.args[first : first + 1] if isinstance(one, ast.Constant)]
    mode = named["mode"].value if isinstance(named.get("mode"), ast.Constant) else "".join(map(str, strings))  # type: ignore[union-attr]
    if isinstance(call.func, ast.Attribute) and name == "open":  # of a path, or of an archive, a module, the system
        return mode in ("r", "w", "a", "x", "rt", "wt", "r+", "w+")
    return "b" not in str(mode) and not (name.endswith("TemporaryFile") and not mode)


@pytest.mark.parametrize(
    ("source", "asks"),
    [
        ("path.read_text()", True),
        ("path.read_text('utf8')", False),
        ("path.write_text(text)", True),
        ("path.write_text(text, encoding='utf8')", False),
        ("open(path)", True),
        ("open(path, 'w')", True),
        ("open(path, 'rb')", False),
        ("open(path, mode='a', encoding='utf8')", False),
        ("path.open('w')", True),
        ("path.open('rb')", False),
        ("archive.open(member)", False),
        ("tempfile.NamedTemporaryFile('w')", True),
        ("tempfile.NamedTemporaryFile()", False),
        ("subprocess.run(command, text=True)", True),
        ("subprocess.run(command, text=True, encoding='utf8')", False),
        ("io.TextIOWrapper(stream)", True),
    ],
)
def test_what_asks_the_locale(source: str, asks: bool) -> None:
    (call,) = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    assert asks_the_locale(call) == asks


def test_nothing_asks_the_locale() -> None:
    found = [
        f"{path.relative_to(PACKAGE)}:{node.lineno}"
        for path in sorted(PACKAGE.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf8")))
        if isinstance(node, ast.Call) and asks_the_locale(node)
    ]
    assert found == []
