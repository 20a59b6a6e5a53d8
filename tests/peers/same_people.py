"""The same invented people, spelt as each system's users would, put into real servers.

Everybody has one mailbox; who has another one in a system has the address and the number there.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.peers.ghost import Ghost
from tests.peers.request_tracker import RequestTracker
from tests.peers.roundup import Roundup
from tests.peers.tryton import Tryton
from tests.peers.vendure import Vendure

_ASCII = {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"}


@dataclass(frozen=True)
class Person:
    """Somebody as he writes himself."""

    given: str
    family: str
    street: str
    number: str
    postcode: str
    city: str
    phone: str
    nickname: str = ""

    @property
    def full(self) -> str:
        return f"{self.given} {self.family}"

    @property
    def mail(self) -> str:
        return f"{plain(self.given)}.{plain(self.family)}@posteo.de".lower()


def plain(name: str) -> str:
    """`Jürgen Groß` → `Juergen Gross`, as forms want it that take ASCII only."""
    return name.translate(str.maketrans(_ASCII))


PEOPLE = (
    Person("Jürgen", "Möllenkamp", "Lindenstraße", "12a", "50674", "Köln", "+49 221 5550101"),
    Person("Sigrid", "Ziegelbäcker", "Am Markt", "5", "53111", "Bonn", "+49 228 5550102"),
    Person("Elisabeth", "Größmann", "Ringstraße", "88", "60311", "Frankfurt",
           "+49 69 5550103", "Lisa"),
    Person("Friedrich", "Ückermark", "Schulweg", "3", "20095", "Hamburg",
           "+49 40 5550104", "Fritz"),
    Person("Jördis", "Kühnemann", "Gartenallee", "17", "30161", "Hannover", "+49 511 5550105"),
    Person("Wolfgang", "Weißenborn", "Bergstraße", "41", "01069", "Dresden",
           "+49 351 5550106", "Wolf"),
    Person("Katharina", "Föhrenbach", "Seestraße", "9", "78462", "Konstanz",
           "+49 7531 555107", "Kathi"),
    Person("Maximilian", "Hägele", "Hauptstraße", "120", "70173", "Stuttgart",
           "+49 711 5550108", "Max"),
    Person("Änne", "Schößler", "Mühlgasse", "2", "99084", "Erfurt", "+49 361 5550109"),
    Person("Thomas", "Brüggenthies", "Kirchplatz", "6", "33602", "Bielefeld",
           "+49 521 5550110", "Tom"),
    Person("Ursula", "Löwenhaupt", "Tannenweg", "31", "24103", "Kiel",
           "+49 431 5550111", "Uschi"),
    Person("Benedikt", "Käsbauer", "Domstraße", "14", "97070", "Würzburg", "+49 931 5550112"),
    Person("Gudrun", "Süßenguth", "Uferstraße", "77", "39104", "Magdeburg", "+49 391 5550113"),
    Person("Johannes", "Rüttgerodt", "Feldstraße", "8", "40479", "Düsseldorf",
           "+49 211 5550114", "Hannes"),
    Person("Mechthild", "Öhlenschläger", "Rosenweg", "19", "55116", "Mainz", "+49 6131 555115"),
    Person("Rainer", "Dörfelmeister", "Talstraße", "23", "79098", "Freiburg", "+49 761 5550116"),
    Person("Annegret", "Hülshorst", "Parkallee", "50", "28209", "Bremen", "+49 421 5550117"),
    Person("Sebastian", "Völkering", "Bachgasse", "4", "93047", "Regensburg",
           "+49 941 5550118", "Basti"),
    Person("Roswitha", "Jägerhuber", "Wiesenweg", "66", "86150", "Augsburg", "+49 821 5550119"),
    Person("Dietmar", "Pöschelberg", "Brückenstraße", "28", "04109", "Leipzig", "+49 341 5550120"),
    Person("Hannelore", "Strümpfel", "Gerberstraße", "11", "98527", "Suhl",
           "+49 3681 555121", "Hanne"),
    Person("Konstantin", "Bläsius", "Marienplatz", "1", "66111", "Saarbrücken", "+49 681 5550122"),
    Person("Irmgard", "Täubrich", "Heinestraße", "36", "44135", "Dortmund", "+49 231 5550123"),
    Person("Leopold", "Nüßlein", "Schillerplatz", "15", "96047", "Bamberg",
           "+49 951 5550124", "Poldi"),
)  # fmt: skip
FIRM, FIRM_VAT = "Hüttenrauch Lichttechnik GmbH", "DE136695976"


def moved_mailbox(number: int) -> bool:
    """Every sixth has another mailbox in the shop than everywhere else."""
    return number % 6 == 5


def shop_mail(number: int, person: Person) -> str:
    other = f"{plain(person.family)}{number}@gmx.de".lower()
    return other if moved_mailbox(number) else person.mail


def into_tryton(server: Tryton) -> dict[str, int]:
    """Parties with address, mailbox and number; who has an even number bought, each third asked.

    Returns the names of the people → their parties.
    """
    made = {p.full: _party(server, p.full, p) for p in PEOPLE}
    for number, party in enumerate(made.values()):
        if number % 2 == 0:
            _sale(server, party, "processing", f"S{number}", "49.90", 2)
        if number % 3 == 0:
            _sale(server, party, "quotation", f"Q{number}", "1200.00", 1)
    firm = server.create("party.party", name=FIRM)
    server.create("party.identifier", party=firm, type="eu_vat", code=FIRM_VAT)
    _sale(server, firm, "done", "S-firm", "10.00", 30)
    archived = _party(server, "Egon Archivarius", PEOPLE[0], "egon@posteo.de")
    server.write("party.party", archived, active=False)
    return {**made, FIRM: firm}


def _party(server: Tryton, name: str, person: Person, mail: str = "") -> int:
    party = server.create("party.party", name=name)
    server.create(
        "party.address", party=party, street_name=person.street, building_number=person.number,
        postal_code=person.postcode, city=person.city, country=1,
    )  # fmt: skip
    for kind, value in (("email", mail or person.mail), ("phone", person.phone)):
        server.create("party.contact_mechanism", party=party, type=kind, value=value)
    return party


def _sale(server: Tryton, party: int, state: str, number: str, price: str, quantity: int) -> None:
    sale = server.create("sale.sale", party=party, company=1, currency=1)
    money = {"__class__": "Decimal", "decimal": price}
    server.create(
        "sale.line", sale=sale, description="Stehlampe", quantity=quantity, unit_price=money
    )
    # The way through the states wants accounts, a warehouse and a tax; here it is about the rows.
    server.execute(
        f"update sale_sale set state = '{state}', number = '{number}', sale_date = '2026-05-04'"
        f" where id = {sale}"
    )


def into_vendure(shop: Vendure) -> None:
    """Customers in ASCII spelling; each second ordered, the first one twice."""
    shop.ask(
        "mutation ($given: UpdateChannelInput!)"
        " { updateChannel(input: $given) { __typename ... on ErrorResult { errorCode } } }",
        given={"id": "1", "defaultCurrencyCode": "EUR", "availableCurrencyCodes": ["EUR"]},
    )
    lamp = shop.variant("LAMP", 4190)
    for number, person in enumerate(PEOPLE):
        customer = shop.customer(shop_mail(number, person))
        shop.update_customer(
            customer, firstName=plain(person.given), lastName=plain(person.family),
            phoneNumber=person.phone.replace("+49 ", "0"),
        )  # fmt: skip
        shop.address(
            customer, fullName=plain(person.full), postalCode=person.postcode,
            city=plain(person.city),
            streetLine1=f"{plain(person.street).replace('strasse', 'str.')} {person.number}",
            defaultShippingAddress=True,
        )  # fmt: skip
        for _ in range(2 if number == 0 else number % 2):
            order, _lines = shop.draft(customer, lamp)
            shop.place(order)
    shop.draft(shop.customer("nur.korb@posteo.de"), lamp)  # a cart that nobody placed


def into_ghost(site: Ghost) -> None:
    """Members by nickname or without name: 0-11 stay, 12-17 leave, the others never subscribed."""
    newsletter = site.rows("select id from newsletters order by sort_order limit 1")[0]["id"]
    for number, person in enumerate(PEOPLE):
        named = {"name": f"{person.nickname or person.given} {person.family}"} if number % 4 else {}
        wanted = [{"id": newsletter}] if number < 18 else []
        member = site.add("members", email=person.mail, newsletters=wanted, **named)
        if 12 <= number < 18:
            site.edit("members", member, newsletters=[])
    # Who signs up confirms by the link in a mail, which no server sends here.
    site.execute("update members_subscribe_events set source = 'member' where subscribed = 1")


def into_request_tracker(server: RequestTracker) -> None:
    """Each third wrote; the desk answered the even ones and is done with every fourth."""
    for number, person in enumerate(PEOPLE):
        if number % 3:
            continue
        ticket = server.create(
            "ticket", Queue="General", Subject=f"Lampe {number} defekt", Requestor=person.mail,
            Content="Sie flackert.",
        )  # fmt: skip
        server.change(f"user/{person.mail}", RealName=person.full, WorkPhone=person.phone)
        if number % 2 == 0:
            answer: dict[str, Any] = {"ContentType": "text/plain", "Content": "Wir tauschen sie."}
            server.post(f"ticket/{ticket}/correspond", **answer)
        if number % 4 == 0:
            server.change(f"ticket/{ticket}", Status="resolved")


def into_roundup(server: Roundup) -> None:
    """Each fourth wrote to the second desk, under a short name, and was answered."""
    wrote = [(n, p) for n, p in enumerate(PEOPLE) if n % 4 == 1]
    users = server.admin(
        *(
            f"create user username=k{n} realname='{p.full}' address={p.mail} roles=User"
            for n, p in wrote
        ),
        "create user username=petra realname='Petra Dorn' address=petra@muster.example"
        " roles=User,Admin",
    )
    assert len(users) == len(wrote) + 1
    for (number, _), user in zip(wrote, users, strict=False):
        asked, answered = server.admin(
            f"create msg author={user} summary='Rechnung {number}' content='Wo ist sie?'"
            " date=2026-05-04.10:00:00",
            f"create msg author={users[-1]} summary=Hier content=Anbei date=2026-05-04.11:30:00",
        )
        made = f"create issue title='Rechnung {number}' messages={asked},{answered}"
        server.admin(f"{made} status=resolved")


def into_database(file: Path) -> None:
    """A till with a table of customers and one of receipts: each fifth bought there."""
    bought = [(n, p.given, p.family, p.mail) for n, p in enumerate(PEOPLE) if n % 5 == 0]
    with closing(sqlite3.connect(file)) as con, con:
        con.execute("create table kunden (nr integer primary key, vorname, nachname, mail)")
        con.execute("create table bons (nr integer primary key, kunde, am timestamp, netto, stand)")
        con.executemany("insert into kunden values (?, ?, ?, ?)", bought)
        con.executemany(
            "insert into bons values (?, ?, '2026-05-04 10:00:00', '19.99', 'Bezahlt')",
            [(100 + number, number) for number, *_ in bought],
        )
