"""How a record looks in a session: one line, and in a notebook a table of two columns."""

from abc import abstractmethod
from collections.abc import Mapping

from mdlbench.text import escaped


class Shown:
    """A record that says in words what it holds."""

    @abstractmethod
    def shown(self) -> Mapping[str, str]:
        """Figures by name, as people write them."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {', '.join(f'{name} {value}' for name, value in self.shown().items())}>"

    def _repr_html_(self) -> str:
        rows = "".join(f"<tr><th>{escaped(name)}</th><td>{escaped(value)}</td></tr>" for name, value in self.shown().items())
        return f"<table><caption>{type(self).__name__}</caption>{rows}</table>"
