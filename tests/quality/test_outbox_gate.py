"""The gate before publishing also finds a suppressed address in the outbox, in any spelling."""

import pytest


def affected(gate):
    [check] = [c for c in gate("marts").checks if c.name == "no_restricted_party_leaves"]
    return check.passed, check.rows_failed


@pytest.mark.parametrize("address", ["anna@x.de", "+4915122"])
def test_a_suppressed_address_in_the_outbox_stops_the_run(con, gate, address):
    """Suppressions are kept in one spelling; the outbox holds Anna@x.de and +49 151 22."""
    con.execute("insert into ops.suppressions values (null, ?, 'objection', null)", [address])
    assert affected(gate) == (False, 1)


def test_another_suppressed_address_stops_nothing(con, gate):
    con.execute("insert into ops.suppressions values (null, 'bea@x.de', 'objection', null)")
    assert affected(gate) == (True, 0)
