"""Every model says its grain and describes its columns; layers read only what lies before them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

_PROJECT = Path(__file__).parents[2] / "dbt_project"
_MODELS = {path.stem: path for path in sorted((_PROJECT / "models").rglob("*.sql"))}
_BEFORE_MARTS = {n: p for n, p in _MODELS.items() if n.startswith(("stg_", "int_"))}
_CONTRACTS = Path(__file__).parents[2] / "docs" / "contracts.md"


def _entries(kind: str) -> dict[str, dict[str, Any]]:
    files = (_PROJECT / "models").rglob("*.yml")
    listed = [entry for file in files for entry in yaml.safe_load(file.read_text()).get(kind, [])]
    names = [entry["name"] for entry in listed]
    assert len(names) == len(set(names)), "an entry is described twice"
    return {entry["name"]: entry for entry in listed}


@pytest.fixture(scope="module")
def described() -> dict[str, dict[str, Any]]:
    return _entries("models")


def _reads(name: str) -> set[str]:
    """What a model reads: `staging model` names, or `source.table`."""
    sql = _MODELS[name].read_text()
    tables = re.findall(r"source\('(\w+)', '(\w+)'\)", sql)
    return {*re.findall(r"ref\('(\w+)'\)", sql), *(f"{schema}.{table}" for schema, table in tables)}


def test_each_model_has_an_entry_and_each_entry_a_model(
    described: dict[str, dict[str, Any]],
) -> None:
    assert set(described) == set(_MODELS)


@pytest.mark.parametrize("name", _MODELS)
def test_a_model_says_its_grain_in_its_sql_and_in_its_entry(
    name: str, described: dict[str, dict[str, Any]]
) -> None:
    assert _MODELS[name].read_text().startswith("-- One row per ")
    assert described[name]["description"].strip().startswith("One row per ")


@pytest.mark.parametrize("name", _MODELS)
def test_a_model_describes_each_of_its_columns_once(
    name: str, described: dict[str, dict[str, Any]]
) -> None:
    columns = described[name]["columns"]
    names = [column["name"] for column in columns]
    assert names and len(names) == len(set(names))
    assert [c["name"] for c in columns if not c.get("description", "").strip()] == []


@pytest.mark.parametrize("name", [n for n in _MODELS if n.startswith("stg_")])
def test_a_staging_model_reads_its_own_stream_and_nothing_else(name: str) -> None:
    system, stream = name.removeprefix("stg_").split("__")
    assert _reads(name) == {f"landing.{system}_{stream}"}


@pytest.mark.parametrize("name", [n for n in _MODELS if n.startswith("stg_")])
def test_a_staging_entry_lists_exactly_the_columns_of_its_query(
    name: str, described: dict[str, dict[str, Any]]
) -> None:
    renamed = (
        _MODELS[name].read_text().split("renamed as (\n    select\n")[1].split("    from source")[0]
    )
    selected = re.findall(r"^(?:        .* as |        (?:\) as )?)(\w+),?$", renamed, re.MULTILINE)
    assert set(selected) == {column["name"] for column in described[name]["columns"]}


@pytest.mark.parametrize("name", [n for n in _MODELS if n.startswith("int_")])
def test_an_intermediate_model_never_reads_golden_or_marts(name: str) -> None:
    allowed = re.compile(r"stg_|int_|exchange_rates$|country_spellings$|landing\.(stream_basis|sent_values)$")
    assert [read for read in _reads(name) if not allowed.match(read)] == []


# What several models of one system share, and no table gathers.
_SHARED = {"int_accounts__tryton"}
_GIVEN = [n for n, path in _MODELS.items() if "by_system" in path.parts and n not in _SHARED]


@pytest.mark.parametrize("name", _GIVEN)
def test_what_a_system_gives_to_a_table_lies_in_its_folder_and_is_gathered(name: str) -> None:
    thing, system = name.split("__")
    assert _MODELS[name].parent.name == system
    gathering = "int_parties__collected" if thing == "int_parties" else thing
    lists = rf"and_each\('{thing}', \[([^\]]*)\]\)"
    [listed] = re.findall(lists, _MODELS[gathering].read_text())
    assert system in re.findall(r"'(\w+)'", listed)


@pytest.mark.parametrize("name", _GIVEN)
def test_what_a_system_gives_has_no_column_that_the_gathering_table_does_not_name(
    name: str, described: dict[str, dict[str, Any]]
) -> None:
    thing = name.split("__")[0]
    gathering = "int_parties__collected" if thing == "int_parties" else thing
    shape = _MODELS[gathering].read_text().split("shape as (")[1].split("where false")[0]
    named = set(re.findall(r" as (\w+),?$", shape, re.MULTILINE))
    assert {column["name"] for column in described[name]["columns"]} <= named


def test_each_system_with_staging_is_one_that_a_run_may_build() -> None:
    project = yaml.safe_load((_PROJECT / "dbt_project.yml").read_text())
    staged = {path.name for path in (_PROJECT / "models" / "staging").iterdir()}
    assert staged == set(project["vars"]["systems"])


def test_each_stream_of_the_contracts_has_its_staging_model() -> None:
    project = yaml.safe_load((_PROJECT / "dbt_project.yml").read_text())
    rows = rf"^\| `({'|'.join(project['vars']['systems'])})\.(\w+)` \|"
    streams = re.findall(rows, _CONTRACTS.read_text(), re.MULTILINE)
    assert len(streams) >= 27
    beyond = {  # the past of a stream, not a stream
        "stg_brevo__contact_versions",
        "stg_ghost__member_versions",
        "stg_ghost__member_event_versions",
    }
    of_consent = {"ghost_member_events"}  # read by its past alone
    assert {
        f"stg_{system}__{stream}"
        for system, stream in streams
        if f"{system}_{stream}" not in of_consent
    } | beyond == {name for name in _MODELS if name.startswith("stg_")}


@pytest.mark.parametrize("name", [n for n in _MODELS if n.startswith("int_") and "__" not in n])
def test_an_intermediate_model_has_the_columns_the_contracts_promise(
    name: str, described: dict[str, dict[str, Any]]
) -> None:
    line = re.search(rf"^- `{name}`: (.*)$", _CONTRACTS.read_text(), re.MULTILINE)
    assert line, f"{name} is not in the contracts"
    without_notes = re.sub(r"\([^)]*\)", "", line.group(1).split(" – ")[0]).replace("`", "")
    promised = {column.split()[0] for column in without_notes.split(",")}
    assert promised <= {column["name"] for column in described[name]["columns"]}


def test_each_rule_that_can_go_wrong_has_a_unit_test() -> None:
    tested = {entry["model"] for entry in _entries("unit_tests").values()}
    rules = {
        "int_parties__collected",
        "int_parties__set_aside",
        "int_orders",
        "int_parties__s4",
        "int_orders__s4",
        "int_quotes__s4",
        "int_parties__shopware",
        "int_orders__shopware",
        "int_order_lines__shopware",
        "int_parties__brevo",
        "int_consent_events__brevo",
        "int_email_events__brevo",
        "int_parties__zendesk",
        "int_feedback__zendesk",
        "stg_s4__business_partners",
        *(name for name in _MODELS if name.endswith(("__tryton", "__vendure", "__rt", "__roundup"))),
        "int_consent_events__ghost",
        "int_email_events__ghost",
        "stg_tryton__sales",
        "stg_vendure__orders",
    } - {"int_order_lines__tryton", "int_order_lines__vendure"}
    assert rules - tested == set()
