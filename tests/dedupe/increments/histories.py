"""Random histories of a small company: what happens to its records and what people decide.

A history is a list of days; on each day some things happen, then dedupe runs. Names, doors and
mailboxes are few, so that blocks cross their caps and clusters touch each other.
"""

from __future__ import annotations

import random
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from dedupe.identity.memberships import follow_alias
from dedupe.judgement.judgements import record_judgement
from dedupe.judgement.pins import Wish, pin, pins, unpin
from dedupe.judgement.record_aliases import state_aliases
from dedupe.resolve import resolve_parties
from dedupe.specification import Specification, load_specification
from stamm.duck import in_memory, open_warehouse
from stamm.store import Store
from tests.dedupe.match_input import record, write_match_input
from tests.dedupe.stores import store_in_memory

DAY = datetime(2026, 1, 1, tzinfo=UTC)
PERSONAL = {  # groups of fields that only people have, with values to pin
    "person": (
        ("birth_date", {"birth_date": "1999-12-31"}),
        ("name", {"given_name": "Anna", "family_name": "Lang", "full_name": "Anna Lang"}),
        ("name", {"family_name": "Lang", "full_name": "Lang"}),
    ),
    "organisation": (),
}
CAP = 4  # of every blocking rule
ITS_OWN = ("created_at", "updated_at", "record_id", "source", "system")  # of each copy
GIVEN = ("Anna", "Annemarie", "Jürgen", "Lukas", "Sofia", "Mehmet")
FAMILY = ("Huber", "Hueber", "Gruber", "Öztürk", "Steinbacher", "Lang")
SOURCES = ("erp", "shop", "mail", "help")
VAT_IDS = ("DE100000001", "DE100000002", "DE100000003")
FIRMS = ("Kranbau Huber", "Steinbacher Metallbau", "Lang Software", "Gruber & Söhne Holzbau")
TABLES = ("xref_parties", "golden_parties", "golden_lineage", "golden_party_roles",
          "golden_households", "golden_branches", "scored_pairs", "retired_parties")  # fmt: skip


@cache
def specifications() -> dict[str, Specification]:
    """The built-in ones with small caps."""
    return {name: with_small_caps(load_specification(name)) for name in ("person", "organisation")}


def with_small_caps(loaded: Specification) -> Specification:
    rules = tuple(rule.model_copy(update={"cap": CAP}) for rule in loaded.blocking_rules)
    return loaded.model_copy(update={"blocking_rules": rules})


def copied(store: Store) -> Store:
    """Another store with the same content."""
    other = sqlite3.connect(":memory:", isolation_level=None)
    store._connection.backup(other)
    other.row_factory = sqlite3.Row
    return Store(other)


