"""``python -m jjm_tui.simulator``: the simulator without the rest of the program."""

from __future__ import annotations

import sys

from jjm_tui.simulator.command import main

sys.exit(main())
