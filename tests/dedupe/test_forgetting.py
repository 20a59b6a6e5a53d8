"""Who left leaves no trace in what linking keeps from run to run, and comes back as before."""

from contextlib import closing
from datetime import UTC, datetime

import pytest

from dedupe.forgetting import forget
from dedupe.resolve import resolve_parties
from dedupe.specification import load_specification
from stamm.duck import in_memory
from tests.dedupe.match_input import record, write_match_input
from tests.dedupe.small_company import firms, people
from tests.dedupe.stores import store_in_memory

AT = datetime(2026, 1, 1, tzinfo=UTC)
# Swapped names beside a whole one, a mailbox that tells a name, and what no parser understands.
GONE = [
    record("g1@erp", given_name="Zwitscherbach", family_name="Xaveria",
           full_name="Frau Dr. Xaveria Zwitscherbach", birth_date="1981-02-03",
           emails=["xaveria.zwitscherbach@zwitsch.example", "zwitscher(at)zwitsch.example"],
           phones=["0351 / 998877-66", "wie Zwitscherbach"], street="Zwitschergasse 5",
           postcode="D-01998", city="Zwitscherhausen", country="DE"),
    record("g2@mail", emails=["x.zwitscherbach@zwitsch.example"]),
    record("g3@erp", party_type="organisation", company_name="Zwitscherbach GmbH",
           vat_id="DE129273398", website_domain="www.zwitsch.example"),
]  # fmt: skip
TRACES = ("zwitsch", "xaveria", "998877", "129273398")


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    """A function that runs dedupe over the small company and some further records."""
    work = tmp_path_factory.mktemp("work")
    specifications = {kind: load_specification(kind) for kind in ("person", "organisation")}
    with in_memory() as con, closing(store_in_memory()) as store:

        def run(number, *more):
            write_match_input(con, [*people(), *firms(), *more])
            resolve_parties(
                con, store, specifications, run_id=f"run-{number}", at=AT, work_dir=work
            )
            forget(con)
            return con

        yield run


def tables(con):
    rows = con.execute(
        "select table_name from duckdb_tables() where schema_name = 'link' order by 1"
    )
    return [name for (name,) in rows.fetchall()]


def traces(con):
    """(table, trace) wherever a table of linking holds one."""
    return {
        (name, trace)
        for name in tables(con)
        for trace in TRACES
        if con.execute(
            f"select 1 from link.{name} as t where contains(lower(t::varchar), ?) limit 1", [trace]
        ).fetchall()
    }


def contents(con):
    """All tables of linking but those that number records anew."""
    named = [n for n in tables(con) if n.startswith("std_") or "_frequency_" in n]
    return {n: sorted(map(str, con.execute(f"from link.{n}").fetchall())) for n in named}


def test_nothing_is_left_of_who_left_and_all_is_there_when_they_come_back(company):
    con = company(1, *GONE)
    with_them = contents(con)
    held = {name for name, _ in traces(con)}
    assert {"std_email", "std_full", "std_given", "std_readings", "std_company",
            "person_frequency_emails"} <= held  # fmt: skip
    con = company(2)
    assert {name for name, _ in traces(con)} <= {"person_context"}  # words of the trained model
    assert all(contents(con)[name] for name in ("std_email", "std_given", "std_company"))
    con = company(3, *GONE)
    assert contents(con) == with_them


def test_nothing_that_a_record_holds_is_forgotten(company):
    con = company(4, *GONE)
    before = contents(con)
    forget(con)
    assert contents(con) == before
