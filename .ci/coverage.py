"""Fail if any of the rooms named falls below a percentage of covered lines: coverage.py REPORT PERCENT ROOM..."""

import json
import sys
from pathlib import Path

report, least, *rooms = sys.argv[1:]
files = json.loads(Path(report).read_text(encoding="utf8"))["files"]
failed = False
for room in rooms:
    parts = [entry["summary"] for name, entry in files.items() if f"mdlbench/{room}" in name]
    lines = sum(part["num_statements"] for part in parts)
    covered = 100 * sum(part["covered_lines"] for part in parts) / lines
    failed |= covered < float(least)
    print(f"coverage of {room}: {covered:.1f} % of {lines} lines{'' if covered >= float(least) else f', below {least} %'}")
sys.exit(failed)
