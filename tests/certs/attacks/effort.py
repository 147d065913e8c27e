"""How hard the property tests try: a few seconds in a normal run, `YZT_TEST_EXAMPLES` times as much in `make fuzz`."""

import os

from hypothesis import HealthCheck, settings

FACTOR = int(os.environ.get("YZT_TEST_EXAMPLES", "1"))


def examples(count: int) -> settings:
    """Settings of a property: `count` examples in a normal run, no deadline per example."""
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]
    return settings(max_examples=count * FACTOR, deadline=None, suppress_health_check=slow)
