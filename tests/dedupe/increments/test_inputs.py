"""Whatever is edited, a record's digest changes."""

from dedupe.increments.inputs import _digest
from stamm.duck import in_memory

# One letter changed twice, eight bytes apart: DuckDB's own hash does not see it.
BEFORE = "finn|keaselbauer|finnkeaselbauer"
AFTER = "finn|kesselbauer|finnkesselbauer"


def test_an_edit_that_leaves_the_hash_as_it_was_is_seen():
    with in_memory() as con:
        con.execute("create table said (name varchar, emails varchar[])")
        con.execute("insert into said values (?, []), (?, [])", [BEFORE, AFTER])
        assert con.sql("select count(distinct hash(name)) from said").fetchone() == (1,)
        assert con.sql(f"select count(distinct {_digest(['name'])}) from said").fetchone() == (2,)


def test_nothing_and_its_name_and_lists_and_their_texts_differ():
    with in_memory() as con:
        con.execute("create table said (name varchar, emails varchar[])")
        con.execute("insert into said values (null, ['a', 'b']), ('null', ['a', 'b'])")
        con.execute("insert into said values (null, ['a']), (null, null), (null, [])")
        digests = f"select count(distinct {_digest(['name', 'emails'])}) from said"
        assert con.sql(digests).fetchone() == (5,)
