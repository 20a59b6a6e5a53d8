"""What all tests share."""

from hypothesis import settings

# Property tests draw the same examples everywhere, so that a verdict hangs on the code alone;
# `pytest --hypothesis-profile=explore` draws new ones and more of them where a test names no count.
settings.register_profile("repeatable", derandomize=True)
settings.register_profile("explore", max_examples=1_000)
settings.load_profile("repeatable")
