"""The leaderboard: run cells, keep each as a file, show, check and compare them. README.md beside this file says how.

The names below are loaded when they are first used: `show` needs neither numpy nor a model.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mdlbench.leaderboard.checking import Problem, Verdict, check
    from mdlbench.leaderboard.comparing import Comparison, compare
    from mdlbench.leaderboard.finding import find_row
    from mdlbench.leaderboard.published import published_rows
    from mdlbench.leaderboard.ranking import Board, Group, Query, groups, load_board
    from mdlbench.leaderboard.replaying import Replay, replay
    from mdlbench.leaderboard.result import PublishedRow, Row
    from mdlbench.leaderboard.running import Config, Event, Outcome, run
    from mdlbench.leaderboard.store import Rows, load_rows, read_row

_LOCATIONS = {
    "checking": ("Problem", "Verdict", "check"),
    "comparing": ("Comparison", "compare"),
    "finding": ("find_row",),
    "published": ("published_rows",),
    "ranking": ("Board", "Group", "Query", "groups", "load_board"),
    "replaying": ("Replay", "replay"),
    "result": ("PublishedRow", "Row"),
    "running": ("Config", "Event", "Outcome", "run"),
    "store": ("Rows", "load_rows", "read_row"),
}
_MODULES = {name: module for module, names in _LOCATIONS.items() for name in names}

__all__ = [
    "Board",
    "Comparison",
    "Config",
    "Event",
    "Group",
    "Outcome",
    "Problem",
    "PublishedRow",
    "Query",
    "Replay",
    "Row",
    "Rows",
    "Verdict",
    "check",
    "compare",
    "find_row",
    "groups",
    "load_board",
    "load_rows",
    "published_rows",
    "read_row",
    "replay",
    "run",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    globals()[name] = value
    return value
