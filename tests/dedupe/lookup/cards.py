"""Rows of the match input as cards: what somebody would type who has this record before them."""

from __future__ import annotations

from dedupe.lookup.card import Card, read_card


def card_of(row: dict) -> Card:
    """The fields that a card and a record have in common."""
    return read_card({name: row[name] for name in Card.model_fields if row[name]})
