"""Whether a model's training data is known to include, or may include, the corpus: a table of names, `contamination.json`."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from mdlbench.models.spec import split_spec


@cache
def _table() -> dict[str, Any]:
    return json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf8"))


def contamination_note(spec: str, corpus: str) -> str | None:
    """One line on what a model's weights may have seen of a corpus; None for models without weights, and for corpora that
    are not public.

    Args:
        spec: of the model; only `hf:` models bring weights from elsewhere.
        corpus: its name, as `find_corpus` gives it: `enwik8`, `canterbury-alice29.txt`.

    Example:
        >>> contamination_note("hf:EleutherAI/pythia-70m", "enwik8")
        'training data (the Pile) includes English Wikipedia of 2020 [arXiv:2101.00027]'
        >>> contamination_note("cm", "enwik8") is None
        True
    """
    name, argument, _ = split_spec(spec)
    if name != "hf":
        return None
    known = ((kind, name) for kind, names in _table()["corpora"].items() for name in names)
    kind = next((kind for kind, name in known if corpus == name or corpus.startswith(f"{name}-")), None)
    if kind is None:
        return None  # a corpus of the user's own
    for entry in _table()["models"]:
        if re.search(entry["match"], argument, re.IGNORECASE):
            return f"training data ({entry['data']}) {entry[kind]} [{entry['source']}]"
    return f"training data unknown to mdlbench: it may include {corpus}"
