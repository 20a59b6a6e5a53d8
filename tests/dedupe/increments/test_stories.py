"""Single stories of a small company, after each of which an increment equals a rebuild.

Each one is rare in random histories; most were found by reading.
"""

from __future__ import annotations

from contextlib import closing, contextmanager
from string import ascii_lowercase

import pytest

from dedupe import resolve
from dedupe.identity.memberships import follow_alias
from dedupe.judgement.record_aliases import state_aliases
from stamm.duck import in_memory, open_warehouse
from tests.dedupe.increments.histories import DAY, Beginning, check_run, run
from tests.dedupe.match_input import record

pytestmark = pytest.mark.timeout(400)
QUITZOW = {"family_name": "Quitzow", "birth_date": "1960-03-01"}


@pytest.fixture(scope="module")
def beginning(tmp_path_factory):
    return Beginning.make(tmp_path_factory.mktemp("beginning"), days=0)


class Story:
    """What happens day by day; each is held against a rebuild."""

    def __init__(self, con, company, linkage):
        self.con, self.company, self.linkage = con, company, linkage

    def has(self, name, **values):
        """A record there is, with these values, from now on."""
        self.company.rows[name] = record(name, **values)

    def loses(self, name):
        return self.company.rows.pop(name)

    def runs(self):
        self.company.days += 1
        run(self.con, self.company, self.linkage)

    def day(self, what):
        self.company.days += 1
        check_run(self.con, self.company, self.linkage, what)

    def rekey(self, old, new):
        """The source gives a record a new key, and says so."""
        self.company.rows[new] = self.loses(old) | {"record_id": new}
        state_aliases(self.company.store, [(old, new)], by="erp", at=DAY, reason="new keys")
        follow_alias(self.company.store, old, new, run_id="alias", at=DAY)

    def holder(self, name):
        asked = "select party_id from golden.xref_parties where record_id = ?"
        return self.con.execute(asked, [name]).fetchone()[0]


@pytest.fixture
def story(beginning, tmp_path):
    @contextmanager
    def told():
        company = beginning.go_on(1, tmp_path)
        with open_warehouse(tmp_path / "warehouse.duckdb") as con, closing(company.store):
            yield Story(con, company, tmp_path / "linkage")

    with told() as found:
        yield found


def test_a_name_is_parsed_for_its_own_record_not_for_that_of_another_party(story):
    story.has("0a@erp", full_name="Zoe Quitzow", emails=["z@web.de"], **QUITZOW)
    story.has("0b@shop", full_name="Zoe Quitzow", birth_date="1999-01-07", city="Wien")
    story.runs()
    story.has("0a@erp", full_name="Zoe Quitzow", phones=["030 554499"], **QUITZOW)
    story.day("a phone")
    story.loses("0b@shop")
    story.day("the other one left")


def test_a_key_that_a_record_had_before_is_given_to_somebody_else(story):
    story.has("0x@erp", given_name="Zacharias", **QUITZOW)
    story.runs()
    known = story.holder("0x@erp")
    story.rekey("0x@erp", "0y@erp")
    story.day("a new key")
    story.has("0x@erp", given_name="Sofia", family_name="Steinbacher", birth_date="1990-01-07")
    story.day("the old key again")
    assert story.holder("0y@erp") == known != story.holder("0x@erp")
    numbers = story.company.store.query(
        "select number from party_mints where founder_record_id = '0x@erp' order by age"
    )
    assert [row["number"] for row in numbers] == [0, 1]


def test_contents_that_duckdb_hashes_alike_have_copies_of_their_own(story):
    letters = list(ascii_lowercase)
    with in_memory() as con:
        one, other = con.execute(
            "select list(v) from (select 'kirchdo' || x || 'steinba' || y as v from"
            " (select unnest($letters) as x), (select unnest($letters) as y))"
            " group by hash(v) having count(*) > 1 order by 1 limit 1",
            {"letters": letters},
        ).fetchall()[0][0][:2]
    person = {"given_name": "Anna", "emails": ["anna.q@web.de"], **QUITZOW}
    story.has("0a1@erp", city=one.title(), **person)
    story.has("0b1@erp", city=other.title(), **person)
    story.runs()
    story.has("0b2@shop", city=other.title(), **person)
    story.day("a copy of the second")
    story.loses("0b1@erp")
    story.day("the first of its content left")


def test_what_is_stated_while_a_run_is_at_work_is_seen_by_the_next_one(story, monkeypatch):
    story.has("0old@erp", given_name="Zacharias", **QUITZOW)
    story.runs()
    row = story.loses("0old@erp")
    story.company.rows["0new@erp"] = row | {"record_id": "0new@erp"}
    write_retired = resolve.write_retired

    def then_somebody_states_it(con, store):
        write_retired(con, store)
        keys = ("0old@erp", "0new@erp")
        state_aliases(store, [keys], by="erp", at=DAY, reason="new keys")
        follow_alias(store, *keys, run_id="alias", at=DAY)

    with monkeypatch.context() as patch:
        patch.setattr(resolve, "write_retired", then_somebody_states_it)
        story.runs()
    story.day("an alias")
