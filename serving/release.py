"""A release: publish a build, tell the change feed, let old builds go, in this order.

Going back (`go_back`) and taking out who was suppressed (`refresh`) end with the feed as well. A
build's files cannot be filtered while somebody reads them, so both write the build anew, less
what is suppressed now, if that is not what it was written under.

Each step leaves a state from which the next run goes on: before the pointer moves the old build
stands; after it, `serving.feed.catch_up` tells the feed what it missed; builds that should have
gone go with the next release.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from serving.builds import Build, current_build, earlier, prune, switch
from serving.catalogue import NO_CATALOGUE, Catalogue
from serving.feed import append_changes, told_last
from serving.publish import publish, republish
from serving.suppressed import suppressed
from serving.withheld import forget_changes
from stamm.store import Store


def release(  # noqa: PLR0913 - given by name
    warehouse: Path,
    published_root: Path,
    store: Store,
    *,
    build_id: str,
    info: dict[str, Any],
    at: datetime,
    keep: int,
    keep_days: int | None = None,
    catalogue: Catalogue = NO_CATALOGUE,
    pages: Sequence[Path] = (),
) -> Build:
    """Make the warehouse the current build; `keep` builds stay for rollback, `keep_days` long; so
    long stay the entries of the change feed.

    Raises PublishError if the copy differs from the warehouse; nothing is published then.
    """
    before = current_build(published_root)
    hidden = suppressed(store)
    build = publish(
        warehouse,
        published_root,
        build_id=build_id,
        info=info,
        hidden=hidden,
        catalogue=catalogue,
        pages=pages,
    )
    append_changes(store, before, build, at)
    prune(published_root, keep, days=keep_days, at=at)
    if keep_days is not None:
        forget_changes(store, at - timedelta(days=keep_days))
    return build


def go_back(
    published_root: Path, store: Store, *, at: datetime, build_id: str | None = None
) -> Build:
    """Make an earlier build current again and tell the feed: the named one, else the one before.

    Where people were suppressed since it was written, a copy of it without them becomes current.
    """
    return _show(published_root, store, earlier(published_root, build_id), at)


def refresh(published_root: Path, store: Store, *, at: datetime) -> Build | None:
    """Take what was suppressed since out of the current build's files, and tell the feed.

    Returns the build that readers now have, which is the same one if nothing was to be done.
    """
    current = current_build(published_root)
    return None if current is None else _show(published_root, store, current, at)


def _show(published_root: Path, store: Store, build: Build, at: datetime) -> Build:
    hidden = suppressed(store)
    if build.hidden != hidden.digest():
        build = republish(build, published_root, hidden=hidden)
    else:
        switch(published_root, build.folder)
    append_changes(store, told_last(store, published_root), build, at)
    return build
