"""Runs over every declaration: a connector that stands in `connectors/` keeps all of this."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from connectors.pages import FOLDER, OVERVIEW, overview, page, stale
from connectors.registry import systems
from connectors.schema import declared_fields
from connectors.source import Stream, System, Window

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
# Their records are the user's own: what they hold is said in stamm.yaml.
WITHOUT_SCHEMA = {"files", "database"}
STREAMS = [
    pytest.param(system, stream, id=f"{system.name}.{stream.name}")
    for system in systems().values()
    for stream in system.streams
]
DECLARED = [p for p in STREAMS if p.values[0].name not in WITHOUT_SCHEMA]
PAGED = [p for p in STREAMS if hasattr(p.values[1].paginate, "first")]


@pytest.mark.parametrize(("system", "stream"), DECLARED)
def test_key_cursor_and_mandatory_fields_stand_in_its_schema(system: System, stream: Stream):
    schema = declared_fields(system.name)[stream.name]
    named = [*stream.primary_key, *stream.mandatory]
    named += [stream.cursor.field] if stream.cursor else []
    named += [name.partition(".")[0] for group in stream.field_groups for name in group.fields]
    assert set(named) <= set(schema)
    assert not any(schema[name].optional for name in (*stream.primary_key, *stream.mandatory))


@pytest.mark.parametrize("system", systems().values(), ids=systems().keys())
def test_no_schema_is_left_of_a_stream_that_is_gone(system: System):
    assert set(declared_fields(system.name)) <= {stream.name for stream in system.streams}


@pytest.mark.parametrize(("system", "stream"), STREAMS)
def test_purpose_legal_basis_and_retention_are_named(system: System, stream: Stream):
    for basis in (stream.basis, *(group.basis for group in stream.field_groups)):
        assert re.fullmatch(r"Art\. 6 \(1\) [abcf]", basis.legal_basis)
        assert basis.purpose
        assert basis.retention


@pytest.mark.parametrize(("system", "stream"), STREAMS)
def test_a_stream_with_a_cursor_is_read_early_and_swept(system: System, stream: Stream):
    if stream.cursor is None:
        return
    assert stream.cursor.lag >= timedelta(0)
    assert stream.cursor.read({}) is None
    assert stream.sweep or not stream.incremental or stream.forgets, "deletes would never be found"


@pytest.mark.parametrize(("system", "stream"), PAGED)
def test_its_first_page_is_asked_for_with_and_without_a_lower_bound(system, stream):
    whole = stream.paginate.first(stream, Window(None, NOW))
    changed = stream.paginate.first(stream, Window(NOW - timedelta(hours=1), NOW))
    assert whole.path.startswith("/")
    if stream.cursor and stream.incremental:
        assert changed != whole, "the lower bound is not asked for"
    else:
        assert changed == whole, "a stream without a cursor is read whole"


@pytest.mark.parametrize("system", systems().values(), ids=systems().keys())
def test_its_page_in_the_docs_is_what_it_declares(system: System):
    assert system.about is not None
    for said in (system.about.title, system.about.rights, system.about.limits):
        assert said
    assert system.about.verified
    assert (FOLDER / f"{system.name}.md").read_text(encoding="utf-8") == page(system)
    assert stale() == []


def test_the_overview_names_every_system_whatever_it_said_before():
    written = OVERVIEW.read_text(encoding="utf-8")
    emptied = overview({}, written)
    assert all(f"]({name}.md)" in written and f"]({name}.md)" not in emptied for name in systems())
    assert overview(systems(), emptied) == written
