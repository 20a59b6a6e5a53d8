"""The numbers that scores of purchases hang on, and the names of what a score can say of itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

# With a hundred repeat buyers like CDNOW's the rate of buying (r, alpha) is known to about a third,
# leaving (a, b) only roughly (tests/serving/scores/test_bg_nbd.py); standard errors tell the rest.
MIN_REPEAT_BUYERS = 100

DAYS_PER_MONTH = 365.25 / 12

Missing = Literal[
    "too_few_repeat_buyers",  # of this kind of customer, for a fit
    "fit_did_not_converge",
    "values_all_equal",  # nothing to tell customers apart by
    "value_not_positive",  # the customer's repeat purchases came to nothing, or less
    "no_finite_mean",  # values vary too much between customers for a mean
    "no_repeat_purchase",  # the model lets nobody leave before the first repeat
    "none_more_likely_than_one",  # no date by which a purchase has a chance of one half
    "beyond_horizon",  # that date is later than the horizon
]
Quality = Literal["good", "fair", "poor", "unknown"]


@dataclass(frozen=True)
class Horizon:
    """How far a score looks ahead, and what a euro is worth by then."""

    months: int = 12
    discount_rate: float = 0.10  # a year; Fader, Hardie and Lee (2005, RFM and CLV) take 15 %

    @property
    def days(self) -> int:
        return round(self.months * DAYS_PER_MONTH)
