"""The stage between the facts and `customer_scores`: purchase histories in, scores and fits out.

Reads `marts.purchase_histories`; writes `scores.purchase_scores` (a row per customer that bought)
and `scores.purchase_models` (a row per model and kind of customer). Both are a function of that
table, the rules and the as-of date, and come in the order of their keys.
"""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from serving.scores.bg_nbd import Histories
from serving.scores.customers import PurchaseScores, Said, scores_of
from serving.scores.fitting import Floats
from serving.scores.holdout import Holdout, Past, held_out
from serving.scores.models import (
    Model,
    Purchases,
    purchase_model,
    value_frequency_correlation,
    value_model,
)
from serving.scores.rules import MIN_REPEAT_BUYERS, Horizon, Quality

if TYPE_CHECKING:
    import duckdb

KINDS = ("organisation", "person")
_HISTORIES = """
select
    party_id, repeats, active_days, age_days, repeat_value_eur::double as repeat_value_eur,
    calibration_repeats, calibration_active_days, calibration_age_days,
    holdout_purchases, holdout_days
from marts.purchase_histories
where customer_kind = ?
order by party_id
"""
_SCORES = """
insert into scores.purchase_scores
select
    party_id, ?, ?::date,
    round(alive, 6), alive_because,
    round(expected, 6), expected_because,
    round(worth, 2)::decimal(18, 2), worth_because,
    round(clv, 2)::decimal(18, 2), clv_because,
    ?::date + next_days::integer, next_because
from said
order by party_id
"""
TABLES = {
    "purchase_scores": """
        party_id varchar, customer_kind varchar, as_of date,
        probability_alive double, churn_missing_because varchar,
        expected_purchases double, expected_purchases_missing_because varchar,
        expected_value_eur decimal(18, 2), expected_value_missing_because varchar,
        clv_eur decimal(18, 2), clv_missing_because varchar,
        next_purchase_on date, next_purchase_missing_because varchar""",
    "purchase_models": """
        model varchar, customer_kind varchar, as_of date, customers bigint, repeat_buyers bigint,
        fitted_customers bigint, parameters varchar, standard_errors varchar,
        log_likelihood double, converged boolean, missing_because varchar,
        horizon_months integer, discount_rate double,
        holdout_days integer, holdout_customers bigint, holdout_purchases bigint,
        holdout_expected double, holdout_mean_absolute_error double, holdout_naive_error double,
        value_frequency_correlation double, quality varchar""",
}


def score_purchases(
    con: duckdb.DuckDBPyConnection,
    as_of: date,
    horizon: Horizon,
    *,
    least: int = MIN_REPEAT_BUYERS,
) -> dict[str, int]:
    """Fit and score each kind of customer, and write both tables anew; returns their rows."""
    con.execute("begin")
    con.execute("create schema if not exists scores")
    for table, columns in TABLES.items():
        con.execute(f"create or replace table scores.{table} ({columns})")
    for kind in KINDS:
        _score_kind(con, kind, as_of, horizon, least)
    con.execute("commit")
    return {t: con.table(f"scores.{t}").count("*").fetchall()[0][0] for t in TABLES}


def _score_kind(
    con: duckdb.DuckDBPyConnection, kind: str, as_of: date, horizon: Horizon, least: int
) -> None:
    read = con.execute(_HISTORIES, [kind]).df()
    purchases, past = _purchases(read), _past(read)
    counts = purchase_model(purchases.history, least)
    values = value_model(purchases, least)
    scores = scores_of(purchases, counts, values, horizon)
    _write_scores(con, kind, as_of, purchases, scores)
    holdout = held_out(past, least) if counts.usable else None
    shared = {
        "customer_kind": kind,
        "as_of": as_of,
        "customers": len(purchases.party_id),
        "repeat_buyers": purchases.repeat_buyers,
        "horizon_months": horizon.months,
        "discount_rate": horizon.discount_rate,
    }
    correlation = value_frequency_correlation(purchases)
    _write_model(con, shared | _of_fit("bg_nbd", counts) | _of_holdout(holdout, counts))
    _write_model(con, shared | _of_fit("gamma_gamma", values) | _of_values(correlation, values))


