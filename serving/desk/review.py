"""`/review`: the next case, side by side, and the verdict on it."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, get_args
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Response

from dedupe.answers.explain import Explanation, explain_by
from dedupe.judgement.judgements import Judgement, Verdict, judgements
from dedupe.judgement.review import ReviewItem
from dedupe.linking.scoring import probability
from serving.desk import charts
from serving.desk.asking import Asked, seated
from serving.desk.cases import Queue, key
from serving.desk.comparing import Beside, beside
from serving.desk.copies import Bench
from serving.desk.deciding import Meanwhile, Signed, decide, last_judgement, undo
from serving.desk.following import following
from serving.desk.pages import page, redirect
from serving.desk.refusals import Refused
from serving.desk.texts import named
from serving.explaining import judgement_shown, without_addresses

router = APIRouter()
Seated = Annotated[Asked, Depends(seated())]
_PURPOSE = "review: may these be one party"
LONGEST_REASON = 2_000
RecordId = Annotated[str, Query(min_length=1, max_length=200)]


@router.get("/review")
def next_case(
    asked: Seated,
    skipped: Annotated[int, Query(ge=0, le=100_000)] = 0,
    done: Annotated[int | None, Query(ge=1)] = None,
) -> Response:
    """The most valuable case that nobody else has open; `skipped` looks so many further."""
    with asked.bench() as bench:
        queue = asked.desk.cases.queue(bench, asked.store)
        taken = asked.desk.presence.taken(asked.name, asked.desk.now())
        item = queue.next(taken, skipped)
        if item is None:
            return page(asked, "review_done", done=_own(asked, done))
        return _case(asked, bench, item.left_record, item.right_record, queue, item,
                     skipped=skipped, done=_own(asked, done))  # fmt: skip


@router.get("/review/case")
def one_case(asked: Seated, left: RecordId, right: RecordId) -> Response:
    """Any two records that the last run knows, whether or not they are in the queue."""
    with asked.bench() as bench:
        queue = asked.desk.cases.queue(bench, asked.store)
        item = next((one for one in queue.items if key(one) == {left, right}), None)
        return _case(asked, bench, left, right, queue, item)


@router.post("/review/verdict")
def verdict(asked: Seated) -> Response:
    """Kept as `stamm judge` keeps it; a verdict given meanwhile is shown instead."""
    form = asked.form
    left, right, said = form.one("left"), form.one("right"), form.one("verdict")
    seen = form_number(asked, "seen")
    if said not in get_args(Verdict):
        raise Refused(422, "refused.no_form")
    with asked.bench() as bench:
        _refuse_hidden(bench, left, right)
        try:
            kept = decide(
                asked.store, left, right, said, signed(asked),  # type: ignore[arg-type]  # checked
                reason=form.one("reason")[:LONGEST_REASON], seen=seen,
            )  # fmt: skip
        except Meanwhile as other:
            return meanwhile(asked, other, left, right)
    return redirect(f"/desk/review?done={kept.seq}")


@router.post("/review/undo")
def take_back(asked: Seated) -> Response:
    """Back to the case."""
    number = form_number(asked, "judgement")
    try:
        mine = undo(asked.store, number, signed(asked))
    except Meanwhile as other:
        return meanwhile(asked, other)
    left, right = _pair_of(asked, mine.left, mine.right)
    return redirect("/desk/review/case?" + urlencode({"left": left, "right": right}))


def meanwhile(asked: Asked, other: Meanwhile, left: str = "", right: str = "") -> Response:
    """Somebody else decided about these two records, or about the two sides of a judgement."""
    left, right = left or min(other.theirs.left), right or min(other.theirs.right)
    theirs = judgement_shown(other.theirs, asked.view.hidden.addresses)
    return page(asked, "review_meanwhile", 409, theirs=theirs, left=left, right=right)


def form_number(asked: Asked, name: str) -> int:
    """A number of the form. Refused if it is none."""
    text = asked.form.one(name)
    if not text.isdecimal() or len(text) > 12:
        raise Refused(422, "refused.no_form")
    return int(text)


def _case(
    asked: Asked,
    bench: Bench,
    left: str,
    right: str,
    queue: Queue,
    item: ReviewItem | None,
    *,
    skipped: int = 0,
    done: int | None = None,
) -> Response:
    if left == right:
        raise Refused(422, "review.one_record")
    shown = beside(bench, left, right, asked.view.hidden.addresses)
    if shown is None or set(shown.parties) & bench.hidden:
        raise Refused(404, "refused.not_found")
    seen = last_judgement(asked.store)
    others = asked.desk.presence.looks(frozenset((left, right)), asked.name, asked.desk.now())
    asked.log_reads("review", _PURPOSE, shown.parties)
    explained = _explained(asked, bench, shown, left, right)
    return page(
        asked, "review", left=left, right=right, item=item, waiting=len(queue.items),
        beside=shown, explained=explained, seen=seen, others=others, skipped=skipped, done=done,
        following=following(asked.view, asked.store, shown.parties),
        waterfall=explained and _waterfall(asked, explained),
        threshold=bench.thresholds.get(shown.party_type), probability=probability,
        earlier=_earlier(asked, left, right),
    )  # fmt: skip


def _explained(
    asked: Asked, bench: Bench, shown: Beside, left: str, right: str
) -> Explanation | None:
    """None for a kind of party that was never trained."""
    model = bench.models.get(shown.party_type)
    if model is None:
        return None
    found = explain_by(bench.con, model, left, right)
    addresses = asked.view.hidden.addresses
    return replace(found, steps=tuple(without_addresses(step, addresses) for step in found.steps))


def _waterfall(asked: Asked, explained: Explanation) -> str:
    steps = [(asked.say("weights.prior"), explained.prior_weight)]
    steps += [
        (named(asked.language, "comparison", step.comparison), step.weight)
        for step in explained.steps
        if abs(step.weight) >= 0.05
    ]
    return charts.waterfall(asked.say("weights.title"), steps, asked.say("weights.sum"))


def _earlier(asked: Asked, left: str, right: str) -> list[Judgement]:
    """What was said about these two before, latest first."""
    addresses = asked.view.hidden.addresses
    return [
        judgement_shown(one, addresses)
        for one in reversed(judgements(asked.store))
        if (left in one.left and right in one.right) or (right in one.left and left in one.right)
    ]


def _own(asked: Asked, number: int | None) -> int | None:
    """The judgement that was just given, if it is one of this person."""
    every = {one.seq: one for one in judgements(asked.store)} if number else {}
    mine = every.get(number or 0)
    return number if mine and mine.judged_by == asked.name else None


def _pair_of(asked: Asked, left: frozenset[str], right: frozenset[str]) -> tuple[str, str]:
    """The pair of the queue that these sides stand for, else their first records."""
    with asked.bench() as bench:
        queue = asked.desk.cases.queue(bench, asked.store)
    for item in queue.items:
        for one, other in ((item.left_record, item.right_record),
                           (item.right_record, item.left_record)):  # fmt: skip
            if one in left and other in right:
                return item.left_record, item.right_record
    return min(left), min(right)


def _refuse_hidden(bench: Bench, left: str, right: str) -> None:
    """About who may not be shown nobody decides."""
    rows = bench.con.execute(
        "select record_id, party_id from golden.xref_parties where record_id in (?, ?)",
        [left, right],
    ).fetchall()
    if len(dict(rows)) != 2 or {party for _, party in rows} & bench.hidden:
        raise Refused(404, "refused.not_found")


def signed(asked: Asked) -> Signed:
    """Who decides now."""
    return Signed(asked.name, asked.desk.service.clock.now(), asked.desk.now())
