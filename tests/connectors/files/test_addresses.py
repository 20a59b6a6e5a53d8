"""Files at an address land as those of a folder do; only what changed is fetched again.

Over archives and fsspec's memory here; over S3, SFTP and HTTPS in tests/peers/test_addresses.py.
"""

import datetime as dt
import zipfile
from contextlib import suppress
from unittest import mock

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem
from fsspec.implementations.zip import ZipFileSystem

from connectors.check import check
from connectors.files.drivers import _arguments, told
from connectors.files.settings import FilesSource
from connectors.registry import systems
from stamm.clock import ManualClock
from stamm.errors import (
    ContractBroken,
    CredentialsRefused,
    InputError,
    SettingsError,
    StammError,
    Unreachable,
    UsageError,
)
from stamm.redaction import redact
from stamm.settings import load_settings
from tests.peers.landed import Source

NOON = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
SETTINGS = {"format": "csv", "key": ["Nr"], "map": {"full_name": "Name"}}


def a_source(tmp_path, path, **changed):
    return Source(
        tmp_path / "run", "files", ManualClock(NOON), path=path, **{**SETTINGS, **changed}
    )


def table(*names):
    return "Nr;Name\n" + "".join(f"{name};{name}\n" for name in names)


def archive(path, **files):
    with zipfile.ZipFile(path, "w") as file:
        for name, text in files.items():
            file.writestr(f"{name}.csv", text)


def names(source):
    return {record["full_name"] for record in source.records("parties").values()}


@pytest.fixture
def memory():
    fs = fsspec.filesystem("memory")
    fs.rm("/", recursive=True) if fs.ls("/") else None
    yield fs
    fs.rm("/", recursive=True) if fs.ls("/") else None


def counted(fs):
    return mock.patch.object(fs, "get_file", autospec=True, side_effect=fs.get_file)


def test_of_an_archive_only_the_file_that_changed_is_taken_out_again(tmp_path):
    path = tmp_path / "a.zip"
    archive(path, a=table("Anna", "Arno"), b=table("Bea"), c=table("Cem"))
    source = a_source(tmp_path, f"zip://*.csv::{path}")
    with counted(ZipFileSystem) as taken:
        assert source.read_one("parties").upserts == 4
        assert taken.call_count == 3
    with counted(ZipFileSystem) as taken:
        assert source.read_one("parties").rows == 0
        assert taken.call_count == 0
    archive(path, a=table("Anna", "Arno"), b=table("Ben"))
    with counted(ZipFileSystem) as taken:
        result = source.read_one("parties")
        assert (result.upserts, result.deletes) == (1, 2)
        assert [call.args[1] for call in taken.call_args_list] == ["b.csv"]
    assert names(source) == {"Anna", "Arno", "Ben"}
    folder = source.landing.root / "peer" / "parties" / "copies"
    assert sorted(copy.name for copy in folder.glob("*/*")) == ["a.csv", "b.csv"]


def test_a_folder_gives_the_files_of_its_format_and_a_path_gives_one(tmp_path, memory):
    memory.pipe({"/in/b.csv": table("Bea").encode(), "/in/a.CSV": table("Anna").encode()})
    memory.pipe({"/in/notes.md": b"x", "/in/below/c.csv": table("Cem").encode()})
    folder = a_source(tmp_path / "1", "memory://in")
    folder.read_one("parties")
    assert names(folder) == {"Anna", "Bea"}
    one = a_source(tmp_path / "2", "memory://in/b.csv")
    one.read_one("parties")
    assert names(one) == {"Bea"}


def test_a_file_that_grows_while_it_is_fetched_is_fetched_again_and_never_lands_in_part(
    tmp_path, memory
):
    memory.pipe("/in/a.csv", table("Anna").encode())
    source = a_source(tmp_path, "memory://in")
    fetch, grown = MemoryFileSystem.get_file, []

    def growing(fs, path, local, **options):
        fetch(fs, path, local, **options)
        if not grown:
            grown.append(path)
            memory.pipe("/in/a.csv", table("Anna", "Arno").encode())

    with mock.patch.object(MemoryFileSystem, "get_file", growing):
        assert source.read_one("parties").upserts == 2
    assert names(source) == {"Anna", "Arno"}


