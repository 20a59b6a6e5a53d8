"""S3, SFTP and HTTPS, real servers: landing holds what their files hold, after every change."""

from __future__ import annotations

import multiprocessing
import os
import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from pydantic import SecretStr

from connectors.files.drivers import opened
from connectors.files.settings import FilesSource
from stamm.errors import CredentialsRefused, InputError, StammError, Unreachable
from tests.peers.file_servers import (
    BUCKET,
    S3,
    USER,
    Served,
    https_running,
    s3_running,
    sftp_running,
)
from tests.peers.landed import Source
from tests.peers.serving import free_port

pytestmark = [pytest.mark.peer, pytest.mark.addresses, pytest.mark.timeout(600)]

KINDS = ("s3", "sftp", "https")


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3]:
    with s3_running(tmp_path_factory.mktemp("s3")) as server:
        yield server


@pytest.fixture(scope="module")
def sftp() -> Iterator[Served]:
    with sftp_running() as server:
        yield server


@pytest.fixture(scope="module")
def https() -> Iterator[Served]:
    with https_running() as server:
        yield server


def reached(kind: str, server: Any, place: str) -> dict[str, Any]:
    """The settings that reach a place on a server."""
    if kind == "s3":
        account = {"key": SecretStr(USER), "secret": SecretStr(server.secret)}
        options = {"endpoint_url": f"http://127.0.0.1:{server.port}", **account}
        return {"path": f"s3://{BUCKET}/{place}", "options": options, "insecure": True}
    if kind == "sftp":
        key = {"key_filename": str(server.folder / "key"), "passphrase": SecretStr(server.secret)}
        path = f"sftp://root@127.0.0.1:{server.port}{server.www}/{place}"
        options = {**key, "allow_agent": False, "look_for_keys": False}
        return {"path": path, "options": options, "known_hosts": server.known_hosts}
    account = {"username": USER, "password": SecretStr(server.secret)}
    path = f"https://127.0.0.1:{server.port}/{place}"
    return {"path": path, "options": account, "ca_file": server.certificate}


def a_source(tmp_path: Path, **settings: Any) -> Source:
    table = {"format": "csv", "key": ["Nr"], "map": {"full_name": "Name"}}
    return Source(tmp_path / "run", "files", **{**table, **settings})


def table(*names: str) -> bytes:
    return ("Nr;Name\n" + "".join(f"{name};{name}\n" for name in names)).encode("cp1252")


def names(source: Source) -> set[str]:
    return {record["full_name"] for record in source.records("parties").values()}


@contextmanager
def counted() -> Iterator[list[str]]:
    """The files that are fetched in the block."""
    fetched: list[str] = []

    def watched(source: FilesSource) -> tuple[Any, str]:
        fs, root = opened(source)
        fetch = fs.get_file

        def get_file(path: str, local: str) -> None:
            fetched.append(path)
            fetch(path, local)

        fs.get_file = get_file
        return fs, root

    with mock.patch("connectors.files.places.opened", watched):
        yield fetched


@pytest.mark.parametrize("pattern", ["*.csv", ""])
@pytest.mark.parametrize("kind", KINDS)
def test_what_comes_changes_and_goes_is_landed_and_only_that_is_fetched(
    kind: str, pattern: str, tmp_path: Path, request: pytest.FixtureRequest
):
    server = request.getfixturevalue(kind)
    place = f"in{len(pattern)}/"
    server.put(f"{place}a.csv", table("Änne", "Arno"))
    server.put(f"{place}b ü.csv", table("Bea"))
    server.put(f"{place}notes.md", b"x")
    server.put(f"{place}c.csv", table("Cem"))
    source = a_source(tmp_path, **reached(kind, server, place + pattern))
    with counted() as fetched:
        assert source.read_one("parties").upserts == 4
        assert len(fetched) == 3
    assert names(source) == {"Änne", "Arno", "Bea", "Cem"}

    with counted() as fetched:
        assert source.read_one("parties").rows == 0
        assert len(fetched) == 0

    server.put(f"{place}b ü.csv", table("Ben"))
    server.delete(f"{place}c.csv")
    with counted() as fetched:
        result = source.read_one("parties")
        assert (result.upserts, result.deletes, len(fetched)) == (1, 2, 1)
    assert names(source) == {"Änne", "Arno", "Ben"}
    told = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert not [path for path in told if server.secret.encode() in path.read_bytes()]


