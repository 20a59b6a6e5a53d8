"""stamm.yaml: every mistake gets its own message, with place, expectation and finding."""

from pathlib import Path

import pytest
from pydantic import Field, SecretStr

from stamm.errors import SettingsError
from stamm.redaction import redact
from stamm.settings import SourceSettings, json_schema, load_settings


class Shop(SourceSettings):
    url: str
    password: SecretStr
    page_size: int = Field(default=100, ge=1)


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
    assert "sources.web3.page_size: input should be greater than or equal to 1, found 0" in found
    assert "publish.keep: input should be a valid integer" in found
    assert "did you mean 'quality'?" in found


def test_a_file_that_is_no_yaml_says_so(tmp_path):
    (found,) = mistakes(tmp_path, "a: [1,")
    assert "is not YAML" in found


def test_the_schema_for_editors_has_a_branch_per_system():
    branch = json_schema(SYSTEMS)["properties"]["sources"]["additionalProperties"]["oneOf"][0]
    assert branch["properties"]["system"] == {"const": "shop"}
    assert branch["required"] == ["password", "system", "url"]
