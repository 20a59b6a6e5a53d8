"""Branches → the firm they belong to, each link with its basis and the records that show it.

Firms of one VAT id are one firm in law: its head is the one whose name says nothing of a branch,
then the shortest name. Firms that share a mail or web domain are tied where the name of one
begins with the whole name of the other (`Kranbau Müller`, `Kranbau Müller Hamburg`), or is the
same at another place. Reads golden parties, what their records hold, and the crosswalk.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from dedupe.ties.held import HELD

if TYPE_CHECKING:
    import duckdb

# Stated guesses at how often such a link is right, not trained.
BASES = {"vat_id": 0.95, "name_and_domain": 0.85}
# A VAT id or a domain that more firms bear is a placeholder, a directory or a host.
MOST_FIRMS = 50
_SAYS_BRANCH = frozenset({
    "niederlassung", "zweigniederlassung", "filiale", "zweigstelle", "geschaeftsstelle",
    "geschaftsstelle", "standort", "werk", "betriebsstaette", "betriebsstatte", "branch",
})  # fmt: skip
COLUMNS = ("party_id", "parent_party_id", "basis", "evidence", "evidence_record_id",
           "parent_record_id", "weight")  # fmt: skip

_SHARED = f"""
    select basis, value, party_id, min(record_id) as record_id
    from {HELD} join golden.xref_parties using (record_id)
    where tie = 'branch'
    group by basis, value, party_id
    qualify count(*) over (partition by basis, value) between 2 and {MOST_FIRMS}
    order by all
"""
_FIRMS = """
    select party_id, coalesce(company_name, ''), records, first_seen from golden.golden_parties
    where party_id in (select unnest($parties))
"""


@dataclass(frozen=True)
class Firm:
    """`words` are those of its name, the legal form left out."""

    party_id: str
    words: tuple[str, ...]
    records: int
    first_seen: datetime | None

    @property
    def headship(self) -> tuple[object, ...]:
        """The least is the head."""
        seen = self.first_seen or datetime.max  # noqa: DTZ901  (UTC, like all)
        says_branch = bool(_SAYS_BRANCH & set(self.words))
        return (not self.words, says_branch, len(self.words), -self.records, seen, self.party_id)


@dataclass(frozen=True)
class Shared:
    """A value that several firms hold: who holds it, and by which record."""

    basis: str
    value: str
    holders: Mapping[str, str]


@dataclass(frozen=True)
class Branch:
    """One link; both records hold what the evidence names."""

    party_id: str
    parent_party_id: str
    basis: str
    evidence: str
    evidence_record_id: str
    parent_record_id: str
    weight: float


def write_branches(con: duckdb.DuckDBPyConnection) -> None:
    """Write `golden.golden_branches`, one row per branch."""
    import pyarrow as pa

    found = branches(*_read(con))
    types = {"weight": pa.float64()}
    table = pa.table({
        name: pa.array([getattr(one, name) for one in found], types.get(name, pa.string()))
        for name in COLUMNS
    })  # fmt: skip
    con.register("arriving_branches", table)
    con.execute("create or replace table golden.golden_branches as from arriving_branches")
    con.unregister("arriving_branches")


def branches(firms: Mapping[str, Firm], shared: Iterable[Shared]) -> list[Branch]:
    """Each branch once, by its strongest basis, and its parent is nobody's branch."""
    found: dict[str, Branch] = {}
    strongest = sorted(shared, key=lambda s: (-BASES[s.basis], s.value))
    for one in strongest:
        ranked = sorted((firms[party] for party in one.holders), key=lambda f: f.headship)
        for place, branch in enumerate(ranked):
            parent = _parent(one.basis, branch, ranked[:place])
            if parent and branch.party_id not in found:
                found[branch.party_id] = _link(one, branch, parent)
    return [_to_the_head(found, found[party]) for party in sorted(found)]


def _parent(basis: str, branch: Firm, before: Sequence[Firm]) -> Firm | None:
    """The head, or for a shared domain the first one whose whole name begins the branch's."""
    if basis == "vat_id":
        return before[0] if before else None
    for firm in before:
        if firm.words and branch.words[: len(firm.words)] == firm.words:
            return firm
    return None


def _link(shared: Shared, branch: Firm, parent: Firm) -> Branch:
    evidence = (
        f"VAT id {shared.value} in both"
        if shared.basis == "vat_id"
        else f"domain {shared.value} in both, name begins with {' '.join(parent.words)}"
    )
    return Branch(
        branch.party_id,
        parent.party_id,
        shared.basis,
        evidence,
        shared.holders[branch.party_id],
        shared.holders[parent.party_id],
        BASES[shared.basis],
    )


def _to_the_head(found: Mapping[str, Branch], link: Branch) -> Branch:
    """Through branches of branches; links that run in a circle are left as they are."""
    seen, head = {link.party_id}, link.parent_party_id
    while head in found and head not in seen:
        seen.add(head)
        head = found[head].parent_party_id
    if head in seen or head == link.parent_party_id:
        return link
    return Branch(
        link.party_id, head, link.basis, f"{link.evidence}; through {link.parent_party_id}",
        link.evidence_record_id, link.parent_record_id, link.weight,
    )  # fmt: skip


def _read(con: duckdb.DuckDBPyConnection) -> tuple[dict[str, Firm], list[Shared]]:
    rows = con.execute(_SHARED).fetchall()
    holders: dict[tuple[str, str], dict[str, str]] = {}
    for basis, value, party, record in rows:
        holders.setdefault((basis, value), {})[party] = record
    parties = sorted({party for held in holders.values() for party in held})
    firms = {
        party: Firm(party, _words(name), records, first_seen)
        for party, name, records, first_seen in con.execute(_FIRMS, {"parties": parties}).fetchall()
    }
    return firms, [Shared(*key, held) for key, held in sorted(holders.items())]


def _words(company_name: str) -> tuple[str, ...]:
    from dedupe.standardise.companies import company

    return tuple((company(company_name).core or "").split()) if company_name else ()