@pytest.mark.parametrize("kind", KINDS)
def test_one_file_that_is_not_there_is_said_to_be_missing(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
):
    settings = reached(kind, request.getfixturevalue(kind), "nowhere/k.csv")
    with pytest.raises(InputError, match="expected a file or folder, found none"):
        a_source(tmp_path, **settings).read_one("parties")


@pytest.mark.parametrize("kind", KINDS)
def test_a_wrong_secret_is_said_to_be_refused_and_not_shown(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
):
    server = request.getfixturevalue(kind)
    server.put("in/a.csv", table("Anna"))
    settings = reached(kind, server, "in/a.csv")
    name = {"s3": "secret", "sftp": "passphrase", "https": "password"}[kind]
    settings["options"][name] = SecretStr("falsch-falsch")
    with pytest.raises(CredentialsRefused) as caught:
        a_source(tmp_path, **settings).read_one("parties")
    assert "sources.peer.options" in caught.value.hint
    assert "falsch" not in str(caught.value)


@pytest.mark.parametrize("kind", KINDS)
def test_a_server_that_is_down_is_unreachable(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
):
    settings = reached(kind, request.getfixturevalue(kind), "in/a.csv")
    port, closed = request.getfixturevalue(kind).port, free_port()
    settings["path"] = settings["path"].replace(str(port), str(closed))
    if kind == "s3":
        settings["options"]["endpoint_url"] = f"http://127.0.0.1:{closed}"
    with pytest.raises(Unreachable, match="expected an answer, found none"):
        a_source(tmp_path, **settings).read_one("parties")


@pytest.mark.parametrize("kind", KINDS)
def test_a_large_file_lands_whole_and_needs_no_memory_of_its_size(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
):
    server = request.getfixturevalue(kind)
    upserts, grown = read_elsewhere(tmp_path, kind, server)
    assert upserts == [1, 5_000]
    assert grown < 60_000, f"{grown} kB"


def test_answers_that_overtake_the_requests_for_the_next_blocks_are_not_kept(
    sftp: Served, tmp_path: Path
):
    """As on a busy machine, where the thread that asks ahead waits for its turn."""
    upserts, grown = read_elsewhere(tmp_path, "sftp", sftp, ask_slowly)
    assert upserts == [1, 5_000]
    assert grown < 60_000, f"{grown} kB"


@contextmanager
def changed_under_way(change: Callable[[], None], *, after: int) -> Iterator[None]:
    """When so many blocks of a file are read, its size being known."""
    import paramiko

    read, reads = paramiko.SFTPFile.readv, iter(range(100_000))

    def readv(file: Any, blocks: Any) -> Any:
        for asked in [[block] for block in blocks] if after else [blocks]:
            if next(reads) == after:
                change()
            yield from read(file, asked)

    with mock.patch.object(paramiko.SFTPFile, "readv", readv):
        yield


def test_a_file_that_becomes_shorter_while_it_is_fetched_is_fetched_again(
    sftp: Served, tmp_path: Path
):
    sftp.put("shorter/k.csv", table(*(str(number) for number in range(50_000))))
    kept = table(*(str(number) for number in range(5_000)))
    source = a_source(tmp_path, **reached("sftp", sftp, "shorter/k.csv"))
    shorten = partial(os.truncate, sftp.www / "shorter/k.csv", len(kept))
    with changed_under_way(shorten, after=0):
        assert source.read_one("parties").upserts == 5_000


