"""A target group as `stamm.yaml` declares it: a name, whom it means, and what must be true of it.

The condition is text here; `serving.target_groups.conditions` holds it against the marts.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from stamm.strict import Strict


class Expectations(Strict):
    """What a build has to find of a group; what is not stated is not looked at."""

    at_least: int = Field(default=1, ge=0, description="Members; 0 lets the group be empty.")
    at_most: int | None = Field(default=None, ge=0, description="Members at the most.")
    at_least_share: float | None = Field(
        default=None, ge=0, le=1, description="Of all customers that could be in it."
    )
    at_most_share: float | None = Field(
        default=None, ge=0, le=1, description="Of all customers that could be in it."
    )
    never: tuple[str, ...] = Field(default=(), description="Groups it shares no member with.")


class TargetGroupSettings(Strict):
    """A segment of customers, defined once for everybody who writes to it."""

    where: str = Field(
        min_length=1,
        description="Condition in SQL over the columns of customer_360 and customer_scores.",
    )
    description: str = Field(default="", description="Whom it means, in words.")
    owner: str = Field(default="", description="Who answers for it.")
    expect: Expectations = Expectations()
    severity: Literal["warn", "error"] = Field(
        default="warn", description="Whether a broken expectation is told, or stops the publish."
    )
