"""Gate before publishing: does what leaves still add up to what came in?"""

from __future__ import annotations

from quality.checks import Batch, Check, Thresholds, between, one_of


def batches(_: Thresholds) -> tuple[Batch, ...]:
    """Reconciliation from landing to mart, versions, restriction and dates."""
    return (
        Batch(
            "records",
            "golden.xref_parties",
            (
                Check(
                    "landed_record_is_accounted_for",
                    "every landed party record is in exactly one of golden and set aside",
                    one_of("places", 1),
                ),
            ),
            per_record=True,
        ),
        Batch(
            "sums",
            "marts.fct_orders",
            (
                Check(
                    "sums_equal_those_before_the_marts",
                    "facts hold as many rows and cents as the models they come from",
                    between("affected", 0, 0),
                ),
            ),
        ),
        Batch(
            "landed_sums",
            "marts.fct_orders",
            (
                Check(
                    "sums_equal_those_the_sources_sent",
                    "orders, invoices and quotations add up to what was landed, per currency",
                    between("affected", 0, 0),
                ),
            ),
        ),
        Batch(
            "versions",
            "marts.dim_customer",
            (
                Check(
                    "customer_has_one_current_version",
                    "no customer has two current versions, and every one in customer_360 has one",
                    one_of("current_versions", 1),
                ),
            ),
        ),
        Batch(
            "facts",
            "marts.fct_*",
            (
                Check("fact_comes_once", "no fact comes twice", between("doubled", 0, 0)),
                Check(
                    "fact_has_a_customer",
                    "every fact of a party we know belongs to a customer",
                    between("without_customer", 0, 0),
                ),
                Check(
                    "ticket_has_its_party",
                    "whoever wrote a ticket or a rating has landed and was not deleted",
                    between("waiting", 0, 0),
                    "warn",
                ),
            ),
        ),
        Batch(
            "customers",
            "marts.customer_360",
            (
                Check(
                    "account_is_a_current_customer",
                    "whoever a fact belongs to is a current customer",
                    between("strangers", 0, 0),
                ),
                Check(
                    "turnover_by_customer_is_turnover_by_order",
                    "customers add up to the orders that were not cancelled, to the cent",
                    between("cents_apart", 0, 0),
                ),
            ),
        ),
        Batch(
            "outbox",
            "marts.crm_outbox",
            (
                Check(
                    "no_restricted_party_leaves",
                    "the outbox holds nobody restricted or suppressed, and no suppressed address",
                    between("affected", 0, 0),
                ),
            ),
        ),
        Batch(
            "dates",
            "marts.fct_orders",
            (
                Check(
                    "nothing_happened_in_the_future",
                    "no fact is later than the day after the as-of date",
                    between("affected", 0, 0),
                    "warn",
                ),
            ),
            parameters=("as_of",),
        ),
    )
