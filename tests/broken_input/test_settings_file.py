"""A wrong stamm.yaml: wrong use, one line per mistake, before anything is asked or written."""

import json

import jsonschema
import pytest
import yaml

from connectors.registry import systems
from tests.end_to_end.company import Company

WRONG = """\
sources:
  erp: {system: s4, url: https://erp.example, username: u, password: geheim}
  shop: {system: shopwear, url: https://shop.example}
  mail: {system: brevo, api_key: "${NOT_SET}", acept_shrinking: [contacts]}
timezone: Europe/Belrin
"""
SAID = f"""\
stamm.yaml: sources.erp.password: expected ${{ENV_NAME}}, found a value written out (not shown); \
secrets do not belong into a file
stamm.yaml: sources.shop.system: expected one of {", ".join(systems())}, \
found 'shopwear' – did you mean 'shopware'?
stamm.yaml: sources.mail.api_key: expected the environment variable NOT_SET to be set, found none; \
in this shell: export NOT_SET=…
stamm.yaml: sources.mail.acept_shrinking: expected one of accept_shrinking, api_key, \
concurrency, drift, insecure, late_after, patience, requests_per_minute, system, url, \
found 'acept_shrinking' – did you mean 'accept_shrinking'?
stamm.yaml: timezone: expected a time zone such as Europe/Berlin, found 'Europe/Belrin' \
– did you mean 'Europe/Berlin'?
  `stamm init --schema` writes a schema for your editor.
"""


@pytest.mark.parametrize("command", ["check", "run", "status"])
def test_each_command_tells_every_mistake_once_and_exits_with_2(tmp_path, command):
    (tmp_path / "stamm.yaml").write_text(WRONG, encoding="utf-8")
    assert Company(tmp_path).stamm(command, exit_code=2) == SAID
    assert [path.name for path in tmp_path.iterdir()] == ["stamm.yaml"]


def test_init_writes_a_file_and_a_schema_that_fit_each_other(tmp_path):
    company = Company(tmp_path)
    assert "stamm check" in company.stamm("init")
    company.stamm("init", "--schema")
    schema = json.loads((tmp_path / "stamm.schema.json").read_text(encoding="utf-8"))
    written = (tmp_path / "stamm.yaml").read_text(encoding="utf-8")
    assert written.startswith("# yaml-language-server: $schema=stamm.schema.json\n")
    jsonschema.validate(yaml.safe_load(written) or {}, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(yaml.safe_load(WRONG), schema)
    assert "--force replaces it" in company.stamm("init", exit_code=2)


def test_a_missing_settings_file_that_was_asked_for_is_wrong_use(tmp_path, monkeypatch):
    company = Company(tmp_path)
    monkeypatch.setattr(
        Company,
        "environment",
        lambda self: {**ENVIRONMENT(self), "STAMM_SETTINGS": str(tmp_path / "gone.yaml")},
    )
    assert "gone.yaml: cannot be read: No such file" in company.stamm("status", exit_code=2)


ENVIRONMENT = Company.environment
