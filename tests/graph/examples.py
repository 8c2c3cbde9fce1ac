"""How examples are drawn: a few, always the same; as many as `CAIRN_TEST_EXAMPLES` says, others each time."""

import os

from hypothesis import HealthCheck, Phase, settings

MANY = int(os.environ.get("CAIRN_TEST_EXAMPLES", "0"))


def examples(count):
    """Settings of a test that draws so many, and shows the first that fails as it is."""
    return settings(
        max_examples=MANY or count,
        derandomize=not MANY,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
