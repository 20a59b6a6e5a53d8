"""Search before create: the fields of one business card → the person and the firm it may be.

Flow: `card` (raw fields) → `standardised` (as linking standardises a record) → `index` (blocking
keys and records of one party type in memory) → `search` (candidates, levels, weights, parties).
"""

from dedupe.lookup.card import Card
from dedupe.lookup.search import Hit, Lookup

__all__ = ["Card", "Hit", "Lookup"]
