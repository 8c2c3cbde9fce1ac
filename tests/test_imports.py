"""The order of the rooms, and what a process loads before it is asked anything."""

import subprocess
import sys
from pathlib import Path


def test_a_room_imports_only_rooms_below_it():
    """In a process of its own: import-linter turns the logs of the process off that it runs in."""
    lint = Path(sys.executable).with_name("lint-imports")
    ran = subprocess.run([lint, "--no-cache"], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, (
        "an import runs against the order of the rooms: invert it with an event, or move the piece down\n"
        + ran.stdout
    )


def test_a_server_does_not_load_what_few_requests_need():
    """What signs, checks and draws credentials, keeps files, plans, and what SCIM is made of: 80 MB."""
    heavy = {"pyld", "lxml", "pyoxigraph", "jsonschema", "typst", "scim2_models", "scim2_server"}
    heavy |= {"numpy", "highspy", "xlsxwriter", "obstore", "PIL"}
    asked = "import sys, cairn.app; print(*{name.partition('.')[0] for name in sys.modules})"
    ran = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    loaded = set(ran.stdout.split())
    assert {"cairn", "strawberry"} <= loaded
    assert loaded & heavy == set()
