"""The suites: what must hold after landing, before linking, after golden, and in the marts.

Every check reads just its columns; the reason for a bound stands beside it.
"""

from __future__ import annotations

from typing import Protocol

from quality.checks import Check


class Thresholds(Protocol):
    """The bounds a project may set (`quality` in stamm.yaml)."""

    @property
    def rejected_share(self) -> float: ...
    @property
    def largest_cluster(self) -> int: ...


def suite(gate: str, thresholds: Thresholds, as_of: str) -> tuple[Check, ...]:
    """The checks of a gate."""
    return {
        "landing": _landing,
        "match_input": _match_input,
        "golden": _golden,
        "marts": _marts,
    }[gate](thresholds, as_of)


def _zero(name: str, table: str, rule: str, sql: str, **options: str) -> Check:
    """Every row the query gives is a failure: `bad` must be false."""
    return Check(name, table, rule, sql, "ExpectColumnValuesToBeInSet",
                 {"column": "bad", "value_set": [False]}, **options)  # type: ignore[arg-type]  # fmt: skip


def _landing(thresholds: Thresholds, as_of: str) -> tuple[Check, ...]:  # noqa: ARG001
    return (
        Check(
            "rejected_share",
            "landing.all_loads",
            "a load rejects few of its records",
            "select source, rejected / greatest(rows + rejected, 1) as share "
            "from landing.all_loads",
            "ExpectColumnValuesToBeBetween",
            {"column": "share", "min_value": 0, "max_value": thresholds.rejected_share},
        ),
        Check(
            "load_has_rows",
            "landing.all_loads",
            "a committed load changed something",
            "select source, upserts + deletes + rejected as changes from landing.all_loads",
            "ExpectColumnValuesToBeBetween",
            {"column": "changes", "min_value": 1},
            "warn",
        ),
        Check(
            "basis_is_stated",
            "landing.stream_basis",
            "every stream states purpose, legal basis and retention",
            "select system as source, concat_ws('', purpose, legal_basis, retention) as basis "
            "from landing.stream_basis",
            "ExpectColumnValueLengthsToBeBetween",
            {"column": "basis", "min_value": 3},
        ),
    )


def _match_input(thresholds: Thresholds, as_of: str) -> tuple[Check, ...]:  # noqa: ARG001
    table = "intermediate.int_parties__match_input"
    return (
        Check(
            "record_id_unique",
            table,
            "a party record is there once",
            f"select record_id, source from {table}",
            "ExpectColumnValuesToBeUnique",
            {"column": "record_id"},
        ),
        Check(
            "record_id_present",
            table,
            "a party record has an id",
            f"select record_id, source from {table}",
            "ExpectColumnValuesToNotBeNull",
            {"column": "record_id"},
        ),
        Check(
            "party_type_known",
            table,
            "a party is a person or an organisation",
            f"select record_id, source, party_type from {table}",
            "ExpectColumnValuesToBeInSet",
            {"column": "party_type", "value_set": ["person", "organisation"]},
        ),
        Check(
            "legal_basis_known",
            table,
            "a party record has its legal basis",
            f"select record_id, source, legal_basis from {table}",
            "ExpectColumnValuesToNotBeNull",
            {"column": "legal_basis"},
        ),
        _zero(
            "birth_date_plausible",
            table,
            "nobody is born in the future or before 1900",
            f"select record_id, source, birth_date not between date '1900-01-02' and "
            f"date '{as_of}' as bad from {table} where birth_date is not null",
            severity="warn",
        ),
        Check(
            "country_is_a_code",
            table,
            "a country is two capital letters",
            f"select record_id, source, country from {table}",
            "ExpectColumnValuesToMatchRegex",
            {"column": "country", "regex": "^[A-Z]{2}$", "mostly": 0.99},  # typing slips happen
            "warn",
        ),
    )


def _golden(thresholds: Thresholds, as_of: str) -> tuple[Check, ...]:  # noqa: ARG001
    return (
        Check(
            "crosswalk_unique",
            "golden.xref_parties",
            "a record belongs to one party",
            "select record_id, source from golden.xref_parties",
            "ExpectColumnValuesToBeUnique",
            {"column": "record_id"},
        ),
        _zero(
            "crosswalk_complete",
            "golden.xref_parties",
            "every record that was linked has a party",
            "select i.record_id, i.source, x.party_id is null as bad "
            "from intermediate.int_parties__match_input i "
            "left join golden.xref_parties x using (record_id)",
        ),
        _zero(
            "party_has_records",
            "golden.golden_parties",
            "a golden party has at least one record",
            "select g.party_id as record_id, count(x.record_id) = 0 as bad "
            "from golden.golden_parties g left join golden.xref_parties x using (party_id) "
            "group by g.party_id",
        ),
        Check(
            "largest_cluster",
            "golden.xref_parties",
            "no party swallows a crowd",
            "select party_id as record_id, count(*) as records from golden.xref_parties "
            "group by party_id",
            "ExpectColumnValuesToBeBetween",
            {"column": "records", "min_value": 1, "max_value": thresholds.largest_cluster},
        ),
        _zero(
            "lineage_complete",
            "golden.golden_lineage",
            "every golden e-mail address knows where it comes from",
            "select g.party_id as record_id, l.party_id is null as bad "
            "from golden.golden_parties g left join golden.golden_lineage l "
            "on g.party_id = l.party_id and l.attribute = 'email' where g.email is not null",
        ),
    )


def _marts(thresholds: Thresholds, as_of: str) -> tuple[Check, ...]:  # noqa: ARG001
    return (
        _zero(
            "orders_reconcile",
            "marts.fct_orders",
            "the marts hold the orders that were staged, to the cent",
            "select (select count(*) from marts.fct_orders) <> "
            "(select count(*) from intermediate.int_orders) or "
            "(select sum(amount_net_eur) from marts.fct_orders) is distinct from "
            "(select sum(amount_net_eur) from intermediate.int_orders) as bad",
        ),
        _zero(
            "one_current_version",
            "marts.dim_customer",
            "a customer has one current version",
            "select party_id as record_id, count(*) filter (where is_current) > 1 as bad "
            "from marts.dim_customer group by party_id",
        ),
        _zero(
            "every_record_has_one_fate",
            "intermediate.int_parties__collected",
            "every party record is golden or set aside",
            "select c.record_id, c.source, "
            "(x.record_id is null) = (s.record_id is null) as bad "
            "from intermediate.int_parties__collected c "
            "left join golden.xref_parties x using (record_id) "
            "left join intermediate.int_parties__set_aside s using (record_id)",
        ),
        _zero(
            "outbox_keeps_the_restricted",
            "marts.crm_outbox",
            "no restricted party leaves for the CRM",
            "select o.party_id as record_id, g.restricted as bad from marts.crm_outbox o "
            "join golden.golden_parties g using (party_id)",
        ),
        _zero(
            "no_order_from_the_future",
            "marts.fct_orders",
            "no order is younger than the as-of date",
            f"select order_record_id as record_id, ordered_at::date > date '{as_of}' as bad "
            "from marts.fct_orders",
            severity="warn",
        ),
    )
