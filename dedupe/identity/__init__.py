"""Golden ids: minted once, never reused, never silently changed.

`constitution` decides (a pure function), `ledger` remembers (append-only, operational store).
"""
