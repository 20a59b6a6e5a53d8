"""What a pinned value is held on: record, purpose, legal basis, moment; and when it sleeps."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime

import pytest

from dedupe.answers.why import why
from dedupe.judgement.pins import Pin
from dedupe.survivorship.golden import write_golden_parties
from dedupe.survivorship.hanging import asleep
from dedupe.survivorship.pinned import write_held
from dedupe.survivorship.rules import load_rules
from stamm.duck import in_memory
from tests.dedupe.match_input import record, write_crosswalk, write_match_input

AT = datetime(2026, 6, 30, 6, 15, tzinfo=UTC)
TYPED = "+436641234567"
MARKETING = {"purpose": "marketing", "legal_basis": "Art. 6 (1) a", "retention": "marketing"}
INSIGHT = {"purpose": "market_insight", "legal_basis": "Art. 6 (1) f", "retention": "analysis"}


@pytest.fixture
def con():
    with in_memory() as opened:
        yield opened


def pinned(con, *rows: dict, anchor: str = "", group: str = "phone", **values: str) -> None:
    """All rows are party P1, and somebody pins these values, or a phone."""
    write_match_input(con, list(rows))
    write_crosswalk(con, {row["record_id"]: "P1" for row in rows})
    names = frozenset(row["record_id"] for row in rows)
    told = values or {"phone": TYPED}
    kind, said = rows[0]["party_type"], (anchor,) if anchor else ()
    write_held(con, [Pin(1, AT, "anna", kind, group, names, said, told, "said so on the phone")])
    write_golden_parties(con)


def held_on(con, attribute: str = "phone") -> tuple | None:
    """Record, purpose, rule and moment in the lineage."""
    return con.execute(
        "select record_id, purpose, rule, observed_at from golden.golden_lineage"
        " where attribute = ?", [attribute],
    ).fetchone()  # fmt: skip


NUMBERS = {"a": "+4930111111", "b": "+4930222222"}


@pytest.mark.parametrize(("letter", "other"), [("a", "z"), ("z", "a")])
def test_a_typed_value_is_held_as_the_one_that_won_whatever_the_ids_are(con, letter, other):
    newest = record(f"{letter}@erp", phones=[NUMBERS["a"]], updated_at="2026-01-01")
    older = record(f"{other}@mail", phones=[NUMBERS["b"]], updated_at="2025-01-01", **MARKETING)
    pinned(con, newest, older)
    assert held_on(con) == (f"{letter}@erp", "contract", "pinned", AT.replace(tzinfo=None))


@pytest.mark.parametrize(("letter", "other"), [("a", "z"), ("z", "a")])
def test_where_nobody_says_anything_the_best_source_holds_it(con, letter, other):
    pinned(con, record(f"{letter}@erp"), record(f"{other}@mail", **MARKETING))
    assert held_on(con)[:3] == (f"{letter}@erp", "contract", "pinned")


def test_it_is_not_held_for_a_purpose_that_is_left_out(con):
    said = record("a@erp", phones=[NUMBERS["a"]], updated_at="2026-01-01", **INSIGHT)
    pinned(con, said, record("b@mail", **MARKETING))
    assert held_on(con)[:2] == ("b@mail", "marketing")


def test_nor_on_a_record_that_we_wrote_ourselves(con):
    """It would come back from there as that system's own word."""
    echo = record("a@erp", phones=[NUMBERS["a"], NUMBERS["b"]], updated_at="2026-01-01",
                  echoes=[f"phone={NUMBERS['a']}"])  # fmt: skip
    pinned(con, echo, record("b@shop", phones=[NUMBERS["a"]]), record("c@mail", **MARKETING))
    assert held_on(con)[:2] == ("b@shop", "contract")


def test_what_a_record_said_is_held_on_that_record_while_it_may_say_it(con):
    first = record("a@erp", phones=[NUMBERS["a"]], updated_at="2026-01-01")
    said = record("b@mail", phones=[NUMBERS["b"]], **MARKETING)
    pinned(con, first, said, anchor="b@mail", phone=NUMBERS["b"])
    assert held_on(con)[:2] == ("b@mail", "marketing")
    pinned(con, first, said | INSIGHT, anchor="b@mail", phone=NUMBERS["b"])
    assert held_on(con)[:2] == ("a@erp", "contract")


