"""Neither secrets nor e-mail addresses reach a log line."""

import logging
import sys

import pytest

from stamm.redaction import RedactingFilter, redact


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("Authorization: Bearer abc.def.ghi", "abc.def.ghi"),
        ("api-key: xkeysib-1234567", "xkeysib-1234567"),
        ("user anna.mueller@example.org not found", "anna.mueller@example.org"),
        ("password=Sommer2026!", "Sommer2026!"),
    ],
)
def test_credentials_and_addresses_are_removed(text, gone):
    assert gone not in redact(text)


def test_ordinary_text_stays():
    assert (
        redact("erp.sales_orders: 214 rows in 3 pages") == "erp.sales_orders: 214 rows in 3 pages"
    )


def test_a_message_about_a_secret_setting_keeps_its_words():
    text = "stamm.yaml: sources.erp.password: expected ${ENV_NAME}, found a value written out"
    assert redact(text) == text


def test_a_log_record_is_redacted_with_its_arguments():
    record = logging.LogRecord("x", logging.INFO, "", 1, "mail to %s", ("a@example.org",), None)
    RedactingFilter().filter(record)
    assert record.getMessage() == "mail to [redacted]"


@pytest.mark.parametrize(
    "text",
    [
        "Conversion Error: Could not convert string 'Kreszenz Sonnleitner' to INT32",
        "Conversion Error: invalid date field format: Could not cast 'Kreszenz' to date, expected",
        'Could not parse string "Kreszenz\'s" according to format',
    ],
)
def test_a_value_that_could_not_be_read_is_not_told(text):
    assert "Kreszenz" not in redact(text)


def test_what_stands_in_quotes_elsewhere_stays():
    text = "expected one of erp, shop, found 'shpo'"
    assert redact(text) == text


def test_a_traceback_is_redacted_too(caplog):
    try:
        raise ValueError("Could not convert string 'Kreszenz' to INT32 for a@example.org")
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, "", 1, "broken", None, sys.exc_info())
    RedactingFilter().filter(record)
    line = logging.Formatter().format(record)
    assert "Traceback" in line
    assert "Kreszenz" not in line
    assert "a@example.org" not in line
