"""`/customers`: search, one customer with the origin of each value, merge and unmerge."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response

from dedupe.answers.biography import Happening
from dedupe.survivorship.golden import Candidates, all_candidates
from serving.api.asking import answering
from serving.desk import sessions
from serving.desk.asking import Asked, seated
from serving.desk.clusters import cluster
from serving.desk.copies import Bench
from serving.desk.deciding import Meanwhile, join, last_judgement, part
from serving.desk.following import CHANNELS, following, name_of
from serving.desk.pages import page, redirect
from serving.desk.pinning import pin, pinning, unpin
from serving.desk.refusals import Refused
from serving.desk.review import LONGEST_REASON, form_number, meanwhile, signed
from serving.desk.searching import MOST, search
from serving.explaining import Why, history_shown, why_without
from serving.suppressed import Suppressed
from stamm.errors import InputError

router = APIRouter(prefix="/customers")
Seated = Annotated[Asked, Depends(seated())]
PartyId = Annotated[str, Path(pattern=r"^P[A-Z0-9]{1,40}$")]
_EVENTS = 50
_LONGEST_OCCASION = 150


@router.get("")
def form(asked: Seated, wanted: Annotated[str, Query(max_length=60)] = "") -> Response:
    """Whom somebody looks for, and on what occasion."""
    return page(asked, "customers", found=None, typed=wanted, name_of=name_of, most=MOST,
                occasion=asked.session.occasion)  # fmt: skip


@router.post("")
def found(asked: Seated) -> Response:
    """The occasion is kept for this session, and logged with each person whose data are read."""
    typed, occasion = asked.form.one("typed").strip()[:200], _occasion(asked)
    sessions.state_occasion(asked.store, asked.token, occasion)
    with asked.bench() as bench:
        hidden = bench.hidden
    rows = [row for row in search(asked.view, asked.store, typed) if row["party_id"] not in hidden]
    if len(rows) == 1:
        return redirect(f"/desk/customers/{rows[0]['party_id']}")
    asked.log_reads("search", occasion, [row["party_id"] for row in rows])
    return page(asked, "customers", found=rows, typed=typed, name_of=name_of, most=MOST,
                occasion=occasion)  # fmt: skip


@router.get("/{party_id}")
def customer(
    asked: Seated, party_id: PartyId, done: Annotated[int | None, Query(ge=1)] = None
) -> Response:
    """All that is known of one customer, and why."""
    if not asked.session.occasion:
        return redirect(f"/desk/customers?wanted={party_id}")
    party = _party(asked, party_id)
    asked.log_reads("customer", asked.session.occasion, [party])
    view = asked.view
    with asked.bench() as bench:
        if party in bench.hidden:
            raise Refused(404, "refused.not_found")
        candidates = all_candidates(bench.con, party)
        may_pin = pinning(asked, bench, party, candidates)
        why, past = _why(asked, bench, party, candidates), _history(asked, bench, party)
        drawn = cluster(bench, party, asked.say("customer.cluster"))
    row = view.customer(party) or {}
    return page(
        asked, "customer", row=row, name=name_of(row), party=party, asked_for=party_id, why=why,
        cluster=drawn, done=done, seen=last_judgement(asked.store), now=_now(asked),
        permitted=[one for one in CHANNELS if row.get(f"permission_{one}")],
        events=view.named("timeline", party=party, at=None, id="", kind="", limit=_EVENTS),
        history=past, pinning=may_pin, versions=view.named("versions", party=party),
    )  # fmt: skip


@router.post("/{party_id}/unmerge")
def unmerge(asked: Seated, party_id: PartyId) -> Response:
    """The picked records are another party than the rest."""
    party = _party(asked, party_id)
    try:
        kept = part(
            asked.store, party, asked.form.all("record"), signed(asked),
            reason=_reason(asked), seen=form_number(asked, "seen"),
        )  # fmt: skip
    except Meanwhile as other:
        return meanwhile(asked, other)
    return redirect(f"/desk/customers/{party}?done={kept.seq}")


@router.post("/{party_id}/merge")
def merge(asked: Seated, party_id: PartyId) -> Response:
    """First what would follow is shown; then, confirmed, the two are one with the next run."""
    party, other = _party(asked, party_id), _party(asked, asked.form.one("other").strip())
    if party == other:
        raise Refused(422, "customer.same_one")
    reason, seen = _reason(asked), form_number(asked, "seen")
    if not asked.form.one("confirmed"):
        asked.log_reads("merge", asked.session.occasion or "merge", [party, other])
        return page(
            asked, "customer_merge", party=party, other=other, reason=reason, seen=seen,
            following=following(asked.view, asked.store, (party, other)),
        )  # fmt: skip
    try:
        kept = join(asked.store, party, other, signed(asked), reason=reason, seen=seen)
    except Meanwhile as faster:
        return meanwhile(asked, faster)
    return redirect(f"/desk/customers/{party}?done={kept.seq}")


@router.post("/{party_id}/pin")
def pin_value(asked: Seated, party_id: PartyId) -> Response:
    """A value of a record, or one that was typed, is golden from the next run on."""
    party, reason, seen = _party(asked, party_id), _reason(asked), form_number(asked, "seen")
    with asked.bench() as bench:
        pin(asked, bench, party, signed(asked), reason=reason, seen=seen)
    return redirect(f"/desk/customers/{party}#pins")


@router.post("/{party_id}/unpin")
def unpin_value(asked: Seated, party_id: PartyId) -> Response:
    """What wins by the rules is golden again, or an older pin."""
    party, reason, number = _party(asked, party_id), _reason(asked), form_number(asked, "pin")
    with asked.bench() as bench:
        unpin(asked, bench, party, signed(asked), number=number, reason=reason)
    return redirect(f"/desk/customers/{party}#pins")


def _party(asked: Asked, named: str) -> str:
    """The id that answers for this one and may be shown."""
    party = answering(asked.view, asked.store, named) if named else None
    with asked.bench() as bench:
        if party is None or party in bench.hidden:
            raise Refused(404, "refused.not_found")
    return party


def _occasion(asked: Asked) -> str:
    occasion = " ".join(asked.form.one("occasion").split())[:_LONGEST_OCCASION]
    if not occasion:
        raise Refused(422, "customers.occasion_needed")
    return occasion


def _reason(asked: Asked) -> str:
    reason = asked.form.one("reason").strip()[:LONGEST_REASON]
    if not reason:
        raise Refused(422, "customer.reason_needed")
    return reason


def _why(asked: Asked, bench: Bench, party: str, candidates: Candidates) -> Why | None:
    """None where the last run, which is not published, does not have this party any more.

    Of this very party: while a run is at work, the ledger may be ahead of the copy.
    """
    try:
        return why_without(bench.con, party, _hidden(asked, bench), candidates=candidates)
    except InputError:
        return None


def _history(asked: Asked, bench: Bench, party: str) -> list[Happening]:
    try:
        return history_shown(asked.store, party, _hidden(asked, bench))
    except InputError:
        return []


def _hidden(asked: Asked, bench: Bench) -> Suppressed:
    return Suppressed(bench.hidden, asked.view.hidden.addresses)


def _now(asked: Asked) -> datetime:
    """Of the facts, without a time zone as they are."""
    return asked.desk.service.clock.now().astimezone(UTC).replace(tzinfo=None)
