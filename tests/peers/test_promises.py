"""What every connector promises, held against each real system in turn.

Requests are counted where the server gets them; what is landed is held against what the server
itself holds. docs/connectors/promises.md says which test shows which promise.
"""

from __future__ import annotations

import base64
import logging
import random
import threading
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from connectors.check import check
from connectors.extract import Stretch, extract_with, opened
from connectors.landing import manifests, stream_folder
from connectors.loading import OpenLoad
from connectors.progress import ProgressLog, Read
from stamm.clock import ManualClock, SystemClock
from stamm.errors import CredentialsRefused, SourceError, UsageError
from tests.peers.extracting import PAGES, PAUSE, checkpoint, kill_after, reading
from tests.peers.landed import Source
from tests.peers.peer import Change, Peer
from tests.peers.seeded import PEERS, RECORDS

pytestmark = [pytest.mark.peer, pytest.mark.timeout(600)]
KILLS, KILLS_AT_MOST = 2, 12  # more only while no kill came after a checkpoint
PLANTED = "5a7769747363686572626163683767656865696d"  # hexadecimal, as Ghost wants it
# Whose servers keep a connection open as they come; promises.md tells why the others do not.
KEPT_OPEN = ("roundup", "vendure", "ghost", "imap")
A_STRETCH = Stretch(datetime.now(UTC) - timedelta(days=1), datetime.now(UTC) + timedelta(days=1))
numbers = count(7001)


@pytest.fixture(
    scope="module", params=[pytest.param(name, marks=getattr(pytest.mark, name)) for name in PEERS]
)
def peer(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Peer]:
    with PEERS[request.param](tmp_path_factory.mktemp(request.param)) as running:
        yield running


def another() -> str:
    return f"Muster {next(numbers)}"


def read(peer: Peer, source: Source) -> Any:
    return source.landing.extract(source.settings, peer.small(source))


def modes(peer: Peer, source: Source) -> list[str]:
    folder = stream_folder(source.landing.root, source.settings.name, peer.stream)
    return [manifest.mode for manifest in manifests(folder)]


def test_killed_anywhere_it_goes_on_behind_what_is_committed(peer: Peer, tmp_path: Path):
    job = (peer.system, peer.settings, peer.stream, tmp_path)
    start = len(peer.pages())
    committed: list[str] = []
    for kills in range(KILLS_AT_MOST):
        if kills >= KILLS and committed:
            break
        begun = len(peer.pages())
        kill_after(reading(*job, PAUSE), peer.pages, begun + random.randint(PAGES + 1, 2 * PAGES))
        assert not set(committed) & set(peer.pages()[begun:])
        at = checkpoint(peer.stream, tmp_path)
        committed = list(dict.fromkeys(peer.pages()[start:]))[: at.pages if at else 0]
    assert committed, "each time it was killed before anything was committed"
    begun = len(peer.pages())
    assert reading(*job).wait() == 0
    assert not set(committed) & set(peer.pages()[begun:])

    undisturbed, begun = peer.source(tmp_path / "undisturbed"), len(peer.pages())
    read(peer, undisturbed)
    assert peer.pages()[begun:] == list(dict.fromkeys(peer.pages()[start:begun]))  # all are seen
    source = peer.source(tmp_path)
    assert source.records(peer.stream) == undisturbed.records(peer.stream)
    assert peer.landed(source) == peer.held()
    [load] = manifests(stream_folder(tmp_path / "landing", "peer", peer.stream))
    assert load.upserts == len(peer.held()) >= RECORDS


