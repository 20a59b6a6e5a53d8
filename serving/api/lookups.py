"""`/companies`, `/xref`, `/builds` and `/health`."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response

from serving.api.asking import as_json
from serving.api.customers import MayRead, resolved
from serving.api.models import Builds, Company, Health, PartyId, References
from serving.api.problems import described, not_found
from serving.api.service import Service
from serving.api.views import among
from serving.builds import Build, list_builds
from serving.restored import unchecked
from stamm.ids import record_id

router = APIRouter()
_PROBLEMS = described(401, 403, 404, 422, 429, 503)


@router.get("/companies/{party_id}", response_model=Company, responses=_PROBLEMS,
            tags=["companies"], summary="One organisation with parent and branches")  # fmt: skip
def company(asked: MayRead, party_id: PartyId) -> Response:
    """Of a merged one the organisation that took it in."""
    party = asked.party(party_id)
    found = asked.view.named("company", party=party)
    if not found:
        raise not_found("the id of an organisation")
    body = {**found[0], "resolved_from": resolved(party_id, party)}
    return asked.answer("company", [party], body)


@router.get("/xref/{source}/{key:path}", response_model=References, responses=_PROBLEMS,
            tags=["companies"], summary="The golden party of a source's own key")  # fmt: skip
def xref(
    asked: MayRead,
    source: Annotated[str, Path(max_length=100, examples=["erp"])],
    key: Annotated[
        str,
        Path(min_length=1, max_length=300,
             description="As the source says it, slashes too, or a record id.",
             examples=["0000104711"]),
    ],
) -> Response:  # fmt: skip
    """Keys are kept as keyed hashes only, so the key is hashed for each stream of the source."""
    streams = asked.view.rows(
        "select stream from source_streams where source = $source", {"source": source}
    )
    secret = asked.store.secret("record_id")
    hashed = [record_id(secret, source, row["stream"], key) for row in streams]
    ids, bound = among([key, *hashed])
    told = "select record_id, source, stream, party_id from"
    found = asked.view.rows(  # a second condition would read past the index
        f"{told} party_records where record_id in ({ids}) union "
        f"{told} facet_records where facet_of in ({ids}) order by record_id",
        bound,
    )
    rows = [row for row in found if row["source"] == source]
    if not rows:
        raise not_found("a record of this source and key")
    body = {"build_id": asked.view.build.build_id, "items": rows}
    return asked.answer("xref", [row["party_id"] for row in rows], body)


@router.get("/builds", response_model=Builds, responses=described(401, 403, 422, 429, 503),
            tags=["service"], summary="The builds that are kept")  # fmt: skip
def builds(asked: MayRead) -> Response:
    """Answers are always those of the current one."""
    current = asked.view.build
    rows = [_told(one, current) for one in list_builds(asked.service.published_root)]
    return asked.answer("builds", [], {"items": rows})


@router.get("/health", response_model=Health, responses=described(503),
            tags=["service"], summary="Whether questions are answered; needs no key")  # fmt: skip
def health(request: Request) -> Response:
    """503 where nothing is published."""
    service: Service = request.app.state.service
    build = service.published.current().build
    body = {"status": "ok", "build_id": build.build_id, "match": service.finder.state()}
    waits = unchecked(service.store)
    if waits:
        body |= {"status": "restored", "unchecked_restore": waits.made_at}
    headers = {"Cache-Control": "no-store"}
    return Response(as_json(body), 200, headers, media_type="application/json")


def _told(build: Build, current: Build) -> dict[str, Any]:
    return {
        "build_id": build.build_id,
        "current": build.build_id == current.build_id,
        "as_of": build.info.get("as_of"),
        "built_at": build.info.get("built_at"),
        "rows": {name: said["rows"] for name, said in build.tables.items()},
    }
