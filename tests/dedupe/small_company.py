"""Sixty invented people and twenty firms, each in two systems with some mess: enough to link."""

from __future__ import annotations

from tests.dedupe.match_input import record

GIVEN = ("Anna", "Jürgen", "Mehmet", "Sofia", "Lukas", "Beate")
FAMILY = ("Huber", "Grünwald", "Öztürk", "Steinbacher", "Maier", "Rossi", "Kaya", "Lang", "Voss",
          "Winter")  # fmt: skip


def people() -> list[dict]:
    rows = []
    for i in range(60):
        given, family = GIVEN[i % 6], FAMILY[i % 10]
        name = {"given_name": given, "family_name": family}
        email = f"{given.lower()}.{family.lower()}{i}@web.de".replace("ü", "ue").replace("ö", "oe")
        home = {
            "street": f"Ringstr. {1 + i // 7}",
            "postcode": f"{10_100 + i % 9}",
            "city": "Berlin",
        }
        born = f"{1950 + i // 2}-{1 + i % 12:02d}-{1 + i % 28:02d}"
        rows.append(record(f"p{i}@erp", **name, **home, birth_date=born, phones=[f"030 55{i:05d}"]))
        rows.append(record(f"p{i}@shop", **name, **home, emails=[email], birth_date=born))
        rows.append(record(f"p{i}@mail", emails=[email]))
    return rows


def firms() -> list[dict]:
    rows = []
    for i in range(20):
        name = f"{FAMILY[i % 10]} {('Metallbau', 'Software')[i // 10]}"
        vat, site = f"DE{100_000_000 + i}", {"postcode": f"{20_100 + i}", "city": "Hamburg"}
        org = {"party_type": "organisation"}
        rows.append(record(f"o{i}@erp", company_name=f"{name} GmbH", vat_id=vat, **site, **org))
        rows.append(record(f"o{i}@shop", company_name=name.upper(), vat_id=vat, **site, **org))
        rows.append(record(f"o{i}@help", company_name=f"{name[:-3]}.", **org))
    return rows


def truth(rows: list[dict]) -> dict[str, str]:
    """record id → the part before the @."""
    return {row["record_id"]: row["record_id"].split("@")[0] for row in rows}