def _purchases(read: Any) -> Purchases:
    return Purchases(
        read["party_id"].tolist(),
        _weeks(read, "repeats", "active_days", "age_days"),
        _floats(read["repeat_value_eur"]),
    )


def _past(read: Any) -> Past:
    """Only who had bought before the cut has a past."""
    known = read[read["calibration_repeats"].notna()]
    days = int(read["holdout_days"].max()) if len(read) else 0
    return Past(
        _weeks(known, *(f"calibration_{n}" for n in ("repeats", "active_days", "age_days"))),
        _floats(known["holdout_purchases"]),
        days,
    )


def _weeks(read: Any, repeats: str, active: str, age: str) -> Histories:
    return Histories(_floats(read[repeats]), _floats(read[active]) / 7, _floats(read[age]) / 7)


def _floats(column: Any) -> Floats:
    return np.asarray(column.to_numpy(dtype="float64", na_value=np.nan))


def _write_scores(
    con: duckdb.DuckDBPyConnection,
    kind: str,
    as_of: date,
    purchases: Purchases,
    scores: PurchaseScores,
) -> None:
    import pyarrow as pa

    columns = {"party_id": pa.array(purchases.party_id, pa.string())}
    for name, said in {
        "alive": scores.alive,
        "expected": scores.expected_purchases,
        "worth": scores.expected_value,
        "clv": scores.customer_value,
        "next": scores.days_to_next,
    }.items():
        columns |= _columns(name, said)
    columns["next_days"] = columns.pop("next")
    con.register("said", pa.table(columns))
    con.execute(_SCORES, [kind, as_of, as_of])
    con.unregister("said")


def _columns(name: str, said: Said) -> dict[str, Any]:
    import pyarrow as pa

    return {
        name: pa.array(said.value, pa.float64(), mask=np.isnan(said.value)),
        f"{name}_because": pa.array(said.missing_because, pa.string()),
    }


def _of_fit(model: str, found: Model) -> dict[str, Any]:
    told: dict[str, Any] = {"model": model, "missing_because": found.missing_because}
    if found.fit is None:
        return told
    return told | {
        "fitted_customers": found.fit.customers,
        "parameters": json.dumps(dict(found.fit.parameters)),
        "standard_errors": json.dumps(dict(found.fit.standard_errors)),
        "log_likelihood": round(found.fit.log_likelihood, 4),
        "converged": found.fit.converged,
    }


def _of_holdout(holdout: Holdout | None, found: Model) -> dict[str, Any]:
    if holdout is None:
        return {"quality": "unknown" if found.usable else None}
    return {
        "holdout_days": holdout.days,
        "holdout_customers": holdout.customers,
        "holdout_purchases": holdout.purchases,
        "holdout_expected": holdout.expected,
        "holdout_mean_absolute_error": holdout.mean_absolute_error,
        "holdout_naive_error": holdout.naive_error,
        "quality": holdout.quality,
    }


def _of_values(correlation: float | None, found: Model) -> dict[str, Any]:
    told = None if correlation is None else round(correlation, 4)
    return {
        "value_frequency_correlation": told,
        "quality": _independence(told) if found.usable else None,
    }


def _independence(correlation: float | None) -> Quality:
    """How far value is from hanging on frequency; on CDNOW, where the model holds, it is .11."""
    if correlation is None:
        return "unknown"
    if abs(correlation) <= 0.2:
        return "good"
    return "fair" if abs(correlation) <= 0.4 else "poor"


def _write_model(con: duckdb.DuckDBPyConnection, row: dict[str, Any]) -> None:
    columns, places = ", ".join(row), ", ".join("?" for _ in row)
    con.execute(
        f"insert into scores.purchase_models ({columns}) values ({places})", list(row.values())
    )
