"""Errors say what happened and what to do, also when there are several."""

from stamm.errors import CredentialsRefused, GateStopped, Several, Unreachable


def test_a_message_ends_with_the_next_step():
    assert str(Unreachable("shop: no answer", hint="Is it up?")) == "shop: no answer\n  Is it up?"


def test_two_sources_that_fail_are_both_told_and_the_graver_exit_code_counts():
    several = Several([
        Unreachable("shop: no answer", hint="Is it up?"),
        CredentialsRefused("erp: HTTP 401"),
    ])  # fmt: skip
    assert str(several) == "shop: no answer\n  Is it up?\nerp: HTTP 401"
    assert several.exit_code == 1
    assert Several([Unreachable("a"), GateStopped("b")]).exit_code == 3
