"""`python -m mdlbench.training.worker RUN SEED LAST_STEP`: train one seed, say how far it is in JSON lines.

Started by `seeds.py`; ends, its state saved, when standard input does: whoever started it asks so, or is gone.
"""

import json
import os
import signal
import sys
import threading
from contextlib import suppress
from dataclasses import asdict

from mdlbench.errors import MdlbenchError
from mdlbench.training.loop import Progress, Task, train_seed
from mdlbench.training.run import load_run


def main(folder: str, seed: int, last_step: int) -> None:
    """Train; an error is said like progress."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal tells all; the parent decides
    asked = threading.Event()

    def wait_for_end() -> None:
        while os.read(0, 1):  # not sys.stdin, whose lock a thread may not hold as Python ends
            pass
        asked.set()

    threading.Thread(target=wait_for_end, daemon=True).start()
    try:
        run = load_run(folder)
        train_seed(Task(run.config, run.seed_folder(seed), seed, last_step), asked.is_set, _report)
    except (MdlbenchError, OSError) as error:
        _say({"error": str(error)})


def _report(progress: Progress) -> None:
    _say(asdict(progress))


def _say(line: dict[str, object]) -> None:
    with suppress(OSError):  # the parent is gone: standard input will end as well
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