@dataclass
class Company:
    """The records there are, those that are gone, and the decisions in the store."""

    draw: random.Random
    store: Store = field(default_factory=store_in_memory)
    rows: dict[str, dict] = field(default_factory=dict)
    gone: list[dict] = field(default_factory=list)
    numbers: int = 0
    days: int = 0
    told: list[str] = field(default_factory=list)

    def begin(self, people: int = 24, firms: int = 8) -> None:
        for _ in range(people):
            self.add(self.somebody())
        for _ in range(firms):
            self.add(self.firm())

    def add(self, values: dict) -> str:
        source = self.draw.choice(SOURCES)
        self.numbers += 1
        # Numbers are drawn, so that a new record may come before or after those there are.
        name = f"{self.draw.randrange(10_000):04d}n{self.numbers}@{source}"
        born = f"20{self.draw.randrange(10, 26)}-0{self.draw.randrange(1, 10)}-01"
        self.rows[name] = record(name, created_at=born, **values)
        return name

    def somebody(self) -> dict:
        draw = self.draw
        given, family = draw.choice(GIVEN), draw.choice(FAMILY)
        number = draw.randrange(3)
        values = {
            "given_name": given, "family_name": family,
            "emails": [f"{given}.{family}{number}@web.de".lower().replace("ü", "ue")],
            "birth_date": f"{1960 + number}-03-0{1 + draw.randrange(3)}",
            "phones": [f"030 5544{draw.randrange(20):02d}"],
            "street": f"Ringstr. {1 + draw.randrange(3)}", "postcode": f"1010{draw.randrange(3)}",
            "city": "Berlin",
        }  # fmt: skip
        for name in draw.sample(list(values), draw.randrange(5)):
            values[name] = [] if name in ("emails", "phones") else None
        firms = [r for r in self.rows.values() if r["party_type"] == "organisation"]
        if firms and draw.random() < 0.3:
            firm = draw.choice(firms)
            values["organisation_key"] = firm["record_id"]
        if draw.random() < 0.2:
            domain = draw.choice(("kranbau.example", "lang-software.example"))
            values["emails"] = [f"{given.lower()}@{domain}".replace("ü", "ue")]
        if draw.random() < 0.2:
            values["vat_id"] = draw.choice(VAT_IDS)
        if draw.random() < 0.1:
            values |= {"company_name": draw.choice(FIRMS), "postcode": f"2010{draw.randrange(2)}"}
        return values

    def firm(self) -> dict:
        draw = self.draw
        domain = draw.choice(("kranbau.example", "lang-software.example", None))
        values = {
            "party_type": "organisation",
            "company_name": draw.choice(FIRMS) + draw.choice((" GmbH", "", " KG")),
            "vat_id": draw.choice((None, *VAT_IDS)),
            "postcode": f"2010{draw.randrange(2)}", "city": "Hamburg",
            "emails": [f"info@{domain}"] if domain else [],
        }  # fmt: skip
        if draw.random() < 0.3:  # at a door where people live
            values |= {"street": f"Ringstr. {1 + draw.randrange(3)}",
                       "postcode": f"1010{draw.randrange(3)}"}  # fmt: skip
        return values

    def day(self) -> None:
        """One to four things happen."""
        self.days += 1
        for _ in range(self.draw.randrange(1, 5)):
            happens = self.draw.choice((
                self.insert, self.insert, self.update, self.update, self.move, self.touch,
                self.delete, self.reappear, self.copy, self.crowd, self.name_a_firm, self.judge,
                self.unmerge, self.rekey,
            ))  # fmt: skip
            self.told.append(f"day {self.days}: {happens.__name__}")
            happens()

    def insert(self) -> None:
        self.add(self.firm() if self.draw.random() < 0.25 else self.somebody())

    def update(self) -> None:
        """Some of a record's values are another one's."""
        row = self.any_row()
        fresh = self.firm() if row["party_type"] == "organisation" else self.somebody()
        chosen = dict(self.draw.sample(sorted(fresh.items()), self.draw.randrange(1, 3)))
        changed = record(row["record_id"], **fresh) if len(chosen) > 1 else row
        self.rows[row["record_id"]] = row | {name: changed[name] for name in chosen}

    def move(self) -> None:
        """A firm goes to another door, or its address is forgotten."""
        firms = [name for name, r in self.rows.items() if r["party_type"] == "organisation"]
        if firms:
            name = self.draw.choice(sorted(firms))
            street = self.draw.choice((None, *(f"Ringstr. {number}" for number in (1, 2, 3))))
            place = {"street": street, "postcode": f"1010{self.draw.randrange(3)}"}
            self.rows[name] = self.rows[name] | place

    def name_a_firm(self) -> None:
        """A person's record names a company, which is a record of its own, or no longer."""
        row = self.any_row()
        name = f"{row['record_id']}#org"
        if name in self.rows:
            self.gone.append(self.rows.pop(name))
        elif row["party_type"] == "person":
            facet = {"facet_of": row["record_id"], "source": row["source"]}
            self.rows[name] = record(name, **self.firm()) | facet

    def touch(self) -> None:
        """A change that linking does not look at."""
        row = self.any_row()
        later = DAY.replace(tzinfo=None) + timedelta(days=self.days)
        earlier = row["created_at"] - timedelta(days=self.draw.randrange(2_000))
        echoes = self.draw.choice([None, ["family_name", "given_name", "full_name"], ["phone"]])
        moments = {"updated_at": later, "created_at": earlier}
        news = {**moments, "restricted": True, "echoes": echoes}
        self.rows[row["record_id"]] = row | news

    def delete(self) -> None:
        if len(self.rows) > 20:
            self.gone.append(self.rows.pop(self.any_row()["record_id"]))

    def reappear(self) -> None:
        if self.gone:
            row = self.gone.pop(self.draw.randrange(len(self.gone)))
            self.rows[row["record_id"]] = row

    def copy(self) -> None:
        """Another record of the very same content."""
        row = self.any_row()
        name = self.add({"party_type": row["party_type"]})
        self.rows[name] |= {key: value for key, value in row.items() if key not in ITS_OWN}

    def crowd(self) -> None:
        """A block grows beyond its cap, or shrinks below it again."""
        door = {"street": "Ringstr. 1", "postcode": "10100", "city": "Berlin"}
        crowd = [r for r in self.rows.values() if r["street"] == door["street"]]
        if len(crowd) > CAP + 2:
            for row in self.draw.sample(crowd, 3):
                self.rows[row["record_id"]] = row | {"street": None}
        else:
            for _ in range(3):
                self.add(self.somebody() | door)

    def judge(self) -> None:
        sides = self.draw.sample(sorted(self.rows), min(4, len(self.rows)))
        cut = self.draw.randrange(1, 3)
        verdict = self.draw.choice(("same", "different", "unsure"))
        self.decide(sides[:cut], sides[cut:], verdict)

    def unmerge(self) -> None:
        """A record against the rest of its party."""
        parties: dict[str, list[str]] = {}
        held = "select record_id, party_id from party_memberships order by seq"
        rows = self.store.query(held) if self.store.has_table("party_memberships") else []
        for name, party in {r["record_id"]: r["party_id"] for r in rows}.items():
            parties.setdefault(party, []).append(name)
        shared = [sorted(names) for names in parties.values() if len(names) > 1]
        if shared:
            names = self.draw.choice(sorted(shared))
            one = self.draw.choice(names)
            self.decide([one], [name for name in names if name != one], "different")

    def decide(self, left: list[str], right: list[str], verdict: str) -> None:
        record_judgement(self.store, left, right, verdict, by="anna", at=DAY, reason="seen")

    def day_with_pins(self) -> None:
        """Somebody pins, or takes a pin back, on a day on which other things happen, too."""
        self.day()
        for happens in self.draw.choices((self.pin, self.pin, self.unpin), k=3):
            self.told.append(f"day {self.days}: {happens.__name__}")
            happens()

    def pin(self) -> None:
        """What a record says of one group, or a word of one's own, for some records of a party."""
        row = self.any_row()
        group, values = self.draw.choice((
            ("phone", {"phone": f"+49305550{self.draw.randrange(3)}"}),
            ("address", {"street": "Gasse 1", "postcode": "10999", "city": "Berlin"}),
            ("company_name", {"company_name": self.draw.choice(("Lang AG", "Gruber & Söhne"))}),
            *PERSONAL[row["party_type"]],
        ))  # fmt: skip
        mates = [n for n, r in sorted(self.rows.items()) if r["party_type"] == row["party_type"]]
        records = {row["record_id"], *self.draw.sample(mates, min(2, len(mates)))}
        anchor = self.draw.choice((row["record_id"], None))
        what = Wish(row["party_type"], group, values, frozenset(records), anchor)
        pin(self.store, what, by="anna", at=DAY, reason="told by phone")

    def unpin(self) -> None:
        standing = pins(self.store)
        if standing:
            unpin(self.store, self.draw.choice(standing).seq, by="anna", at=DAY, reason="wrong")

    def rekey(self) -> None:
        """The source gives a record a new key and says so; a part cut from it follows."""
        old = self.draw.choice(sorted(name for name in self.rows if "#" not in name))
        row = self.rows.pop(old)
        new = self.add({"party_type": row["party_type"]})
        self.rows[new] = row | {"record_id": new}
        part = self.rows.pop(f"{old}#org", None)
        if part:
            self.rows[f"{new}#org"] = part | {"record_id": f"{new}#org", "facet_of": new}
        state_aliases(self.store, [(old, new)], by="erp", at=DAY, reason="new keys")
        follow_alias(self.store, old, new, run_id="alias", at=DAY)

    def any_row(self) -> dict:
        return self.rows[self.draw.choice(sorted(self.rows))]


