"""What `--baselines` means: the other compressors that are here and fast enough, by the table's usual speeds."""

from typing import NamedTuple

from mdlbench.errors import UsageError
from mdlbench.models.external.packages import PACKAGES, Package
from mdlbench.models.external.programs import PROGRAMS, Program

LEAST_SPEED = {"all": 1e5, "fast": 1e6, "none": float("inf")}  # bytes a second


class Baselines(NamedTuple):
    """Specs to measure, and names of those that would be among them if they were installed."""

    specs: tuple[str, ...]
    missing: tuple[str, ...]


def baselines(which: str) -> Baselines:
    """The compressors of the table that reach a speed.

    Args:
        which: "all": above 100 kB/s; "fast": above 1 MB/s; "none". Slower ones are measured by name, `external:NAME`.

    Example:
        >>> "external:gzip" in baselines("fast").specs
        True
    """
    if which not in LEAST_SPEED:
        raise UsageError(f"baselines={which}; choose from {', '.join(LEAST_SPEED)}")
    specs, missing = [], []
    table: dict[str, Package | Program] = {**PACKAGES, **PROGRAMS}
    for name, row in table.items():
        if row.usual_speed >= LEAST_SPEED[which]:
            try:
                row.check_installed()
                specs.append(f"external:{name}")
            except UsageError:
                missing.append(name)
    return Baselines(tuple(specs), tuple(missing))
