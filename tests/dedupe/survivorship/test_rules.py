"""Rules that cannot be followed are refused when they are read."""

from __future__ import annotations

import pytest
import yaml

from dedupe.survivorship.rules import BUILT_IN, load_rules
from stamm.errors import SettingsError


def written(folder, **changes):
    path = folder / "rules.yml"
    path.write_text(yaml.safe_dump(yaml.safe_load(BUILT_IN.read_text()) | changes))
    return path


def test_a_group_of_more_attributes_than_are_counted_is_refused(tmp_path):
    names = ["title", "given_name", "family_name", "full_name", "street", "house_number", "city"]
    group = {"group": "all", "attributes": [*names, "postcode"], "order": ["completeness"]}
    with pytest.raises(SettingsError, match="at most 7 attributes in a group, found 8"):
        load_rules(written(tmp_path, person=[group]))
    group["attributes"] = names
    assert load_rules(written(tmp_path, person=[group])).person[0].attributes == tuple(names)


def test_more_systems_than_are_ranked_are_refused(tmp_path):
    with pytest.raises(SettingsError, match="source_priority.*at most 255 items"):
        load_rules(written(tmp_path, source_priority=[f"s{n}" for n in range(256)]))


def test_a_wrong_rule_is_named(tmp_path):
    group = {"group": "x", "attributes": ["shoe_size"], "order": ["recency"]}
    with pytest.raises(SettingsError, match=r"person\.0\.attributes\.0"):
        load_rules(written(tmp_path, person=[group]))


@pytest.mark.parametrize("attribute", ["email", "phone"])
def test_a_list_is_a_group_of_its_own(attribute, tmp_path):
    group = {"group": "x", "attributes": [attribute, "title"], "order": ["recency"]}
    with pytest.raises(SettingsError, match=r"person\.0.*groups of their own"):
        load_rules(written(tmp_path, person=[group]))
