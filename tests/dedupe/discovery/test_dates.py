"""Birth dates as people and systems write them."""

import pytest

from dedupe.discovery.dates import birth_digits, is_ambiguous, is_date, month_first

SAME_DAY = [
    "1980-05-03", "1980/5/3", "19800503", "19800503.0", "1980-05-03T00:00:00Z", "03.05.1980",
    "3. 5. 1980", "03.05.80", "3. Mai 1980", "3rd May 1980", "May 3, 1980", "3 mayo 1980",
    "03-MAY-1980", "03-MAY-80", "03/May/80", "3 Mai 80", "May 3, 80", "Sa, 03.05.1980",
    "Sa.,3. Mai 1980", "Saturday, May 3, 1980", "Samstag 03.05.80", "03051980", "03051980.0",
]  # fmt: skip


@pytest.mark.parametrize("text", SAME_DAY)
def test_a_day_is_one_however_it_is_written(text):
    assert birth_digits(text) == "19800503"
    assert is_date(text)


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("03-MAY-16", "19160503"),  # years of two digits are those of people who are customers
        ("03-MAY-15", "20150503"),
        ("20121980", "19801220"),  # 2012 has no nineteenth month
        ("19801219", "19801219"),
        ("19801350", "19801350"),  # a slip, which no other reading mends
        ("19801905", "19801905"),
        ("31.02.1980", "19800231"),
        ("1980-00-00", "19800000"),  # the year alone is known
    ],
)
def test_years_days_and_slips(text, digits):
    assert birth_digits(text) == digits


@pytest.mark.parametrize(
    "text",
    ["0000-00-00", "00.00.0000", "00.00.00", "00000000", "0000-00-00 00:00:00", "0001-01-01",
     "01.01.0001", "03.05.0000"],
)  # fmt: skip
def test_a_date_that_was_never_set_is_none(text):
    assert birth_digits(text) is None
    assert not is_date(text)


@pytest.mark.parametrize(
    "text", ["12 Nord 34", "12 Main 34", "So 12", "30123456", "45121312", "Mai 1980", "1980", "x"]
)
def test_what_is_no_date_is_none(text):
    assert not is_date(text)


@pytest.mark.parametrize(
    ("values", "by_month"),
    [
        (["04/05/1980", "04/23/1980"], True),
        (["Wed, 04/23/1980", "Sat, 04/05/1980"], True),
        (["04231980", "04051980"], True),
        (["23041980", "04051980"], False),
    ],
)
def test_a_column_is_read_by_the_order_that_its_values_bear_out(values, by_month):
    assert month_first(values) is by_month
    assert not is_ambiguous(values)
    day = {True: "19800405", False: "19800504"}[by_month]
    assert day in {birth_digits(value, month_first=by_month) for value in values}


def test_without_such_a_value_the_order_is_in_doubt():
    assert is_ambiguous(["04/05/1980", "04051980"])
    assert not is_ambiguous(["1980-05-04", "19800504"])
