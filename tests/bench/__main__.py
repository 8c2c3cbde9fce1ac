"""`python tests/bench`, or `python -m bench` with `tests` on the path."""

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])

from bench.run import main  # noqa: E402  # the path comes first

sys.exit(main(sys.argv[1:]))