def run(con, company: Company, folder: Path, *, store: Store | None = None, full: bool = False):
    """Dedupe over the records there are now."""
    rows = list(company.rows.values())
    company.draw.shuffle(rows)
    write_match_input(con, rows)
    return resolve_parties(
        con, store or company.store, specifications(), run_id=f"run-{company.days}",
        at=DAY + timedelta(days=company.days), work_dir=folder, full=full,
    )  # fmt: skip


def golden(con) -> dict[str, list[tuple]]:
    """All golden tables in canonical order."""
    return {name: con.execute(f"from golden.{name} order by all").fetchall() for name in TABLES}


def ledger(store: Store) -> list[list[tuple]]:
    return [
        [tuple(row) for row in store.query(f"select * from {table} order by 1")]
        for table in ("party_mints", "party_events", "party_memberships")
    ]


@dataclass(frozen=True)
class Beginning:
    """A company some days old, in files that histories copy and go on from."""

    company: Company
    folder: Path

    @staticmethod
    def make(folder: Path, days: int = 3, kind: type[Company] = Company) -> Beginning:
        company = kind(random.Random(0))
        company.begin()
        with open_warehouse(folder / "warehouse.duckdb") as con:
            run(con, company, folder / "linkage")
            for _ in range(days):
                company.day()
                run(con, company, folder / "linkage")
        return Beginning(company, folder)

    def go_on(self, seed: int, folder: Path) -> Company:
        """A copy in `folder`, whose future is drawn from `seed`."""
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        return replace(
            self.company, draw=random.Random(seed), store=copied(self.company.store),
            rows=dict(self.company.rows), gone=list(self.company.gone), told=[],
        )  # fmt: skip


def check_history(beginning: Beginning, seed: int, folder: Path, days: int, threads: int) -> None:
    """After each day the increment's tables and ledger are a rebuild's."""
    company, linkage = beginning.go_on(seed, folder), folder / "linkage"
    with open_warehouse(folder / "warehouse.duckdb") as going_on, closing(company.store):
        going_on.execute(f"set threads = {threads}")
        for _ in range(days):
            company.day()
            check_run(going_on, company, linkage, f"seed {seed}: {'; '.join(company.told)}")


def check_run(going_on, company: Company, linkage: Path, happened: str) -> None:
    """One run that goes on, and a rebuild that knows the ledger of before, the model and the
    records, nothing else."""
    with closing(copied(company.store)) as before, in_memory() as anew:
        anew.execute("set threads = 1")  # how many there are changes nothing but the time it takes
        run(going_on, company, linkage)
        run(anew, company, linkage, store=before, full=True)
        found = golden(going_on)
        for name, rows in golden(anew).items():
            assert found[name] == rows, f"{name} after {happened}"
        assert ledger(company.store) == ledger(before), happened
