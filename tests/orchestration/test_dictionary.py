"""docs/dictionary.md is what the entries of the marts say."""

from orchestration.dictionary import PAGE, is_stale, keys, references

MODEL = {
    "name": "consent_permissions",
    "columns": [
        {
            "name": "party_id",
            "data_tests": [
                {"relationships": {"arguments": {
                    "to": "source('golden', 'golden_parties')", "field": "party_id",
                }}},
            ],
        },
        {"name": "channel"},
    ],
    "data_tests": [{"unique_together": {"arguments": {"columns": ["party_id", "channel"]}}}],
}  # fmt: skip


def test_the_page_is_made_from_the_entries_as_they_are():
    assert not is_stale(), "run: uv run python -m orchestration.dictionary"


def test_a_key_of_several_columns_and_a_relationship_are_read_from_their_tests():
    assert keys(MODEL) == ["party_id", "channel"]
    assert list(references(MODEL)) == [("party_id", "golden_parties", "party_id")]


def test_every_link_within_the_page_leads_to_a_heading():
    import re

    text = PAGE.read_text(encoding="utf-8")
    headings = set(re.findall(r"^#{2,3} (\w+)$", text, re.MULTILINE))
    assert set(re.findall(r"\]\(#(\w+)\)", text)) <= headings
