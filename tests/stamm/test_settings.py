"""stamm.yaml: every mistake gets its own message, with place, expectation and finding."""

from pathlib import Path
from typing import Literal

import pytest
from pydantic import Field, SecretStr

from stamm.errors import SettingsError
from stamm.redaction import redact
from stamm.settings import SinkSettings, SourceSettings, json_schema, load_settings


class Shop(SourceSettings):
    url: str
    password: SecretStr
    page_size: int = Field(default=100, ge=1)
    kind: Literal["large", "small"] = "small"


SYSTEMS = {"shop": Shop}


def load(folder: Path, text: str):
    path = folder / "stamm.yaml"
    path.write_text(text, encoding="utf-8")
    return load_settings(path, SYSTEMS)


def mistakes(folder: Path, text: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load(folder, text)
    return caught.value.mistakes


def test_an_empty_file_is_the_sandbox(tmp_path):
    assert load(tmp_path, "").uses_sandbox


def test_a_secret_comes_from_the_environment_and_is_redacted_from_then_on(tmp_path, monkeypatch):
    monkeypatch.setenv("SHOP_PASSWORD", "birnbaum-7")
    text = "sources: {web: {system: shop, url: https://a.example, password: '${SHOP_PASSWORD}'}}"
    source = load(tmp_path, text).sources["web"]
    assert isinstance(source, Shop)
    assert source.name == "web"
    assert source.password.get_secret_value() == "birnbaum-7"
    assert "birnbaum-7" not in redact("login with birnbaum-7 failed")


def test_a_secret_written_out_is_a_mistake_and_is_not_repeated(tmp_path):
    text = "sources: {web: {system: shop, url: https://a.example, password: geheim123}}"
    (found,) = mistakes(tmp_path, text)
    assert found.startswith("stamm.yaml: sources.web.password: expected ${ENV_NAME}")
    assert "geheim123" not in found


def test_a_missing_environment_variable_is_named(tmp_path, monkeypatch):
    monkeypatch.delenv("NOT_SET", raising=False)
    text = "sources: {web: {system: shop, url: https://a.example, password: '${NOT_SET}'}}"
    (found,) = mistakes(tmp_path, text)
    assert "sources.web.password" in found
    assert "NOT_SET" in found


def test_each_mistake_is_told_with_the_nearest_right_word(tmp_path, monkeypatch):
    monkeypatch.setenv("P", "abcd")
    text = """
    sources:
      web: {system: shopp, url: https://a.example, password: '${P}'}
      web2: {system: shop, url: https://a.example, password: '${P}', page_sise: 3}
      web3: {system: shop, password: '${P}', page_size: 0}
    publish: {keep: many}
    quallity: {}
    """
    found = "\n".join(mistakes(tmp_path, text))
    assert "sources.web.system: expected one of shop, found 'shopp' – did you mean 'shop'?" in found
    assert "sources.web2.page_sise" in found
    assert "did you mean 'page_size'?" in found
    assert "sources.web3.url: expected a value, found none" in found
    assert "sources.web3.page_size: expected greater than or equal to 1, found 0" in found
    assert "publish.keep: expected a valid integer" in found
    assert "did you mean 'quality'?" in found


def test_a_file_that_is_no_yaml_says_so(tmp_path):
    (found,) = mistakes(tmp_path, "a: [1,")
    assert "is not YAML" in found


def test_one_mistake_gives_one_message_also_where_its_value_comes_from_the_environment(
    tmp_path, monkeypatch
):
    monkeypatch.delenv("NOT_SET", raising=False)
    text = "sources: {web: {system: shop, url: '${NOT_SET}', password: '${NOT_SET}'}}"
    assert mistakes(tmp_path, text) == [
        "stamm.yaml: sources.web.url: expected the environment variable NOT_SET to be set, "
        "found none; in this shell: export NOT_SET=…",
        "stamm.yaml: sources.web.password: expected the environment variable NOT_SET to be set, "
        "found none; in this shell: export NOT_SET=…",
    ]


MISTAKES = [
    ("sources: [a, b]", "sources: expected names with settings, found list"),
    ("sources: {web: shop}", "sources.web: expected settings, found 'shop'"),
    ("sources: {web: {url: x}}", "sources.web.system: expected one of shop, found nothing"),
    (
        "sources: {Web-Shop: {system: shop, url: u, password: '${P}'}}",
        "sources.Web-Shop: expected a name of small letters, digits and _, found 'Web-Shop'; "
        "folders and assets are named after it",
    ),
    (
        "sources: {web: {system: shop, url: 'https://${HOST}/x', password: '${P}'}}",
        "sources.web.url: expected ${ENV_NAME} alone or not at all, found it within other text",
    ),
    (
        "sources: {web: {system: shop, url: u, password: '${P}', kind: smal}}",
        "sources.web.kind: expected one of large, small, found 'smal' – did you mean 'small'?",
    ),
    (
        "timezone: Europe/Belrin",
        "timezone: expected a time zone such as Europe/Berlin, found 'Europe/Belrin' "
        "– did you mean 'Europe/Berlin'?",
    ),
    (
        "schedule: every day",
        "schedule: expected minute, hour, day, month and weekday, such as '0 5 * * *', "
        "found 'every day'",
    ),
    (
        "publish: {kep: 3}",
        "publish.kep: expected one of keep, keep_days, postgres, found 'kep' "
        "– did you mean 'keep'?",
    ),
    ("quality: {rejected_share: 2}",
     "quality.rejected_share: expected less than or equal to 1, found 2"),
    ("source: {}", "source: expected one of alerts, hourly, linkage, log, owner, publish, "
     "quality, sandbox, schedule, scores, service, sinks, sources, target_groups, timezone, truth, "
     "found 'source' – did you mean 'sources'?"),
    ("truth: {source: a}",
     "truth.path: expected a value, found none"),
    ("sandbox: {customers: 3}",
     "sandbox.customers: expected greater than or equal to 10, found 3"),
    ("- a", "expected keys with values, found list"),
    ("schedule: 0 5 * * *\nschedule: 0 6 * * *",
     "line 2: expected each key once: the key 'schedule' stands there twice"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), MISTAKES, ids=[m[1].split(":")[0] for m in MISTAKES])
def test_each_kind_of_mistake_has_place_expectation_and_finding(
    tmp_path, monkeypatch, text, message
):
    monkeypatch.setenv("P", "abcd")
    assert mistakes(tmp_path, text) == [f"stamm.yaml: {message}"]


def test_a_login_in_an_address_is_not_repeated(tmp_path, monkeypatch):
    monkeypatch.setenv("P", "abcd")
    text = "sources: {web: {system: shop, url: u, password: '${P}', page_size: 'a://u:geheim@b'}}"
    (found,) = mistakes(tmp_path, text)
    assert "geheim" not in found


def test_anchors_and_merges_are_understood(tmp_path, monkeypatch):
    monkeypatch.setenv("P", "abcd")
    text = """
    sources:
      a: &a {system: shop, url: one, password: '${P}'}
      b: {<<: *a, url: two}
    """
    sources = load(tmp_path, text).sources
    assert (sources["a"].url, sources["b"].url) == ("one", "two")


def test_the_schema_for_editors_has_a_branch_per_system():
    branch = json_schema(SYSTEMS)["properties"]["sources"]["additionalProperties"]["oneOf"][0]
    assert branch["properties"]["system"] == {"const": "shop"}
    assert branch["required"] == ["password", "system", "url"]


class Hook(SinkSettings):
    secret: SecretStr
    previous: SecretStr | None = None


def test_targets_are_read_like_sources_and_every_mistake_is_told_at_once(tmp_path, monkeypatch):
    monkeypatch.setenv("P", "abcd")
    path = tmp_path / "stamm.yaml"
    path.write_text(
        "sources: {web: {system: shop, url: u, password: '${P}'}}\n"
        "sinks: {crm: {system: hook, secret: '${P}', source: web, stream: s, owns: [phone]},"
        " Bad: {system: hook, secret: plain, source: wep, stream: s}, none: {system: hok}}\n",
        encoding="utf-8",
    )
    with pytest.raises(SettingsError) as caught:
        load_settings(path, SYSTEMS, {"hook": Hook})
    assert [text.split(":")[1].strip() for text in caught.value.mistakes] == [
        "sinks.Bad", "sinks.Bad.secret", "sinks.none.system", "sinks.Bad.source",
    ]  # fmt: skip


def test_a_target_may_name_the_source_that_reads_it_back_and_that_one_is_there(tmp_path):
    path = tmp_path / "stamm.yaml"
    path.write_text("sinks: {crm: {system: plain, source: web, stream: s}}", encoding="utf-8")
    with pytest.raises(SettingsError, match="sinks.crm.source: expected one of the sources"):
        load_settings(path, SYSTEMS, {"plain": SinkSettings})


def test_the_schema_for_editors_has_a_branch_per_kind_of_target_and_wants_secrets_named():
    schema = json_schema(SYSTEMS, {"hook": Hook})
    [branch] = schema["properties"]["sinks"]["additionalProperties"]["oneOf"]
    assert branch["properties"]["system"] == {"const": "hook"}
    assert {"pattern"} <= branch["properties"]["previous"].keys()


def test_the_secret_of_settings_within_settings_comes_from_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("BI", "postgresql://u:birke-77@db.example/bi")
    text = "publish: {keep_days: 30, postgres: {url: '${BI}', schema: bi, reader: analysts}}"
    publish = load(tmp_path, text).publish
    assert (publish.keep_days, publish.postgres.schema_name) == (30, "bi")
    assert publish.postgres.url.get_secret_value() == "postgresql://u:birke-77@db.example/bi"
    assert "birke-77" not in repr(publish)


def test_a_secret_written_out_within_settings_is_a_mistake(tmp_path):
    (found,) = mistakes(tmp_path, "publish: {postgres: {url: 'postgresql://u:birke-77@h/d'}}")
    assert found.startswith("stamm.yaml: publish.postgres.url: expected ${ENV_NAME}")
    assert "birke-77" not in found


def test_a_schema_that_is_no_plain_name_is_a_mistake(tmp_path, monkeypatch):
    monkeypatch.setenv("BI", "postgresql://u@h/d")
    (found,) = mistakes(tmp_path, "publish: {postgres: {url: '${BI}', schema: 'a; b'}}")
    assert "publish.postgres.schema" in found
