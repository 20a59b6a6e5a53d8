"""Purchase histories in the warehouse become scores and models, always the same ones."""

import json
from datetime import date

import numpy as np
import pytest

from serving.scores.rules import Horizon
from serving.scores.stage import score_purchases
from stamm.duck import in_memory
from tests.serving.scores.buyers import CDNOW, simulated

AS_OF = date(2026, 6, 30)
_TABLE = """
create schema marts;
create table marts.purchase_histories (
    party_id varchar, customer_kind varchar, repeats integer, active_days integer,
    age_days integer, repeat_value_eur decimal(18, 2), holdout_days integer,
    calibration_repeats integer, calibration_active_days integer, calibration_age_days integer,
    holdout_purchases integer
)"""


def company(people: int = 1_500, shuffled: int | None = None):
    """A warehouse with simulated people and one firm, in one order of rows or another."""
    import pandas as pd

    bought = simulated(people, seed=2, **CDNOW)
    dice = np.random.default_rng(4)
    value = dice.gamma(6.25 * np.maximum(bought.x, 1)) / np.maximum(bought.x, 1)
    value /= dice.gamma(3.74, 1 / 15.44, people)
    buyers = pd.DataFrame({
        "party_id": [f"P{n:05}" for n in range(people)],
        "repeats": bought.x, "active_days": np.floor(7 * bought.tx),
        "age_days": np.ceil(7 * bought.T),
        "repeat_value_eur": np.where(bought.x > 0, value, np.nan),
    })  # fmt: skip
    if shuffled is not None:
        buyers = buyers.sample(frac=1, random_state=shuffled)
    con = in_memory()
    con.execute(_TABLE)
    con.execute(
        "insert into marts.purchase_histories select party_id, 'person', repeats, active_days,"
        " age_days, round(case when not isnan(repeat_value_eur) then repeat_value_eur end, 2),"
        " 182, repeats, active_days, age_days, 0 from buyers"
    )
    con.execute(
        "insert into marts.purchase_histories values"
        " ('F1', 'organisation', 3, 30, 90, 500.00, 182, null, null, null, null)"
    )
    return con


def tables(con) -> list[list[tuple]]:
    return [
        con.sql(f"select * from scores.{table}").fetchall()
        for table in ("purchase_scores", "purchase_models")
    ]


@pytest.fixture(scope="module")
def scored():
    con = company()
    score_purchases(con, AS_OF, Horizon())
    return con


def test_every_customer_that_bought_has_a_row_and_each_kind_its_two_models(scored):
    (count,) = scored.sql("select count(distinct party_id) from scores.purchase_scores").fetchone()
    assert count == 1_501
    models = scored.sql("select customer_kind, model from scores.purchase_models").fetchall()
    assert models == [
        ("organisation", "bg_nbd"), ("organisation", "gamma_gamma"),
        ("person", "bg_nbd"), ("person", "gamma_gamma"),
    ]  # fmt: skip


def test_a_model_tells_parameters_errors_and_what_it_rests_on(scored):
    parameters, errors, customers, repeaters, converged = scored.sql(
        "select parameters, standard_errors, fitted_customers, repeat_buyers, converged"
        " from scores.purchase_models where model = 'bg_nbd' and customer_kind = 'person'"
    ).fetchone()
    assert set(json.loads(parameters)) == set(json.loads(errors)) == {"r", "alpha", "a", "b"}
    assert json.loads(parameters)["r"] == pytest.approx(0.243, abs=0.05)
    assert (customers, converged) == (1_500, True)
    assert 500 < repeaters < 1_000


def test_one_firm_is_too_few_for_a_model_and_its_scores_say_so(scored):
    told = scored.sql(
        "select expected_purchases, expected_purchases_missing_because, clv_eur,"
        " clv_missing_because, next_purchase_missing_because"
        " from scores.purchase_scores where party_id = 'F1'"
    ).fetchone()
    assert told == (None, "too_few_repeat_buyers", None, *["too_few_repeat_buyers"] * 2)


def test_a_number_is_told_or_its_reason_never_both(scored):
    for score, name in {
        "probability_alive": "churn", "expected_purchases": "expected_purchases",
        "expected_value_eur": "expected_value", "clv_eur": "clv",
        "next_purchase_on": "next_purchase",
    }.items():  # fmt: skip
        (wrong,) = scored.sql(
            f"select count(*) from scores.purchase_scores"
            f" where ({score} is null) <> ({name}_missing_because is not null)"
        ).fetchone()
        assert wrong == 0, score


def test_the_order_of_the_rows_and_a_repeat_change_nothing(scored):
    once = tables(scored)
    score_purchases(scored, AS_OF, Horizon())
    assert tables(scored) == once
    other = company(shuffled=9)
    score_purchases(other, AS_OF, Horizon())
    assert tables(other) == once


def test_nobody_bought_yet_is_no_error():
    con = in_memory()
    con.execute(_TABLE)
    assert score_purchases(con, AS_OF, Horizon()) == {"purchase_scores": 0, "purchase_models": 4}
    reasons = con.sql("select distinct missing_because from scores.purchase_models").fetchall()
    assert reasons == [("too_few_repeat_buyers",)]


def test_a_longer_horizon_and_a_lower_rate_are_worth_more():
    con = company(people=600)

    def worth(horizon: Horizon) -> float:
        score_purchases(con, AS_OF, horizon)
        return float(con.sql("select sum(clv_eur) from scores.purchase_scores").fetchone()[0])

    assert worth(Horizon(12, 0.2)) < worth(Horizon(12, 0.1)) < worth(Horizon(24, 0.1))
