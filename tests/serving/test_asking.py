"""An answer is whole unless a limit is given; an error never tells a customer's value."""

import pytest

from serving.asking import Answer, ask
from stamm.duck import in_memory
from stamm.errors import UsageError


@pytest.fixture
def con():
    with in_memory() as opened:
        opened.execute(
            "create table golden_parties as select 'Anna O''Brien' as full_name, "
            "'{Anna' as attributes, 4915112345678 as phone from range(120)"
        )
        yield opened


def test_an_answer_without_a_limit_is_whole(con):
    answer = ask(con, "select phone from golden_parties")
    assert (answer.columns, len(answer.rows), answer.cut) == (["phone"], 120, False)


@pytest.mark.parametrize(("limit", "given", "cut"), [(50, 50, True), (120, 120, False), (0, 0, 1)])
def test_a_limit_cuts_and_says_so(con, limit, given, cut):
    answer = ask(con, "from golden_parties", limit)
    assert (len(answer.rows), answer.cut) == (given, cut)


def test_a_statement_that_answers_nothing_has_no_rows(con):
    assert ask(con, "create table t (a int)") == Answer([], [])


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("cast(full_name as int)", "Conversion Error: the query failed at a value of column "
         "full_name; the value is not shown"),
        ("full_name::date", "Conversion Error: the query failed at a value"),
        ("phone::int", "of column phone"),
        ("strptime(full_name, '%d')", "Invalid Input Error: the query failed at a value"),
        ("attributes -> 'a'", "Invalid Input Error: the query failed at a value"),
        ("error(full_name)", "Invalid Input Error: the query failed at a value"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("limit", [None, 50])
def test_an_error_at_a_value_does_not_tell_the_value(con, expression, said, limit):
    with pytest.raises(UsageError) as failure:
        ask(con, f"select {expression} from golden_parties", limit)
    assert said in str(failure.value)
    assert failure.value.__cause__ is None
    for value in ("Anna", "Brien", "4915112345678"):
        assert value not in str(failure.value)


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("select nme from golden_parties", 'Referenced column "nme" not found'),
        ("from golden_party", "Table with name golden_party does not exist"),
        ("selec 1", 'syntax error at or near "selec"'),
    ],
)
def test_an_error_in_the_question_is_told_in_full(con, sql, said):
    with pytest.raises(UsageError, match=said):
        ask(con, sql)
