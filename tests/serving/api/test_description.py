"""The description of the API: complete, with examples, and obeyed whatever is asked."""

import pytest

from serving.api.matching import MatchRequest

ROUTES = {
    "/customers", "/customers/{party_id}", "/customers/{party_id}/timeline",
    "/customers/{party_id}/sources", "/customers/{party_id}/provenance",
    "/customers/{party_id}/history", "/customers/{party_id}/household",
    "/customers/{party_id}/contacts", "/companies/{party_id}", "/xref/{source}/{key}", "/builds",
    "/health", "/match", "/changes", "/snapshot", "/judgements", "/consents",
}  # fmt: skip


@pytest.fixture(scope="module")
def description(api):
    return api.get("/openapi.json").json()


def test_every_route_is_described_with_its_problems(description):
    assert set(description["paths"]) == ROUTES
    for path, methods in description["paths"].items():
        for operation in methods.values():
            assert operation["summary"] and operation["description"]
            if path != "/health":
                assert {"401", "403", "422", "429", "503"} <= set(operation["responses"])
                assert operation["responses"]["422"]["content"].keys() == {
                    "application/problem+json"
                }


def test_what_is_sent_in_has_examples_that_are_answered(api, description):
    schemas = description["components"]["schemas"]
    for name in ("MatchRequest", "JudgementRequest", "ConsentRequest"):
        assert schemas[name]["examples"]
    for example in MatchRequest.model_config["json_schema_extra"]["examples"]:
        assert api.post("/match", example).status_code == 200
    [consent] = schemas["ConsentRequest"]["examples"]
    assert api.post("/consents", consent).status_code == 201


# Here words of the right form may still be refused: a card that says nothing, a cursor of another
# timeline or of no feed, a moment that has not come.
MORE_THAN_FORM = {
    "/match", "/judgements", "/consents", "/customers/{party_id}/timeline", "/changes",
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("path", sorted(ROUTES))
def test_a_fuzzer_finds_no_answer_that_the_description_does_not_have(api, path):
    """Schemathesis with all its checks, from the description alone."""
    import schemathesis
    from hypothesis import HealthCheck, given, settings
    from schemathesis.specs.openapi.checks import positive_data_acceptance

    schema = schemathesis.openapi.from_url(f"{api.url}/openapi.json", headers=api.headers)
    [operation] = [r.ok() for r in schema.get_all_operations() if r.ok().path == path]
    excused = [positive_data_acceptance] if path in MORE_THAN_FORM else []

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy())
    def every_case_is_answered_as_described(case):
        headers = api.headers | {"X-Purpose": case.headers.get("X-Purpose", "a fuzzer")}
        case.call_and_validate(headers=headers, excluded_checks=excused)

    every_case_is_answered_as_described()
