"""What is packed of other people's is named, with where it is from and its sum, and is as it came."""

import hashlib
import re
from importlib.resources import files

DATA = files("cairn.credentials") / "data"


def test_each_file_is_in_the_notice_and_as_it_came():
    rows = re.findall(
        r"^\| `([^`]+)` \|.*\| `([0-9a-f]{64})` \|$", (DATA / "NOTICE.md").read_text(), re.MULTILINE
    )
    packed = {
        f"{folder}/{each.name}"
        for folder in ("contexts", "schemas")
        for each in (DATA / folder).iterdir()
        if each.name != "index.json"
    }
    assert {name for name, _ in rows} == packed
    found = [(name, hashlib.sha256((DATA / name).read_bytes()).hexdigest()) for name, _ in rows]
    assert found == rows
