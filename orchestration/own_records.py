"""Records that we made in a target and that a source reads back: tied to whom they were made from.

In: the ledger of a target, the published build, the ledger of ids. Out: one `same` judgement per
such record, by the target. What comes back is then no second customer, unless a person parts them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from connectors.sinks.echo import Cell
    from stamm.settings import SinkSettings
    from stamm.store import Store

_WON_FROM = {"golden_lineage", "golden_parties"}
_WON = """
select split_part(lineage.record_id, '#', 1), lineage.attribute,
    case lineage.attribute when 'email' then golden.email when 'phone' then golden.phone end
from golden_lineage as lineage join golden_parties as golden using (party_id)
where split_part(lineage.record_id, '#', 1) in (select unnest(?::varchar[]))
    and lineage.rule <> 'pinned'  -- a person's word, whatever record it hangs on
"""


def tie_own_records(sink: SinkSettings, published: Path, store: Store) -> int:
    """Tie each record that hangs on none that is still there; gives how many were tied now.

    It hangs on one record only, so that it holds nothing together that would part without it: on
    the one that the id was minted for, or where that is gone on the first other one.
    """
    from connectors.sinks.echo import own_records
    from dedupe.identity.ledger import founders
    from dedupe.judgement.judgements import SINK, record_judgement

    own = own_records(store, sink)
    if not own:
        return 0
    by, present = f"{SINK}{sink.name}", _present(published, own)
    standing, minted = _standing(store, by, present), founders(store)
    tied = 0
    for record, party in sorted(own.items()):
        there = present.get(party, [])
        if record in standing or not there:
            continue
        anchor = minted[party] if minted.get(party) in there else there[0]
        record_judgement(
            store, [record], [anchor], "same",
            by=by, at=datetime.now(UTC), reason="made from this customer",
        )  # fmt: skip
        tied += 1
    return tied


def own_words(sinks: Iterable[SinkSettings], published: Path, store: Store) -> set[Cell]:
    """Cells out of these records that are golden in the published build.

    They won, so they were no echo: what somebody wrote in the target.
    """
    from connectors.sinks.echo import own_records, won_cells
    from serving.builds import current_build
    from stamm.duck import open_warehouse

    own = {record for sink in sinks for record in own_records(store, sink)}
    build = current_build(published)
    if not own or build is None or not build.tables.keys() >= _WON_FROM:
        return set()
    with closing(open_warehouse(build.database, read_only=True)) as con:
        rows = con.execute(_WON, [sorted(own)]).fetchall()
    return won_cells(rows)


def _present(published: Path, own: dict[str, str]) -> dict[str, list[str]]:
    """Party → its records in the published build that we did not make, in their order."""
    from serving.builds import current_build
    from stamm.duck import open_warehouse

    build = current_build(published)
    if build is None or "xref_parties" not in build.tables:
        return {}
    with closing(open_warehouse(build.database, read_only=True)) as con:
        rows = con.sql("select party_id, record_id from xref_parties order by all").fetchall()
    found: dict[str, list[str]] = defaultdict(list)
    for party, record in rows:
        if record.partition("#")[0] not in own:
            found[party].append(record)
    return found


def _standing(store: Store, by: str, present: dict[str, list[str]]) -> set[str]:
    """Records that hang on one that is there."""
    from dedupe.judgement.judgements import judgements

    there = {record for records in present.values() for record in records}
    return {
        record
        for judgement in judgements(store)
        if judgement.judged_by == by and judgement.right & there
        for record in judgement.left
    }
