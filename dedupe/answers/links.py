"""Why a golden party is tied to others: its firm, its contacts, its parent, branches, household.

In: the golden tables of a run. Out: one `Link` per tie, with basis, evidence and the record that
shows it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

_LINKS = """
    select 'acts for' as kind, organisation_party_id as other, basis, evidence, evidence_record_id,
           weight
    from golden.golden_party_roles where person_party_id = $party
    union all
    select 'has the contact', person_party_id, basis, evidence, evidence_record_id, weight
    from golden.golden_party_roles where organisation_party_id = $party
    union all
    select 'is a branch of', parent_party_id, basis, evidence, evidence_record_id, weight
    from golden.golden_branches where party_id = $party
    union all
    select 'has the branch', party_id, basis, evidence, evidence_record_id, weight
    from golden.golden_branches where parent_party_id = $party
    union all
    select 'lives with', with_them.party_id, own.basis, own.evidence, with_them.evidence_record_id,
           null
    from golden.golden_households as own
    join golden.golden_households as with_them using (household_id)
    where own.party_id = $party and with_them.party_id <> $party
    order by kind, other
"""


@dataclass(frozen=True)
class Link:
    """`weight` is a stated guess at how often such a tie is right; households have none."""

    kind: str
    other_party_id: str
    basis: str
    evidence: str
    evidence_record_id: str | None
    weight: float | None


def links(con: duckdb.DuckDBPyConnection, party_id: str) -> list[Link]:
    """All ties of a party, by kind and other party."""
    return [Link(*row) for row in con.execute(_LINKS, {"party": party_id}).fetchall()]
