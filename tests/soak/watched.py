"""The program, which tells what it holds: ``watched COLLECTED COUNTED [ARGUMENT…]``.

COLLECTED gets a byte each time when all its garbage was looked for. At the signal ``COUNT`` it writes to COUNTED how
many objects there are of each type, as JSON; what is garbage is collected before.
"""

from __future__ import annotations

import gc
import json
import signal
import sys
from collections import Counter
from pathlib import Path
from typing import Final

from jjm_tui.__main__ import main

COUNT: Final = signal.SIGRTMIN
"""A signal that the program leaves alone."""


def _tell(phase: str, info: dict[str, int]) -> None:
    if phase == "stop" and info["generation"] == 2:
        with _collected.open("ab") as file:
            file.write(b".")


def _count(_number: int, _frame: object) -> None:
    gc.unfreeze()  # what is frozen is not listed
    gc.collect()
    kinds = Counter(f"{type(each).__module__}.{type(each).__qualname__}" for each in gc.get_objects())
    gc.freeze()
    written = _counted.with_suffix(".new")
    written.write_text(json.dumps(kinds))
    written.rename(_counted)


if __name__ == "__main__":
    _collected, _counted = Path(sys.argv.pop(1)), Path(sys.argv.pop(1))
    _collected.touch()
    gc.callbacks.append(_tell)
    signal.signal(COUNT, _count)
    sys.exit(main())
