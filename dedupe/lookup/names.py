"""The given and the family name of a card, also where they stand in the wrong field or a mailbox.

What person_names.sql and mail_names.sql do for a table, for one card and with the same context:
how many records bear a word as a given or as a family name. A test holds them together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dedupe.lookup.card import Card
from dedupe.standardise import contact_points, names

if TYPE_CHECKING:
    import duckdb

ALIKE = 0.88  # Jaro–Winkler; a slip in a name
SWAPPED = 30  # times likelier the other way round
ANY_INITIAL, STATED_ONLY = 0.05, 1e-6
Names = tuple[str | None, str | None]


@dataclass(frozen=True)
class NameContext:
    """Word → records that have it as given (family) name, and its share of all such names."""

    given_count: Mapping[str, float] = field(default_factory=dict)
    family_count: Mapping[str, float] = field(default_factory=dict)
    given_share: Mapping[str, float] = field(default_factory=dict)
    family_share: Mapping[str, float] = field(default_factory=dict)

    @staticmethod
    def load(con: duckdb.DuckDBPyConnection) -> NameContext:
        """From `link.person_context`, which belongs to the trained model."""
        found: dict[str, dict[str, float]] = {}
        for kind, word, amount in con.execute("from link.person_context").fetchall():
            found.setdefault(kind, {})[word] = amount
        return NameContext(**found)


def names_of(card: Card, context: NameContext) -> Names:
    """Given and family name as raw text, as good as card and context tell them."""
    given, family = _placed(card, context)
    if _given(given) is None or _family(family) is None:
        read = _best_reading(card, (given, family), context) or (None, None)
        return read[0] or given, read[1] or family
    return given, family


def _placed(card: Card, context: NameContext) -> Names:
    """A lone name, and names in each other's field, go where the context knows them better."""
    given, family, single = _halves(card)
    if single:
        is_given = _n_given(single, context) > _n_family(single, context)
        return (single, None) if is_given else (None, single)
    if given and family:
        swapped = (_n_given(family, context) + 0.5) * (_n_family(given, context) + 0.5)
        kept = [_n_given(given, context), _n_family(family, context)]
        if swapped > SWAPPED * max(kept[0] - 0.5, 0.5) * max(kept[1] - 0.5, 0.5):
            return family, given
    return given, family


def _halves(card: Card) -> tuple[str | None, str | None, str | None]:
    if card.given_name or card.family_name or not card.full_name:
        return card.given_name, card.family_name, None
    return names.full_name(card.full_name)


def _n_given(raw: str, context: NameContext) -> float:
    return context.given_count.get(names.given_name(raw).given_root or raw, 0.0)


def _n_family(raw: str, context: NameContext) -> float:
    return context.family_count.get(names.family_name(raw).family or raw, 0.0)


def _given(raw: str | None) -> str | None:
    return names.given_name(raw).given if raw else None


def _family(raw: str | None) -> str | None:
    return names.family_name(raw).family if raw else None


def _best_reading(card: Card, placed: Names, context: NameContext) -> Names | None:
    """The likeliest name in the mailboxes that fits what the card states."""
    found = [
        read
        for address in card.emails
        for reading in contact_points.readings(address) or ()
        if (read := _read(reading, placed, context))
    ]
    return min(found)[-1] if found else None


_Ranked = tuple[float, bool, str, bool, str, Names]


def _read(reading: str, placed: Names, context: NameContext) -> _Ranked | None:
    """A reading with its rank, the likeliest first; None if it does not fit."""
    given, family = (half or None for half in reading.split("|"))
    lone_family, lone_given = _lone(placed)
    stated = _family(placed[1]) if lone_family else _given(placed[0]) if lone_given else None
    states_given = _alike(stated, given) or _is_initial_of(given, stated, lone_given)
    states_family = _alike(stated, family)
    share = _share(given, context.given_share, ANY_INITIAL, states_given) * _share(
        family, context.family_share, 0.0, states_family
    )
    holds_other_one = (given is None and lone_given) or (family is None and lone_family)
    if share <= 0 or not (stated is None or states_given or states_family or holds_other_one):
        return None
    told: Names = (
        stated if states_given or (given is None and lone_given) else given,
        stated if states_family or (family is None and lone_family) else family,
    )
    return -share, given is None, given or "", family is None, family or "", told


def _lone(placed: Names) -> tuple[bool, bool]:
    """Is there a family name only, a given name only?"""
    given, family = placed
    return given is None and family is not None, given is not None and family is None


def _alike(one: str | None, other: str | None) -> bool:
    from rapidfuzz.distance import JaroWinkler

    if one is None or other is None:
        return False
    return JaroWinkler.similarity(one, other) >= ALIKE


def _is_initial_of(half: str | None, stated: str | None, lone_given: bool) -> bool:
    if half is None or stated is None or not lone_given:
        return False
    return len(half) == 1 and stated.startswith(half)


def _share(half: str | None, shares: Mapping[str, float], of_initial: float, stated: bool) -> float:
    if half is None:
        return 1.0
    if len(half) == 1:
        return of_initial
    return shares.get(half, STATED_ONLY if stated else 0.0)
