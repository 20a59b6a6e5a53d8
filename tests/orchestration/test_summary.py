"""What a run tells of its sources at its end."""

from __future__ import annotations

from orchestration.summary import remarks, sources_of

QUIET = {"landed": 3, "deleted": 0, "rejected": 0, "duplicates": 0, "unsure": 0, "drift": []}


def test_streams_are_told_of_that_are_not_as_declared_or_miss_records_that_may_still_be_there():
    drift = ["new field a (text)", "b is missing", "c is missing", "d is missing"]
    shop = {
        "orders": QUIET,
        "customers": {**QUIET, "unsure": 1200},
        "notes": {**QUIET, "drift": drift},
    }
    [row] = sources_of({"extract shop": (1.25, shop), "golden": (9.0, {})})
    assert (row["source"], row["streams"], row["landed"], row["seconds"]) == ("shop", 3, 9, 1.2)
    assert list(remarks(row)) == [
        "notes is not as declared: new field a (text), b is missing, c is missing and 1 more"
        " · stamm schema diff",
        "customers: 1,200 landed records were not met and are kept: the source counts them, or one"
        " that was rejected without a key may be any of them",
    ]


def test_of_streams_that_are_as_they_should_be_nothing_is_told():
    [row] = sources_of({"extract shop": (0.5, {"orders": QUIET})})
    assert list(remarks(row)) == []
