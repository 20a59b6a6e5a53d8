"""stamm.yaml with the real systems: the template holds, mistakes in it are found and told."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

import orchestration.cli
from connectors.registry import systems
from connectors.sinks.registry import sinks
from stamm.errors import SettingsError
from stamm.settings import json_schema, load_settings

TEMPLATE = Path(orchestration.cli.__file__).with_name("stamm.template.yaml")
KNOWN = {name: system.settings for name, system in systems().items()}
TARGETS = {name: sink.settings for name, sink in sinks().items()}
SCHEMA = json_schema(KNOWN, TARGETS)
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # the published example of the specification


def uncommented() -> str:
    """The template with everything switched on that stands in it as a comment."""
    prose, _, settings = TEMPLATE.read_text(encoding="utf-8").partition("\n\n")
    assert all(line.startswith("#") for line in prose.splitlines())
    return re.sub(r"^# ", "", settings, flags=re.MULTILINE)


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in re.findall(r"\$\{(\w+)\}", uncommented()):
        monkeypatch.setenv(name, f"value-of-{name}")
    monkeypatch.setenv("CRM_SECRET", SECRET)
    monkeypatch.setenv("ALERT_SECRET", SECRET)


def load(folder: Path, text: str) -> Any:
    file = folder / "stamm.yaml"
    file.write_text(text, encoding="utf-8")
    return load_settings(file, KNOWN, TARGETS)


def test_the_template_as_it_is_written_is_valid_and_means_the_sandbox(tmp_path: Path):
    text = TEMPLATE.read_text(encoding="utf-8")
    assert load(tmp_path, text).uses_sandbox
    jsonschema.validate(yaml.safe_load(text) or {}, SCHEMA)


def test_the_template_switched_on_is_valid_for_the_command_and_for_editors(
    tmp_path: Path, environment: None
):
    settings = load(tmp_path, uncommented())
    shown = {source.system for source in settings.sources.values()}
    assert shown == {"s4", "shopware", "brevo", "zendesk", "files"}  # docs/connectors has them all
    assert {sink.system for sink in settings.sinks.values()} == {"webhook"}
    jsonschema.validate(yaml.safe_load(uncommented()), SCHEMA)


def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


# What is changed in the template, and what the command says of it.
MISTAKES = [
    ("system: s4 ", "system: s5 ",
     f"sources.erp.system: expected one of {', '.join(sorted(KNOWN))}, found 's5' "
     "– did you mean 's4'?"),
    ("url: https://erp", "url: http://erp",
     "sources.erp.url: expected an https address, as customer data would travel unencrypted "
     "otherwise (insecure: true allows http for a test on this machine), "
     "found 'http://erp.example.com'"),
    ("https://shop", "https://user:geheim@shop",
     "sources.shop.url: expected an address without credentials in it, "
     "found 'https://…@shop.example.com'"),
    ("${ERP_PASSWORD}", "geheim",
     "sources.erp.password: expected ${ENV_NAME}, found a value written out (not shown); "
     "secrets do not belong into a file"),
    ("client_secret:", "client_sekret:",
     "sources.shop.client_sekret: expected one of accept_shrinking, client_id, client_secret, "
     "concurrency, drift, insecure, late_after, patience, requests_per_minute, system, url, "
     "found 'client_sekret' – did you mean 'client_secret'?"),
    ("client_id: ${SHOP_CLIENT_ID}", "insecure: false",
     "sources.shop.client_id: expected a value, found none"),
    ("[contacts]", "[kontacts]",
     "sources.mail.accept_shrinking: expected streams out of contacts, lists, campaigns, events, "
     "found 'kontacts' – did you mean 'contacts'?"),
    ("{customers: quarantine}", "{kunden: quarantine}",
     "sources.shop.drift: expected streams out of customers, customer_addresses, orders, "
     "order_line_items, found 'kunden'"),
    ("{customers: quarantine}", "{customers: ignore}",
     "sources.shop.drift.customers: expected one of evolve, quarantine, fail, found 'ignore'"),
    ("patience: 600", "patience: -1",
     "sources.help.patience: expected greater than or equal to 0, found -1"),
    ("patience: 600", "patiense: 600",
     "sources.help.patiense: expected one of accept_shrinking, api_token, concurrency, drift, "
     "email, insecure, late_after, patience, requests_per_minute, system, url, found 'patiense' "
     "– did you mean 'patience'?"),
    ("format: csv", "format: cvs",
     "sources.trade_fair.format: expected one of csv, excel, jsonl, parquet, vcard, found 'cvs' "
     "– did you mean 'csv'?"),
    ("key: [Nr]", "key: []",
     "sources.trade_fair: expected key and map, as a csv file has columns of its own"),
    ("stream: parties", "stream: partys",
     "sources.trade_fair.stream: expected one of parties, spend_estimates, found 'partys' "
     "– did you mean 'parties'?"),
    ("encoding: cp1252", "encoding: latin-1",
     "sources.trade_fair.encoding: expected one of utf-8, utf-8-sig, cp1252, utf-16, "
     "mac_roman, cp850, found 'latin-1'"),
    ("system: webhook", "system: webhok",
     f"sinks.crm.system: expected one of {', '.join(sorted(TARGETS))}, found 'webhok' "
     "– did you mean 'webhook'?"),
    ("url: https://crm", "url: http://crm",
     "sinks.crm.url: expected an https address, as customer data would travel unencrypted "
     "otherwise (insecure: true allows http for a test on this machine), "
     "found 'http://crm.example.com/hooks/stamm'"),
    ("${CRM_SECRET}", "geheim",
     "sinks.crm.secret: expected ${ENV_NAME}, found a value written out (not shown); "
     "secrets do not belong into a file"),
    ("${CRM_SECRET}", "${ERP_PASSWORD}",
     "sinks.crm.secret: expected whsec_ and 24 to 64 bytes in base64, found something else "
     "(not shown); docs/sinks.md says how to make one"),
    ("owns: [phone]", "own: [phone]",
     "sinks.crm.own: expected one of insecure, owns, patience, previous_secret, "
     "requests_per_minute, secret, source, stream, system, url, found 'own' "
     "– did you mean 'owns'?"),
    ("owns: [phone]", "stream: customers\n    source: shopp",
     "sinks.crm.source: expected one of the sources (erp, shop, mail, help, trade_fair), "
     "found 'shopp' – did you mean 'shop'?"),
]  # fmt: skip


@pytest.mark.parametrize(("right", "wrong", "message"), MISTAKES, ids=[m[1] for m in MISTAKES])
def test_each_mistake_in_a_source_is_told(
    tmp_path: Path, environment: None, right: str, wrong: str, message: str
):
    assert right in uncommented()
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, uncommented().replace(right, wrong, 1))
    assert caught.value.mistakes == [f"stamm.yaml: {message}"]
    assert "geheim" not in str(caught.value)


# What no schema can know: http needs `insecure`, names of streams and sources, what a csv needs,
# what stands in the environment.
EDITORS_SEE = [
    mistake
    for mistake in MISTAKES
    if mistake[1]
    not in {
        "url: http://erp",
        "https://user:geheim@shop",
        "[kontacts]",
        "key: []",
        "{kunden: quarantine}",
        "url: http://crm",
        "${ERP_PASSWORD}",
        "stream: customers\n    source: shopp",
    }
]


@pytest.mark.parametrize(
    ("right", "wrong", "message"), EDITORS_SEE, ids=[m[1] for m in EDITORS_SEE]
)
def test_editors_see_the_mistake_too(right: str, wrong: str, message: str):
    document = yaml.safe_load(uncommented().replace(right, wrong, 1))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, SCHEMA)
