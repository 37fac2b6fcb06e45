"""Public names of a package that are loaded when they are first used, so that importing it is quick."""

import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any


def front_door(package: str, locations: Mapping[str, Sequence[str]]) -> tuple[list[str], Callable[[str], Any]]:
    """`__all__` and `__getattr__` of a package.

    Args:
        package: its name.
        locations: public names by the module in the package that has them; "name as other" gives one another name, and a
            module without names is public itself.
    """
    found: dict[str, tuple[str, str | None]] = {}
    for module, names in locations.items():
        if not names:
            found[module] = (f"{package}.{module}", None)
        for name in names:
            inside, _, outside = name.partition(" as ")
            found[outside or inside] = (f"{package}.{module}", inside)

    def load(name: str) -> Any:
        if name not in found:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        module, inside = found[name]
        value = import_module(module) if inside is None else getattr(import_module(module), inside)
        setattr(sys.modules[package], name, value)
        return value

    return sorted(found), load
