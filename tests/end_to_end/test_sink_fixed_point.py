"""A CRM that is read back: run and push come to rest, whoever wrote what where.

The real difference, ledger, echo and survivorship around an ERP and a CRM that are small enough to
draw: after any edits, run and push twice, and a third time changes no golden value and sends
nothing. What somebody wrote and won is not undone by being sent.
"""

from datetime import UTC, datetime
from pathlib import Path

import jinja2
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.sinks.difference import Wanted
from connectors.sinks.echo import own_records, sent_values, won_cells
from connectors.sinks.ledger import Ledger
from connectors.sinks.push import push
from connectors.sinks.sink import Result
from dedupe.survivorship.golden import write_golden_parties
from stamm.clock import ManualClock
from stamm.duck import in_memory
from stamm.settings import SinkSettings
from stamm.store import Store
from tests.dedupe.match_input import record, write_crosswalk, write_match_input

DBT = Path(__file__).parents[2] / "dbt_project"
OUTBOX = ("given_name", "family_name", "email", "street", "city")
PARTY = "P1"


def echo_sql() -> str:
    """The model as dbt writes it, over the tables of this test."""
    macros = jinja2.Environment().from_string(
        (DBT / "macros" / "canonical_address.sql").read_text(encoding="utf-8")
    )
    model = (DBT / "models" / "intermediate" / "int_parties__echoes.sql").read_text("utf-8")
    return (
        jinja2.Environment()
        .from_string(model)
        .render(
            canonical_address=macros.module.canonical_address,
            source=lambda _, table: table,
            ref=lambda _: "intermediate.int_parties__match_input",
        )
    )


class World:
    """One customer in an ERP, and what a CRM made of it; the CRM writes a name in one field."""

    def __init__(self, *, owns=()):
        self.clock = ManualClock(datetime(2026, 3, 1, 12, tzinfo=UTC))
        self.store = Store.open(Path(":memory:"))
        self.sink = SinkSettings(
            name="crm", system="webhook", source="crm_back", stream="parties", owns=owns
        )
        self.erp = {"given_name": "Anna", "family_name": "Beck", "emails": ["anna@example.org"],
                    "street": "Weg 1", "city": "Ulm"}  # fmt: skip
        self.crm, self.lineage, self.changed = None, [], {}
        self._touch("erp")

    def _touch(self, system):
        self.clock.sleep(3600)
        self.changed[system] = self.clock.now().replace(tzinfo=None).isoformat()

    def write(self, system, field, value):
        """What a person does; nothing in a system that has no such customer."""
        row = self.erp if system == "erp" else self.crm
        if row is None:
            return
        self._touch(system)
        if field == "emails" and system == "crm":
            row["emails"] = [*row["emails"][:1], value]
        elif field == "emails":
            row["emails"] = [value]
        elif field == "family_name" and system == "crm":
            row["full_name"] = f"Anna {value}"
        else:
            row[field] = value

    def send(self, changes):
        """The CRM as a target: it writes into rows of its own, and only what it is told."""
        for change in changes:
            told = {**change.whole, **change.fields}
            if change.operation in ("create", "update"):
                self.crm = self.crm or {"emails": []}
                self._touch("crm")
                for field in change.fields:
                    if field in ("given_name", "family_name"):
                        parts = (told.get("given_name"), told.get("family_name"))
                        self.crm["full_name"] = " ".join(filter(None, parts)) or None
                    elif field == "email":
                        mine = [told["email"]] if told["email"] else []
                        self.crm["emails"] = list(dict.fromkeys([*mine, *self.crm["emails"][1:]]))
                    else:
                        self.crm[field] = told[field]
            yield Result(change.change_id, "sent", "4711")

    def records(self):
        [mine] = own_records(self.store, self.sink) or ["none"]
        rows = [record("a@erp", **self.erp, updated_at=self.changed["erp"])]
        if self.crm is not None:
            theirs = record("b@shop", **self.crm, updated_at=self.changed["crm"])
            rows.append({**theirs, "record_id": mine})
        return rows

    def run(self):
        """Golden values out of what the systems say now."""
        rows = self.records()
        won = won_cells(row for row in self.lineage if row[0] != "a@erp")
        sent = sent_values(self.store, [self.sink], won)
        with in_memory() as con:
            write_match_input(con, rows)
            columns = list(zip(*sent, strict=True)) or [[]] * 5
            names = ("record_id", "attribute", "value", "sent_at", "replaced_at")
            con.register("told", pa.table({
                name: pa.array(column, pa.string())
                for name, column in zip(names, columns, strict=True)
            }))  # fmt: skip
            con.execute(
                "create table sent_values as select * replace (sent_at::timestamptz::timestamp"
                " as sent_at, replaced_at::timestamptz::timestamp as replaced_at) from told"
            )
            echoes = dict(con.execute(echo_sql()).fetchall())
            write_match_input(con, [r | {"echoes": echoes.get(r["record_id"])} for r in rows])
            write_crosswalk(con, {row["record_id"]: PARTY for row in rows})
            write_golden_parties(con)
            [values] = con.execute(
                f"select {', '.join(OUTBOX)} from golden.golden_parties"
            ).fetchall()
            golden = dict(zip(OUTBOX, values, strict=True))
            told = con.execute("select record_id, attribute from golden.golden_lineage").fetchall()
        self.lineage = [(rid, name, golden.get(name)) for rid, name in told]
        return golden

    def push(self, golden):
        wishes = Wanted({PARTY: golden}, {PARTY}, {})
        ledger = Ledger(self.store, "crm", self.clock)
        return push(self, wishes, ledger, self.clock, owns=self.sink.owns).sent.total()

    def settled(self):
        """Run and push until all is read back; gives the golden values."""
        self.push(self.run())
        golden = self.run()
        self.push(golden)
        again = self.run()
        assert (again, self.push(again)) == (golden, 0)
        return golden


def test_a_name_that_somebody_corrected_in_a_crm_of_one_field_is_not_undone_by_being_sent():
    world = World()
    world.erp["given_name"] = "A."  # a whole name is written better, so it wins
    world.settled()
    world.write("crm", "family_name", "Roth")
    assert world.settled()["family_name"] == "Roth"


def test_an_address_that_somebody_added_does_not_give_the_echo_beside_it_a_vote():
    """Else two say the old one, it wins, the new one is nobody's word, and wins: and so on."""
    world = World(owns=("email",))
    world.settled()
    world.write("crm", "emails", "anna.roth@example.net")
    assert world.settled()["email"] == "anna.roth@example.net"


EDITS = st.one_of(
    st.tuples(st.sampled_from(["erp", "crm"]), st.just("family_name"),
              st.sampled_from(["Beck", "BECK", "Roth"])),
    st.tuples(st.sampled_from(["erp", "crm"]), st.just("emails"),
              st.sampled_from(["anna@example.org", "a.roth@example.net"])),
    st.tuples(st.sampled_from(["erp", "crm"]), st.sampled_from(["city", "street"]),
              st.sampled_from([None, "Ulm", "Köln"])),
)  # fmt: skip


@pytest.mark.slow
@settings(deadline=None, max_examples=12)
@given(rounds=st.lists(st.lists(EDITS, max_size=3), max_size=3), owned=st.booleans())
def test_whatever_is_written_where_run_and_push_come_to_rest(rounds, owned):
    world = World(owns=("email",) if owned else ())
    world.settled()
    for edits in rounds:
        for edit in edits:
            world.write(*edit)
        world.settled()