def test_a_file_that_is_replaced_while_it_is_fetched_is_never_half_of_each(
    sftp: Served, tmp_path: Path
):
    """By one of equal size, just now: nothing that the server tells of them differs."""
    one, other = (table(*[f"{letter}{n:07}" for n in range(600_000)]) for letter in "ab")
    sftp.put("torn/k.csv", one)
    source = a_source(tmp_path, **reached("sftp", sftp, "torn/k.csv"))
    moment = (sftp.www / "torn/k.csv").stat().st_mtime

    def replace() -> None:
        sftp.put("torn/k.csv", other)
        os.utime(sftp.www / "torn/k.csv", (moment, moment))

    with changed_under_way(replace, after=200):
        assert source.read_one("parties").upserts == 600_000
    assert len({name[0] for name in names(source)}) == 1


def ask_slowly() -> None:
    import paramiko

    ask = paramiko.SFTPClient._async_request

    def slowly(client: Any, asking: Any, *request: Any) -> int:
        if isinstance(asking, paramiko.SFTPFile):  # only what is asked ahead is of a file
            time.sleep(0.001)
        return ask(client, asking, *request)

    paramiko.SFTPClient._async_request = slowly


def read_elsewhere(
    folder: Path, kind: str, server: Any, prepare: Callable[[], None] | None = None
) -> tuple[list[int], int]:
    """`read_in_turn` of a small and a large file (100 MB), in a process of its own."""
    filler = "x" * 20_000
    rows = "".join(f"{number};{number};{filler}\n" for number in range(5_000))
    server.put("large/k.csv", f"Nr;Name;Rest\n{rows}".encode())
    server.put("small/k.csv", table("Anna"))
    files = [reached(kind, server, place) for place in ("small/k.csv", "large/k.csv")]
    process = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), initializer=prepare)
    with process as another:
        found = another.submit(read_in_turn, folder, files).result()
    server.delete("large/k.csv")
    return found


def read_in_turn(folder: Path, files: list[dict[str, Any]]) -> tuple[list[int], int]:
    """Upserts of each, and by how many kB the peak of this process grew after the first."""
    upserts, peaks = [], []
    for number, settings in enumerate(files):
        upserts.append(a_source(folder / str(number), **settings).read_one("parties").upserts)
        told = Path("/proc/self/status").read_text()  # rusage would count who started this one
        peaks.append(int(re.search(r"VmHWM:\s+(\d+) kB", told)[1]))
    return upserts, peaks[-1] - peaks[0]


def test_a_host_whose_key_is_not_known_or_another_one_gets_no_password(
    sftp: Served, tmp_path: Path
):
    sftp.put("in/a.csv", table("Anna"))
    settings = reached("sftp", sftp, "in/a.csv")
    nobody = tmp_path / "nobody"
    with pytest.raises(Unreachable, match="ed25519 key in nobody, found none"):
        a_source(tmp_path / "1", **{**settings, "known_hosts": nobody}).read_one("parties")
    other = (sftp.folder / "key.pub").read_text().split()[:2]
    nobody.write_text(f"[127.0.0.1]:{sftp.port} {' '.join(other)}\n")
    with pytest.raises(Unreachable, match="found another one"):
        a_source(tmp_path / "2", **{**settings, "known_hosts": nobody}).read_one("parties")


def test_a_certificate_of_an_authority_that_nobody_named_is_not_trusted(
    https: Served, tmp_path: Path
):
    https.put("in/a.csv", table("Anna"))
    settings = {**reached("https", https, "in/a.csv"), "ca_file": None}
    with pytest.raises(Unreachable, match="(?i)certificate"):
        a_source(tmp_path, **settings).read_one("parties")


def test_a_link_to_another_host_is_not_followed(https: Served, tmp_path: Path):
    with pytest.raises(StammError, match="points to another host: localhost; not followed"):
        a_source(tmp_path, **reached("https", https, "away/a.csv")).read_one("parties")


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_in_an_archive_on_a_server_is_read(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
):
    import io
    import zipfile

    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("kunden.csv", table("Änne"))
    server = request.getfixturevalue(kind)
    server.put("a.zip", held.getvalue())
    settings = reached(kind, server, "a.zip")
    source = a_source(tmp_path, **{**settings, "path": f"zip://*.csv::{settings['path']}"})
    source.read_one("parties")
    assert names(source) == {"Änne"}
