"""Whether a table can tell two people of one household from one person, and how to say so.

Flow: chosen comparisons → the alternative of the built-in specification, where the records hold
what a household shares (family name, and an address or contact point) and what parts its people
(given name or birth date). Whatever else it holds agrees in a household as it does by chance.
"""

from __future__ import annotations

from collections.abc import Sequence

from dedupe.specification import Alternative, Comparison, PartyType, load_specification

_SHARED_WITH_THE_NAME = frozenset({"address", "phone", "email"})


def household(
    party_type: PartyType, comparisons: Sequence[Comparison], records: int
) -> Alternative | None:
    """The alternative that these comparisons allow; its shares are starts, training finds them.

    None where so few records cannot tell how many households there are: a stated share would part
    people as often as it kept others apart.
    """
    specification = load_specification(party_type)
    own = specification.alternative
    names = [comparison.name for comparison in comparisons if not comparison.corrects]
    if own is None or "family_name" not in names:
        return None
    if records < specification.prior.records_needed:
        return None
    if not _SHARED_WITH_THE_NAME & set(names) or not set(own.as_strangers) & set(names):
        return None
    alike = {name: share for name, share in own.alike.items() if name in names}
    alone = tuple(name for name in names if name not in alike)
    return own.model_copy(update={"as_strangers": alone, "alike": alike})
