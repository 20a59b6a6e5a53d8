"""Weights of pairs in bits as Python works them out, not rounded to thousandths."""

from __future__ import annotations

from dedupe.linking.patterns import unpack
from dedupe.linking.term_frequencies import frequency_terms
from dedupe.lookup.weighing import Weigher


def weigher(con, trained, records):
    """(pair of rids, pattern) → bits; `records` is a data frame by rid, lists as lists."""
    weighing = Weigher(trained, records.columns)
    rows = {rid: tuple(row) for rid, *row in records.itertuples()}
    table = f"link.{trained.specification.party_type}_frequency"
    bits = {
        level.term_frequency: dict(con.sql(f"from {table}_{level.term_frequency}").fetchall())
        for _, level in frequency_terms(trained)
    }

    def weigh(pair, pattern):
        codes = unpack(pattern, len(trained.specification.comparisons))
        terms = weighing.terms(codes, rows[pair[0]], rows[pair[1]], bits)
        return weighing.weight(codes, terms)

    return weigh