def test_a_file_that_never_holds_still_ends_the_read_and_the_next_one_finds_all(tmp_path, memory):
    people = ["Anna"]
    memory.pipe("/in/a.csv", table(*people).encode())
    source = a_source(tmp_path, "memory://in")
    fetch = MemoryFileSystem.get_file

    def growing(fs, path, local, **options):
        fetch(fs, path, local, **options)
        people.append(f"P{len(people)}")
        memory.pipe("/in/a.csv", table(*people).encode())

    with mock.patch.object(MemoryFileSystem, "get_file", growing):
        with pytest.raises(ContractBroken, match="a.csv: expected a file that holds still"):
            source.read_one("parties")
    assert names(source) == set()
    source.read_one("parties")
    assert names(source) == set(people)


def test_a_fetch_that_is_killed_leaves_no_copy_that_counts(tmp_path):
    path = tmp_path / "a.zip"
    archive(path, a=table("Anna"), b=table("Bea"))
    source = a_source(tmp_path, f"zip://*.csv::{path}")
    fetch = ZipFileSystem.get_file

    def killed(fs, name, local, **options):
        fetch(fs, name, local, **options)
        if name == "b.csv":
            raise KeyboardInterrupt

    with mock.patch.object(ZipFileSystem, "get_file", killed), pytest.raises(KeyboardInterrupt):
        source.read_one("parties")
    with counted(ZipFileSystem) as taken:
        source.read_one("parties")
        assert [call.args[1] for call in taken.call_args_list] == ["b.csv"]
    assert names(source) == {"Anna", "Bea"}


def test_a_local_file_that_grows_while_it_is_read_ends_the_read_and_the_next_one_finds_all(
    tmp_path, monkeypatch
):
    monkeypatch.setattr("connectors.files.reader._PAGE", 1)
    path = tmp_path / "a.csv"
    path.write_text(table("Anna", "Arno", "Axel"))
    source = a_source(tmp_path, path)
    from connectors.loading import OpenLoad

    take = OpenLoad.take

    def growing(load, page):
        take(load, page)
        path.write_text(table("Anna", "Arno", "Axel", "Abel"))

    with mock.patch.object(OpenLoad, "take", growing):
        with pytest.raises(ContractBroken, match="the files changed while they were read"):
            source.read_one("parties")
    assert names(source) == set()
    source.read_one("parties")
    assert names(source) == {"Anna", "Arno", "Axel", "Abel"}


def test_check_asks_and_fetches_nothing(tmp_path):
    path = tmp_path / "a.zip"
    archive(path, a=table("Anna"))
    source = a_source(tmp_path, f"zip://*.csv::{path}")
    with counted(ZipFileSystem) as taken:
        store, root = source.landing.store, source.landing.root
        assert check(source.settings, store, root, ManualClock(NOON)).ok
        assert taken.call_count == 0


@pytest.mark.parametrize(
    ("failure", "expected", "message"),
    [
        (PermissionError("no"), CredentialsRefused, "expected the credentials to be accepted"),
        (FileNotFoundError("x"), InputError, "expected a file or folder, found none"),
        (TimeoutError("late"), Unreachable, "found none: TimeoutError: late"),
        (TypeError("unexpected keyword 'kez'"), UsageError, "options: expected what its driver"),
    ],
)
def test_what_a_driver_raises_becomes_an_error_of_ours(
    tmp_path, memory, failure, expected, message
):
    memory.pipe("/in/a.csv", table("Anna").encode())
    with mock.patch.object(MemoryFileSystem, "ls", side_effect=failure):
        with pytest.raises(expected, match=message):
            a_source(tmp_path, "memory://in").read_one("parties")


def test_a_driver_that_is_not_installed_is_named_with_the_extra_that_brings_it(tmp_path):
    with mock.patch.dict("sys.modules", {"adlfs": None}), pytest.raises(UsageError) as caught:
        a_source(tmp_path, "abfs://kunden/a.csv").read_one("parties")
    assert str(caught.value) == (
        "sources.peer.path: expected the driver for abfs:// to be installed, found ImportError: "
        "Install adlfs to access Azure Datalake Gen2 and Azure Blob Storage\n"
        "  `pip install 'stamm[azure]'` (with uv: `uv sync --all-extras`)."
    )


