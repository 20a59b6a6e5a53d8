"""A card's values are hashed as DuckDB hashes them, however often a form of question was asked."""

from hypothesis import given, settings
from hypothesis import strategies as st

from dedupe.lookup.hashing import _MOST, Hasher
from stamm.duck import in_memory

TEXTS = st.lists(st.text(max_size=20), min_size=1, max_size=6)
hasher, duck = Hasher(), in_memory()


def by_duckdb(expressions, texts):
    return list(duck.execute(f"select {', '.join(expressions)}", texts).fetchall()[0])


@settings(max_examples=100)
@given(st.lists(TEXTS, min_size=1, max_size=5))
def test_hashes_are_those_of_bound_values(keys):
    expressions = [
        f"hash({place}, hash({', '.join('?' * len(texts))}))" for place, texts in enumerate(keys)
    ]
    texts = [text for key in keys for text in key]
    for _ in range(2):  # planned, and planned already
        assert hasher.hashes(expressions, texts) == by_duckdb(expressions, texts)


def test_forms_that_were_let_go_are_planned_again():
    few = Hasher()
    for place in [*range(_MOST + 2), 0]:
        assert few.hashes([f"hash({place}, hash(?))"], ["o'Hara"]) == by_duckdb(
            [f"hash({place}, hash(?))"], ["o'Hara"]
        )
    assert len(few._planned) < 10
