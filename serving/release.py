"""A release: publish a build, tell the change feed, let old builds go, in this order.

Each step leaves a state from which the next run goes on: before the pointer moves the old build
stands; after it, `serving.feed.catch_up` tells the feed what it missed; builds that should have
gone go with the next release.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from serving.builds import Build, current_build, prune
from serving.feed import append_changes
from serving.publish import publish
from serving.suppressed import suppressed
from stamm.store import Store


def release(
    warehouse: Path,
    published_root: Path,
    store: Store,
    *,
    build_id: str,
    info: dict[str, Any],
    at: datetime,
    keep: int,
) -> Build:
    """Make the warehouse the current build; `keep` builds stay for rollback.

    Raises PublishError if the copy differs from the warehouse; nothing is published then.
    """
    before = current_build(published_root)
    hidden = suppressed(store)
    build = publish(warehouse, published_root, build_id=build_id, info=info, hidden=hidden)
    append_changes(store, before, build, at)
    prune(published_root, keep=keep)
    return build
