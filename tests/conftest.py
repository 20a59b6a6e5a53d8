"""What all tests share."""

from collections import defaultdict

from hypothesis import HealthCheck, settings

# Property tests draw the same examples everywhere, so that a verdict hangs on the code alone;
# `pytest --hypothesis-profile=explore` draws new ones and more of them where a test names no count.
# No example has a deadline: a machine that stands still for a moment is no fault of the code.
patient = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("repeatable", derandomize=True, **patient)
settings.register_profile("explore", max_examples=1_000, **patient)
settings.load_profile("repeatable")


def pytest_collection_modifyitems(items):
    """Files whose tests may take longest come first, lest one process ends long after the other."""
    longest = defaultdict(float)
    for item in items:
        for mark in item.iter_markers("timeout"):
            longest[item.path] = max(longest[item.path], *mark.args)
    items.sort(key=lambda item: -longest[item.path])
