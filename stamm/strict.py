"""The model that every section of `stamm.yaml` is made of."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Strict(BaseModel):
    """Unknown keys are mistakes; a read file does not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)