def test_it_sleeps_where_no_record_may_hold_it(con):
    said = record("a@erp", phones=[NUMBERS["a"]], **INSIGHT)
    own = record("b@shop", phones=[NUMBERS["b"]], given_name="Anna", family_name="Huber",
                 echoes=["family_name"])  # fmt: skip
    pinned(con, said, own)
    assert held_on(con)[:3] == ("b@shop", "contract", "only_value")
    (cell,) = why(con, "P1", "phone")
    assert (cell.value, cell.reason) == (NUMBERS["b"], "the only value there is")
    assert "phone" in asleep(con, "P1", "person", load_rules())
    pinned(con, said, own, record("c@mail", **MARKETING))
    assert asleep(con, "P1", "person", load_rules()) == frozenset()


def test_the_legal_form_of_a_pinned_name_is_as_old_as_the_pin(con):
    firm = record("a@erp", party_type="organisation", company_name="Lang Software")
    pinned(con, firm, group="company_name", company_name="Lang Software GmbH")
    assert held_on(con, "legal_form")[2:] == ("from_company_name", AT.replace(tzinfo=None))


def test_a_value_pinned_from_a_record_does_not_agree_with_itself(con):
    rows = [record("a@erp", phones=[NUMBERS["a"]], updated_at="2026-01-01"),
            record("b@shop", phones=[NUMBERS["b"]]),
            record("c@mail", phones=[NUMBERS["b"]])]  # fmt: skip
    pinned(con, *rows, anchor="b@shop", phone=NUMBERS["b"])
    (cell,) = why(con, "P1", "phone")
    assert (cell.record_id, cell.agreeing) == ("b@shop", ("c@mail",))
    assert [lost.record_id for lost in cell.lost] == ["a@erp"]
    assert cell.observed_at == AT.replace(tzinfo=None)


def test_all_pins_are_written_at_once(con):
    """One row each: parties, fields and words come back as they were pinned."""
    rows = [record(f"{n}@shop", phones=[NUMBERS["a"]]) for n in range(40)]
    write_match_input(con, rows)
    write_crosswalk(con, {row["record_id"]: f"P{n}" for n, row in enumerate(rows)})
    kept = [
        Pin(n + 1, AT, "anna", "person", "phone", frozenset([f"{n}@shop"]), (), {"phone": TYPED},
            f'"{n}"')
        for n in range(40)
    ]  # fmt: skip
    said: list[str] = []
    write_held(_Listening(con, said), kept)
    assert sum("insert" in statement for statement in said) == 1
    found = con.execute("select pin, party_id, content, reason from link.pins_held order by pin")
    assert found.fetchall() == [(n + 1, f"P{n}", {"phone": TYPED}, f'"{n}"') for n in range(40)]
    assert con.execute("select count(*) from newly_pinned").fetchone() == (40,)


class _Listening:
    """A connection, and the statements it was given."""

    def __init__(self, con, said):
        self._con, self._said = con, said

    def execute(self, statement, *more):
        self._said.append(statement)
        return self._con.execute(statement, *more)

    def __getattr__(self, name):
        return getattr(self._con, name)


def test_of_many_parties_each_pin_has_its_own_moment_and_record(con):
    rows = [record(f"{n}@{s}", phones=[NUMBERS["a"]])
            for n, s in itertools.product(range(4), ("erp", "shop"))]  # fmt: skip
    write_match_input(con, rows)
    write_crosswalk(con, {row["record_id"]: f"P{row['record_id'][0]}" for row in rows})
    kept = [Pin(n + 1, AT.replace(minute=n), "anna", "person", "phone", frozenset([f"{n}@shop"]),
                (), {"phone": TYPED}, "x") for n in (1, 3)]  # fmt: skip
    write_held(con, kept)
    write_golden_parties(con)
    told = con.execute(
        "select party_id, record_id, rule, minute(observed_at) from golden.golden_lineage"
        " where attribute = 'phone' order by 1"
    ).fetchall()
    assert told == [("P0", "0@erp", "only_value", 0), ("P1", "1@erp", "pinned", 1),
                    ("P2", "2@erp", "only_value", 0), ("P3", "3@erp", "pinned", 3)]  # fmt: skip