def test_edits_while_it_is_read_lose_nothing(
    peer: Peer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    source, keys = peer.source(tmp_path, SystemClock()), peer.seeded()
    edits = Change({k: another() for k in (keys[1], keys[-2])}, (keys[0], keys[-1]), (another(),))
    stays = set(peer.held()) - set(edits.deleted)
    if peer.system == "imap":  # where an edited message is another one
        stays -= set(edits.edited)
    editing, taken, take = (
        threading.Thread(target=peer.change, args=(edits,)),
        count(1),
        OpenLoad.take,
    )

    def while_it_edits(load: OpenLoad, page: Any) -> None:
        number = next(taken)
        if number == 2:
            editing.start()
        if number == 8:
            editing.join()
        take(load, page)

    with monkeypatch.context() as patched:
        patched.setattr(OpenLoad, "take", while_it_edits)
        read(peer, source)
    assert stays <= set(peer.landed(source))
    read(peer, source)
    assert peer.landed(source) == peer.held()


@pytest.mark.parametrize("minutes", [-10, 10])
def test_with_a_clock_that_is_ten_minutes_off_nothing_is_lost_or_buried(
    peer: Peer, tmp_path: Path, minutes: int
):
    clock = ManualClock(datetime.now(UTC) + timedelta(minutes=minutes))
    source, keys = peer.source(tmp_path, clock), peer.seeded()
    read(peer, source)
    peer.change(Change({keys[2]: another()}, (), (another(),)))
    changed = read(peer, source)
    assert peer.landed(source) == peer.held()
    if peer.system != "imap":  # where an edited message is another one
        assert (changed.upserts, changed.deletes) == (2, 0)
    if source.system.stream(peer.stream).incremental and peer.system != "imap":
        assert modes(peer, source) == ["full", "incremental"]
    peer.change(Change({}, (keys[3],)))
    assert read(peer, source).deletes == 1
    assert peer.landed(source) == peer.held()
    assert read(peer, source).rows == 0


def test_a_check_counts_what_the_server_counts_and_says_what_became_of_it(
    peer: Peer, tmp_path: Path
):
    clock = ManualClock(datetime.now(UTC))
    source, number = peer.source(tmp_path, clock), len(peer.held())
    read(peer, source)
    clock.sleep(60)
    health = check(source.settings, source.landing.store, source.landing.root, clock)
    named = f"peer.{peer.stream}: "
    assert not any(found.problem.startswith(named) for found in health.problems)
    [told] = [one for one in health.streams if one.stream == peer.stream]
    assert (told.server_total, told.landed, told.lag) == (number, number, timedelta(seconds=60))
    assert_figures(told.read, met=number, landed=number, deleted=0)
    peer.change(Change({}, (peer.seeded()[4],)))
    read(peer, source)
    health = check(source.settings, source.landing.store, source.landing.root, clock)
    [told] = [one for one in health.streams if one.stream == peer.stream]
    assert (told.server_total, told.landed) == (number - 1, number - 1)
    assert_figures(told.read, met=number - 1, landed=0, deleted=1)


def assert_figures(read: Read | None, *, met: int, landed: int, deleted: int) -> None:
    """Pages that overlap by a record, as some do to lose none, bring it twice."""
    assert read is not None
    assert (read.landed, read.deleted, read.quarantined) == (landed, deleted, 0)
    assert read.extracted == landed + read.duplicates >= met


def test_a_backfill_beside_a_normal_run_does_no_harm(
    peer: Peer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    source = peer.source(tmp_path, SystemClock())
    if not source.system.stream(peer.stream).incremental:  # read whole each time
        with (
            pytest.raises(UsageError, match="has no stretches"),
            opened(source.settings, SystemClock()) as reader,
        ):
            extract_with(
                reader, source.settings, peer.small(source), landing_root=source.landing.root,
                store=source.landing.store, clock=SystemClock(), stretch=A_STRETCH,
            )  # fmt: skip
        return
    read(peer, source)
    before = ProgressLog(source.landing.store).of("peer", peer.stream)
    peer.change(Change({peer.seeded()[5]: another()}, (), (another(),)))
    take, refused = OpenLoad.take, []

    def beside(load: OpenLoad, page: Any) -> None:
        with pytest.raises(SourceError, match="another process") as told:
            read(peer, source)
        refused.append(told)
        take(load, page)

    with monkeypatch.context() as patched, opened(source.settings, SystemClock()) as reader:
        patched.setattr(OpenLoad, "take", beside)
        done = extract_with(
            reader, source.settings, peer.small(source), landing_root=source.landing.root,
            store=source.landing.store, clock=SystemClock(), stretch=A_STRETCH,
        )  # fmt: skip
    assert (done.upserts, done.deletes) == (2, 0)
    assert refused
    after = ProgressLog(source.landing.store).of("peer", peer.stream)
    assert (after.watermark, after.full_read_at) == (before.watermark, before.full_read_at)
    assert read(peer, source).upserts == 0
    assert peer.landed(source) == peer.held()


def test_secrets_stand_in_no_log_error_or_landed_file(
    peer: Peer, tmp_path: Path, caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
):  # fmt: skip
    caplog.set_level(logging.DEBUG)
    key = f"{PLANTED[:24]}:{PLANTED}{PLANTED[:24]}"
    planted = key if peer.system == "ghost" else PLANTED
    read(peer, peer.source(tmp_path / "right"))
    with pytest.raises(CredentialsRefused) as refused:
        read(peer, peer.source(tmp_path / "wrong", **{peer.secret: planted}))
    told = (
        "".join(traceback.format_exception(refused.value))
        + caplog.text
        + "".join(capfd.readouterr())
    )
    files = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    user = str(peer.settings.get("username", ""))
    for secret in (planted, str(peer.settings[peer.secret])):
        for form in (secret, base64.b64encode(f"{user}:{secret}".encode()).decode()):
            assert form not in told, "a secret was told"
            assert not any(form.encode() in file for file in files), "a secret was landed"


@pytest.mark.parametrize(
    "peer",
    [pytest.param(name, marks=getattr(pytest.mark, name)) for name in KEPT_OPEN],
    indirect=True,
)
def test_one_connection_serves_a_whole_read(peer: Peer, tmp_path: Path):
    wire = peer.wire
    assert wire is not None
    wire.sent.clear()
    assert read(peer, peer.source(tmp_path)).pages > 10
    assert wire.connections == 1
