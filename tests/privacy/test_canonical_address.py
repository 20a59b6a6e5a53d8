"""One spelling per address and channel: numbers as digits, postal addresses with their letters."""

from datetime import UTC, datetime
from pathlib import Path

import jinja2
import pytest

from privacy.consents import ConsentEvent, record_consent
from privacy.suppressions import canonical_address
from stamm.duck import in_memory
from stamm.store import Store

MACRO = Path(__file__).parents[2] / "dbt_project" / "macros" / "canonical_address.sql"
AT = datetime(2026, 6, 30, 6, tzinfo=UTC)
CASES = [
    (" Anna@X.de ", "email", "anna@x.de"),
    ("Anna@X.de", "post", "anna@x.de"),  # a person may be named by the mailbox
    ("Nobody 1", "email", "nobody 1"),
    ("+49 170 / 123-4567", "sms", "+491701234567"),
    ("Tel. 030 551", "phone", "030551"),
    ("+49 170 123", "post", "+49170123"),  # ... or by a number
    ("Am Markt 1, 50667 K\u00f6ln", "post", "am markt 1 50667 k\u00f6ln"),
    ("  am markt 1 / 50667  KO\u0308LN.", "post", "am markt 1 50667 k\u00f6ln"),
    ("Ringstra\u00dfe 1_\n50667 K\u00f6ln", "post", "ringstra\u00dfe 1 50667 k\u00f6ln"),
    ("\u0130z \u03a3\u039f\u03a3 1\u00bd", "post", "iz \u03c3\u03bf\u03c3 1\u00bd"),
]


def sql(field, channel):
    macros = jinja2.Environment().from_string(MACRO.read_text(encoding="utf-8"))
    return macros.module.canonical_address(field, channel)


@pytest.mark.parametrize(("typed", "channel", "canonical"), CASES)
def test_python_and_sql_make_the_same_of_an_address_and_leave_it_so(typed, channel, canonical):
    assert canonical_address(typed, channel) == canonical
    assert canonical_address(canonical, channel) == canonical
    with in_memory() as con:
        asked = f"select {sql('typed', 'channel')} from (select ? as typed, ? as channel)"
        for spelling in (typed, canonical):
            assert con.execute(asked, [spelling, channel]).fetchall() == [(canonical,)]


def test_strangers_in_two_streets_say_two_things_and_two_in_one_house_as_well(tmp_path):
    store = Store.open(tmp_path / "state.db")
    for record, street in (("ida", "Am Markt"), ("udo", "Ringstr."), ("eva", "AM MARKT")):
        said = ConsentEvent(f"{street} 1, 50667 Ulm", "post", "withdrawn", AT, None, record)
        assert record_consent(store, said) == record_consent(store, said)
    rows = store.query("select record_id, address from consent_events order by record_id")
    assert list(map(tuple, rows)) == [
        ("eva", "am markt 1 50667 ulm"),
        ("ida", "am markt 1 50667 ulm"),
        ("udo", "ringstr 1 50667 ulm"),
    ]
    store.close()