def loaded(tmp_path, **settings):
    import yaml

    file = tmp_path / "stamm.yaml"
    raw = {"system": "files", **SETTINGS, **settings}
    file.write_text(yaml.safe_dump({"sources": {"crm": raw}}), encoding="utf-8")
    known = {name: system.settings for name, system in systems().items()}
    return load_settings(file, known).sources["crm"]


@pytest.mark.parametrize(
    ("settings", "mistake"),
    [
        (
            {"path": "s3://b", "options": {"secret": "hunter2-hunter2"}},
            "options: expected ${ENV_NAME} for secret, found a value written out (not shown)",
        ),
        (
            {"path": "s3://b", "options": {"secret": "${NOT_SET_ANYWHERE}"}},
            "options.secret: expected the environment variable NOT_SET_ANYWHERE to be set",
        ),
        (
            {"path": "s3://b", "options": {"endpoint_url": "http://s3.example"}},
            "options: expected endpoint_url to begin with https",
        ),
        ({"path": "http://a.example/k.csv"}, "path: expected an address with encryption"),
        ({"path": "ftp://a.example/k.csv"}, "path: expected an address with encryption"),
        ({"path": "sftp://u:hunter2-hunter2@h/k.csv"}, "path: expected an address without passw"),
        ({"path": "s4://b/k.csv"}, "found s4:// – did you mean 's3'"),
        ({"path": "file:///k.csv"}, "path: expected the path itself, without file://"),
    ],
)
def test_a_wrong_address_is_one_mistake_that_tells_no_secret(tmp_path, settings, mistake):
    with pytest.raises(SettingsError) as wrong:
        loaded(tmp_path, **settings)
    assert mistake in str(wrong.value)
    assert len(wrong.value.mistakes) == 1
    assert "hunter2" not in str(wrong.value)


def test_a_secret_among_the_options_comes_from_the_environment_and_is_never_shown(
    tmp_path, monkeypatch
):
    monkeypatch.setenv("CRM_SECRET", "hunter2-hunter2")
    options = {"secret": "${CRM_SECRET}", "endpoint_url": "https://s3.example", "anon": False}
    found = loaded(tmp_path, path="s3://b/*.csv", options=options)
    assert found.options["secret"].get_secret_value() == "hunter2-hunter2"
    assert found.options["endpoint_url"] == "https://s3.example"
    assert "hunter2" not in repr(found)
    assert "hunter2" not in found.model_dump_json()
    assert redact("says hunter2-hunter2") == "says [redacted]"


def test_an_archive_beside_the_settings_is_found(tmp_path):
    found = loaded(tmp_path, path="zip://*.csv::in/a.zip")
    assert found.path == f"zip://*.csv::{tmp_path}/in/a.zip"


@pytest.mark.parametrize("scheme", ["https", "abfs"])
def test_the_signature_of_an_address_is_a_secret_however_a_driver_spells_it(scheme):
    source = FilesSource.model_validate({
        "name": "s", "system": "files", **SETTINGS,
        "path": f"{scheme}://h.example/c/a.csv?sv=2024-11-04&sig=AbC%2B1/long-enough%3D%3D",
    })  # fmt: skip
    with suppress(StammError), told(source):
        _arguments(source, scheme)
    for spelled in (
        "AbC%2B1%2Flong-enough%3D%3D",
        "AbC+1/long-enough==",
        "AbC%2B1/long-enough%3D%3D",
    ):
        assert "long-enough" not in redact(f"403, url='https://h.example/c/a.csv?sig={spelled}'")


def test_a_file_that_unpacks_to_more_than_the_disk_holds_is_not_fetched(tmp_path):
    """Ten kilobytes of archive that state a terabyte fill the disk of whoever believes them."""
    archive(tmp_path / "a.zip", one=table("Anna"))
    source = a_source(tmp_path, f"zip://*.csv::{tmp_path}/a.zip")
    info = ZipFileSystem.info
    large = lambda fs, path, **more: {**info(fs, path, **more), "size": 1 << 50}  # noqa: E731
    with (
        mock.patch.object(ZipFileSystem, "info", large),
        pytest.raises(InputError, match="expected room for 1,125,899,906,842,624 bytes"),
    ):
        source.read_one("parties")
