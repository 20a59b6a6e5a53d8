"""SAP's model of business partners on SAP CAP: after every edit landing holds what it holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from operator import itemgetter
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from connectors.odata import duration, moment
from connectors.registry import systems
from stamm.errors import CredentialsRefused
from tests.connectors.sandboxed import small_pages
from tests.peers.landed import Source
from tests.peers.sap import PASSWORD, USER, Sap, running
from tests.peers.wire import wired

pytestmark = [pytest.mark.peer, pytest.mark.s4, pytest.mark.timeout(600)]


def streams() -> dict[str, Any]:
    """Those of this service; CAP's stand-in has nothing to expand a contact with."""
    found = {s.name: s for s in systems()["s4"].streams if "/API_BUSINESS_PARTNER/" in s.path}
    contacts = found["contacts"]
    found["contacts"] = replace(contacts, paginate=replace(contacts.paginate, expand=""))
    return found


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sap]:
    with running(tmp_path_factory.mktemp("sap")) as sap:
        yield sap


def source_of(server: Sap, folder: Path, password: str = PASSWORD) -> Source:
    source = Source(
        folder, "s4", url=f"{server.url}/odata/v2", username=USER, password=password, insecure=True
    )
    source.system = replace(source.system, streams=tuple(streams().values()))
    return source


def assert_complete(server: Sap, source: Source) -> None:
    """Every stream, every record, every field of SAP's model."""
    for stream in source.system.streams:
        held = server.held(stream.path.rpartition("/")[2])
        landed = [
            {name: _as_v4(value) for name, value in record.items()}
            for record in source.records(stream.name).values()
        ]
        key = itemgetter(*stream.primary_key)
        assert sorted(landed, key=key) == sorted(held, key=key), stream.name


def _as_v4(value: object) -> object:
    """Days and times of day as V4 writes them."""
    text = value if isinstance(value, str) else ""
    if text.startswith("/Date("):
        at = moment(text)
        assert at is not None
        return f"{at:%Y-%m-%d}"
    if text.startswith("PT"):
        return f"{datetime(2026, 1, 1, tzinfo=UTC) + duration(text):%H:%M:%S}"
    return value


def a_partner(server: Sap, number: int) -> None:
    """A person with an address, an e-mail and a phone."""
    key, address, now = str(number), f"A{number}", datetime.now(UTC)
    server.create(
        "A_BusinessPartner", BusinessPartner=key, BusinessPartnerCategory="1", FirstName="Anna",
        LastName=f"Muster {number}", CreationDate=f"{now:%Y-%m-%d}", CreationTime=f"{now:%H:%M:%S}",
    )  # fmt: skip
    server.create(
        "A_BusinessPartnerAddress", BusinessPartner=key, AddressID=address,
        StreetName="Hauptstraße", HouseNumber="12", PostalCode="50667", CityName="Köln",
    )  # fmt: skip
    part = {"AddressID": address, "Person": "", "OrdinalNumber": "1"}
    server.create("A_AddressEmailAddress", **part, EmailAddress=f"anna{number}@example.org")
    server.create("A_AddressPhoneNumber", **part, PhoneNumber=f"0221 4567{number:02}")


def changed(**fields: Any) -> dict[str, Any]:
    """SAP notes the day of a partner's change by itself; the stand-in is told it."""
    now = datetime.now(UTC)
    return {**fields, "LastChangeDate": f"{now:%Y-%m-%d}", "LastChangeTime": f"{now:%H:%M:%S}"}


def test_every_edit_of_parents_and_children_is_landed(server: Sap, tmp_path: Path):
    source = source_of(server, tmp_path)
    for number in range(30):
        a_partner(server, number)
    for number, code in ((1, "DE136695976"), (2, "DE811569869")):
        server.create(
            "A_BusinessPartnerTaxNumber", BusinessPartner=str(number), BPTaxType="DE0",
            BPTaxNumber=code,
        )  # fmt: skip
    for number in (3, 4):
        server.create(
            "A_BusinessPartnerContact", RelationshipNumber=str(number),
            BusinessPartnerCompany="1", BusinessPartnerPerson=str(number),
            ValidityEndDate="9999-12-31",
        )  # fmt: skip
    source.read()
    assert_complete(server, source)

    key = {"BusinessPartner": "5"}
    server.change("A_BusinessPartner", key, **changed(LastName="Beispiel"))
    address = {"BusinessPartner": "6", "AddressID": "A6"}
    server.change("A_BusinessPartnerAddress", address, CityName="Bonn")
    part = {"AddressID": "A7", "Person": "", "OrdinalNumber": "1"}
    server.change("A_AddressEmailAddress", part, EmailAddress="neu@example.org")
    server.delete("A_AddressPhoneNumber", part | {"AddressID": "A8"})
    server.delete("A_BusinessPartnerTaxNumber", {"BusinessPartner": "2", "BPTaxType": "DE0"})
    server.change(  # archived
        "A_BusinessPartner", {"BusinessPartner": "9"}, **changed(IsMarkedForArchiving=True)
    )
    source.read()
    assert_complete(server, source)
    assert source.records("addresses")["6|A6"]["CityName"] == "Bonn"

    server.change(  # restored
        "A_BusinessPartner", {"BusinessPartner": "9"}, **changed(IsMarkedForArchiving=False)
    )
    server.delete("A_BusinessPartner", {"BusinessPartner": "10"})
    a_partner(server, 31)
    source.read()
    assert_complete(server, source)
    assert source.read_one("business_partners").rows == 0


def test_what_is_declared_of_a_record_is_of_sap_s_model(server: Sap, tmp_path: Path):
    source = source_of(server, tmp_path)
    source.read()
    wrong = [drift for drift in source.undeclared() if "new field" not in drift]
    assert wrong == ["contacts: to_ContactRelationship is missing"]  # not asked for here


def test_ten_thousand_partners_of_one_day_are_read_through_capped_pages(tmp_path: Path):
    with running(tmp_path, partners=10_000, limit=300) as server:
        source = source_of(server, tmp_path / "landed")
        result = source.read_one("business_partners")
        assert (result.upserts, result.server_total) == (10_000, 10_000)
        assert result.pages > 33
        keys = source.records("business_partners")
        assert set(keys) == {f"{number:010}" for number in range(10_000)}
        assert source.read_one("business_partners").rows == 0


def test_where_its_adapter_keeps_a_connection_open_one_serves_a_whole_read(tmp_path: Path):
    with (
        running(tmp_path, partners=100, keeps_open=True) as server,
        wired(urlsplit(server.url).port or 0) as wire,
    ):
        wired_server = replace(server, url=f"http://localhost:{wire.port}")
        source = source_of(wired_server, tmp_path / "landed")
        partners = small_pages(source.system.stream("business_partners"), size=5)
        assert source.landing.extract(source.settings, partners).pages > 10
        assert wire.connections == 1


def test_a_wrong_password_is_said_to_be_refused(server: Sap, tmp_path: Path):
    with pytest.raises(CredentialsRefused):
        source_of(server, tmp_path, password="falsch").read_one("business_partners")
