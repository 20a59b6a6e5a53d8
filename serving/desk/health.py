"""`/health`: sources and how fresh they are, gates, quarantine, duplicates per source.

What belongs to other stages is handed in as `Condition`; no person's data are on this page.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from serving.desk.asking import Asked, seated
from serving.desk.pages import page
from serving.restored import unchecked

router = APIRouter()
Seated = Annotated[Asked, Depends(seated())]
# One row per source: records, and those beyond the first of a golden party in the same source.
_DUPLICATES = """
    select source, count(*) as records, count(distinct party_id) as parties
    from xref_parties where facet_of is null group by source order by source
"""


@router.get("/health")
def health(asked: Seated) -> Response:
    """Counts only."""
    return page(
        asked, "health", condition=asked.desk.condition(), build=asked.view.build,
        restored=unchecked(asked.store), duplicates=asked.view.rows(_DUPLICATES),
    )  # fmt: skip
