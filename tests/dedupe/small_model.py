"""A model of two comparisons, small enough to work out every weight by hand."""

from __future__ import annotations

from dedupe.specification import Specification
from dedupe.trained import Trained


def specification(**changes) -> Specification:
    """`family` with a slip level and term frequencies, `birth`, one blocking rule on each."""
    raw = {
        "version": 1,
        "party_type": "person",
        "prior": {"matches_per_record": 0.5, "records_needed": 100, "origin": "test"},
        "thresholds": {"candidate": 0.05, "origin": "test"},
        "comparisons": [
            {
                "name": "family_name",
                "needs": ["family"],
                "levels": [
                    level("equal", equal("family"), m=0.8, term_frequency="family",
                          exact_chance="family"),
                    level("slip", {"test": "slip", "column": "family"}, m=0.15),
                    level("different", None, m=0.05),
                ],
            },
            {
                "name": "birth_date",
                "needs": ["birth"],
                "contradicts": "different",
                "levels": [
                    level("equal", equal("birth"), m=0.9, exact_chance="birth"),
                    level("different", None, m=0.1),
                ],
            },
        ],
        "blocking_rules": [
            rule("same_family", ["family"], {"family_name": "equal"}),
            rule("same_birth", ["birth"], {"birth_date": "equal"}),
        ],
    }  # fmt: skip
    return Specification.model_validate(raw | changes)


def trained(**changes) -> Trained:
    """Round numbers: m, u by level code (worst level first), one match among 1,024 pairs."""
    numbers = {
        "m": ((1 / 8, 1 / 8, 3 / 4), (1 / 8, 7 / 8)),
        "u": ((1 / 2, 1 / 4, 1 / 4), (3 / 4, 1 / 4)),
        "v": ((1 / 2, 1 / 4, 1 / 4), (3 / 4, 1 / 4)),
        "match_share": 1 / 1024,
        "alternative_share": 0.0,
        "records": 4,
        "origin": "by hand",
    }
    return Trained(specification=specification(), **(numbers | changes))


def level(name, when, m, **more):
    return {"name": name, "when": [when] if when else [], "m": m, "origin": "test"} | more


def equal(column):
    return {"test": "equal", "column": column}


def rule(name, columns, fires_at, cap=50):
    return {"name": name, "columns": columns, "cap": cap, "fires_at": fires_at, "origin": "test"}
