"""Gate after linking: is every record in one party, and can every golden value say where from?"""

from __future__ import annotations

from quality.checks import Batch, Check, Thresholds, at_least, between, one_of, unique
from quality.figures.batch import figures_batch


def batches(thresholds: Thresholds) -> tuple[Batch, ...]:
    """Checks on crosswalk, clusters, lineage and ids."""
    return (
        Batch(
            "crosswalk",
            "golden.xref_parties",
            (
                Check(
                    "record_has_one_party",
                    "every record that was linked is in exactly one living party",
                    one_of("parties", 1),
                ),
            ),
            per_record=True,
        ),
        Batch(
            "clusters",
            "golden.golden_parties",
            (
                Check("party_id_is_unique", "every party comes once", unique("subject")),
                Check(
                    "party_has_a_record",
                    "every party rests on a record",
                    at_least("records", 1),
                ),
                Check(
                    "cluster_is_not_too_large",
                    "no party has more records than one customer plausibly leaves",
                    between("records", 0, thresholds.largest_cluster),
                ),
            ),
        ),
        Batch(
            "lineage",
            "golden.golden_lineage",
            (
                Check(
                    "golden_value_has_a_lineage",
                    "every golden value names the record of its party it came from",
                    between("without_lineage", 0, 0),
                ),
                Check(
                    "golden_value_has_a_basis",
                    "every golden value carries purpose, legal basis and retention",
                    between("without_basis", 0, 0),
                ),
            ),
        ),
        Batch(
            "retired_ids",
            "golden.retired_parties",
            (
                Check(
                    "retired_id_resolves",
                    "an id that went resolves to a living party, or to none for good",
                    one_of("resolves", 1),
                ),
            ),
        ),
        figures_batch("linkage"),
    )
