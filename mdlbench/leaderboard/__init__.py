"""The leaderboard: run cells, keep each as a file, show, check and compare them. README.md beside this file says how.

The names below are loaded when they are first used: `show` needs neither numpy nor a model.
"""

# ruff: noqa: F401 - the first list is for type checkers, the second for Python
from typing import TYPE_CHECKING

from mdlbench.lazy import front_door

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

__all__, __getattr__ = front_door(
    __name__,
    {
        "checking": ("Problem", "Verdict", "check"),
        "comparing": ("Comparison", "compare"),
        "finding": ("find_row",),
        "published": ("published_rows",),
        "ranking": ("Board", "Group", "Query", "groups", "load_board"),
        "replaying": ("Replay", "replay"),
        "result": ("PublishedRow", "Row"),
        "running": ("Config", "Event", "Outcome", "run"),
        "store": ("Rows", "load_rows", "read_row"),
    },
)
