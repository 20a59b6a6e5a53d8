"""One open load: takes pages in, writes parts and checkpoints, commits or leaves no trace.

Order, so that a process may be killed anywhere: part (fsync, rename) → checkpoint → … →
manifest → state in the operational store → cache.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

from connectors.checkpoint import Checkpoint, restarted
from connectors.drift import as_rows, of_rows, together
from connectors.job import Job, LoadResult, Missing, WindowMovedError
from connectors.landing import Manifest, Part, write_manifest, write_part
from connectors.parts import Fetched, landed_table, rejected_table, tombstone, withdrawal
from connectors.progress import Read, after_load, as_text
from connectors.records import Accepted, Rejected
from connectors.source import Page

_CHECKPOINT_ROWS = 20_000
_TOMBSTONES_PER_PART = 50_000


class OpenLoad:
    """A load from its first page (or the page it stopped at) to its commit."""

    def __init__(self, job: Job, at: Checkpoint) -> None:
        self._job = job
        self.at = at
        self._pending: dict[str, Fetched] = {}
        self._refused: dict[str, Rejected] = {}
        self._pages_pending = self._met_pending = 0
        self._tombstones = self._unsure = 0
        self._started = time.perf_counter()

    # ---- pages ----

    def take(self, page: Page) -> None:
        """Judge a page's records; flush when enough has come together."""
        self._note_total(page.server_total)
        now = self._job.clock.now()
        judge = self._job.judge
        cursors: list[str | None] = []
        for verdict in [judge(record) for record in page.records]:  # all, or nothing of the page
            if isinstance(verdict, Rejected):
                self._refused[verdict.identity] = verdict
            else:
                self._pending[verdict.record_id] = Fetched(verdict, now)
                self._refused.pop(verdict.record_id, None)  # mended while it was read
                cursors.append(verdict.cursor)
        self._note_cursors([cursor for cursor in cursors if cursor])
        for refused in map(judge.unreadable, page.unreadable):
            self._refused[refused.identity] = refused
        self.at = replace(
            self.at,
            next_token=page.next_token,
            at_end=page.next_token is None,
            pages=self.at.pages + 1,
        )
        self._pages_pending += 1
        self._met_pending += len(page.records) + len(page.unreadable)
        enough = self._pages_pending >= self._job.checkpoint_pages
        if enough or len(self._pending) >= _CHECKPOINT_ROWS:
            self.flush()

    def _note_total(self, total: int | None) -> None:
        known = self.at.server_total
        if total is None:
            return
        if known is not None and total < known:
            raise WindowMovedError(f"its total went from {known:,} to {total:,}")
        if total != known:
            self.at = replace(self.at, server_total=total)

    def _note_cursors(self, cursors: Sequence[str]) -> None:
        if not cursors:
            return
        at = self.at
        lowest = min(cursors) if at.cursor_from is None else min(at.cursor_from, *cursors)
        highest = max(cursors) if at.cursor_to is None else max(at.cursor_to, *cursors)
        self.at = replace(at, cursor_from=lowest, cursor_to=highest)

    def restart(self) -> None:
        """Read the window again from its first page."""
        job = self._job
        self._forget_pending()
        job.judge.drift()  # that of the pages just forgotten
        self.at = restarted(self.at, job.current.next_pass(), as_text(job.clock.now()))

    # ---- parts ----

    def flush(self) -> None:
        """Part, then checkpoint: what both hold is never asked for again."""
        if not self._pages_pending:
            return
        current = self._job.current
        landed = current.hashes_of(self._pending)
        fresh = [
            row
            for row in self._pending.values()
            if _is_news(row.record, landed.get(row.record.record_id))
        ]
        self._write(fresh)
        standing = current.rejections_of({*self._refused, *self._pending})
        withdrawn = sorted(standing.keys() - self._refused.keys())  # accepted now, or deleted
        self._write_refused(
            [r for r in self._refused.values() if standing.get(r.identity) != r.digest], withdrawn
        )
        self.at = replace(
            self.at,
            drift=as_rows(together(of_rows(self.at.drift), self._job.judge.drift())),
            duplicates=self.at.duplicates + self._met_pending - len(fresh) - len(self._refused),
            rejected=self.at.rejected + len(self._refused),
            nameless=max(self.at.nameless, self._nameless()),
        )
        gone = [row.record.record_id for row in fresh if row.record.op == "delete"]
        refusals = [(row.identity, row.digest) for row in self._refused.values()]
        current.advance(self.at, self._met(), gone, refusals, withdrawn)
        self._forget_pending()
        if self._job.report:
            self._job.report(self.result(None))

    def _nameless(self) -> int:
        """Until which pass a record may have been met that one without a key now is.

        One that stood there already beside a record, unchanged, is another.
        """
        nameless = {row.identity for row in self._refused.values() if row.is_nameless}
        stood, reading = self._job.current.rejected_in(nameless), self.at.reading
        new = [reading] if nameless - stood.keys() else []
        return max([*new, *(met for met in stood.values() if met < reading)], default=-1)

    def _met(self) -> list[tuple[str, bytes]]:
        """Live records of the pending pages with the hash of the version in force."""
        current = self._job.current
        accepted = (row.record for row in self._pending.values())
        met = [(r.record_id, r.digest) for r in accepted if r.op == "upsert"]
        # A rejected version leaves the landed one in force; it was met all the same.
        refused = self._refused.keys() - self._pending.keys()
        return met + list(current.hashes_of(refused).items())

    def _write(self, rows: Sequence[Fetched]) -> None:
        if not rows:
            return
        at = self.at
        table = landed_table(at.load_id, at.rows, rows)
        part = self._part(f"part-{len(at.parts):05}.parquet", table)
        deletes = sum(row.record.op == "delete" for row in rows)
        self.at = replace(
            at,
            parts=(*at.parts, part),
            rows=at.rows + len(rows),
            upserts=at.upserts + len(rows) - deletes,
            deletes=at.deletes + deletes,
        )

    def _write_refused(self, refused: Sequence[Rejected], withdrawn: Sequence[str]) -> None:
        if not refused and not withdrawn:
            return
        at = self.at
        rows = [*refused, *map(withdrawal, withdrawn)]
        table = rejected_table(at.load_id, at.rejected_rows + at.withdrawn_rows, rows)
        part = self._part(f"rejected-{len(at.rejected_parts):05}.parquet", table)
        self.at = replace(
            at,
            rejected_parts=(*at.rejected_parts, part),
            rejected_rows=at.rejected_rows + len(refused),
            withdrawn_rows=at.withdrawn_rows + len(withdrawn),
        )

    def _part(self, name: str, table: object) -> Part:
        return write_part(self._job.load_folder(self.at.load_id), name, table)

    def _forget_pending(self) -> None:
        self._pending, self._refused = {}, {}
        self._pages_pending = self._met_pending = 0

    # ---- the end ----

    def commit(self, missing: Missing) -> LoadResult:
        """Tombstones, manifest, state, cache; a load without rows leaves no folder.

        Only what is surely deleted gets a tombstone; while any is unsure, the full read stays due.
        A rejected record that a full read no longer meets waits for nobody: it is withdrawn.
        """
        job = self._job
        full = self.at.mode == "full"
        full_pass = self.at.reading if full and missing != "kept" else None
        since = self.at.reading if missing == "unsure" else self.at.nameless
        live = job.current.live()
        if full_pass is not None:
            self._unsure = job.current.last_met_before(since)
            live -= self._write_tombstones(full_pass, since)
        unmet = full and missing != "unsure"
        withdrawn = job.current.rejections_missing(self.at.reading) if unmet else []
        self._write_refused([], withdrawn)
        before = job.progress()
        manifest = self._manifest()
        after = after_load(before, manifest, live=live)
        landed = bool(manifest.parts or manifest.rejected_parts)
        if landed:
            write_manifest(job.load_folder(manifest.load_id), manifest)
        else:
            after = replace(after, load_id=before.load_id)
        news = job.log.move(job.source.name, job.stream.name, after, self.at.drift, self._figures())
        job.current.finish(full_pass=full_pass, since=since, withdrawn=withdrawn)
        done = self.result(manifest.load_id if landed else None, after.watermark)
        return replace(done, drift=tuple(map(str, news)))

    def _figures(self) -> Read:
        at = self.at
        landed = at.rows - self._tombstones
        extracted = landed + at.duplicates + at.rejected
        return Read(extracted, landed, at.duplicates, at.rejected, at.deletes)

    def abandon(self) -> None:
        """Leave landing as it was before this load."""
        self._forget_pending()
        self._job.current.rebuild()  # forgets the checkpoint, which names the parts
        shutil.rmtree(self._job.load_folder(self.at.load_id), ignore_errors=True)

    def _write_tombstones(self, full_pass: int, since: int) -> int:
        now = self._job.clock.now()
        missing = self._job.current.missing(full_pass, since)
        gone = (Fetched(tombstone(rid), now) for rid in missing)
        while some := list(islice(gone, _TOMBSTONES_PER_PART)):
            self._write(some)
            self._tombstones += len(some)
        return self._tombstones

    def _manifest(self) -> Manifest:
        at, job = self.at, self._job
        return Manifest(
            source=job.source.name,
            system=job.source.system,
            stream=job.stream.name,
            load_id=at.load_id,
            mode=at.mode,
            since=at.since,
            started_at=at.started_at,
            finished_at=as_text(job.clock.now()),
            pages=at.pages,
            rows=at.rows,
            upserts=at.upserts,
            deletes=at.deletes,
            duplicates=at.duplicates,
            rejected=at.rejected_rows,
            server_total=at.server_total,
            cursor_from=at.cursor_from,
            cursor_to=at.cursor_to,
            parts=at.parts,
            rejected_parts=at.rejected_parts,
            drift=at.drift,
            until=at.until,
            unsure=self._unsure > 0,
        )

    def result(self, load_id: str | None, watermark: str | None = None) -> LoadResult:
        """The figures so far."""
        at = self.at
        return LoadResult(
            source=self._job.source.name,
            stream=self._job.stream.name,
            load_id=load_id,
            rows=at.rows,
            upserts=at.upserts,
            deletes=at.deletes,
            duplicates=at.duplicates,
            rejected=at.rejected,
            pages=at.pages,
            server_total=at.server_total,
            seconds=time.perf_counter() - self._started,
            watermark=watermark,
            unsure=self._unsure,
        )


def _is_news(record: Accepted, landed: bytes | None) -> bool:
    """Whether a record says other than the version in force, whose hash is `landed`."""
    return landed is not None if record.op == "delete" else landed != record.digest
