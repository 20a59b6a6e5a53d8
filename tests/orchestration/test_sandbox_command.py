"""`stamm sandbox`: serves, lets time pass, tells the truth, and says what it cannot do."""

import json
import signal
import socket

import pytest
import requests

from tests.end_to_end.company import new_company


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    made = new_company(tmp_path_factory.mktemp("sandboxed"), customers=30, seed=2)
    made.stamm("sandbox", "truth", exit_code=2)
    advanced = json.loads(made.stamm("sandbox", "advance", "--days", "10", "--json"))
    assert (advanced["days"], advanced["clock"][:10]) == (10, "2026-07-10")
    return made


@pytest.mark.parametrize("name", ["serve", "advance", "truth"])
def test_each_sub_command_teaches(company, name):
    assert len(company.stamm("sandbox", name, "--help")) > 400


def test_the_truth_is_counted(company):
    found = json.loads(company.stamm("sandbox", "truth", "--json"))
    assert found["path"].endswith("truth.parquet")
    assert found["records"] > found["people"] + found["firms"] > 30


def test_served_addresses_and_credentials_are_a_line_of_json_and_they_open_the_apis(company):
    process = company.start("sandbox", "serve", "--port", "0", "--json")
    try:
        served = json.loads(process.stdout.readline())
        mail = served["sources"]["mail"]
        answer = requests.get(
            f"{mail['url']}/v3/contacts", headers={"api-key": mail["api_key"]}, timeout=60
        )
        assert answer.json()["count"] > 0
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) in {0, 130}


def test_a_port_in_use_and_another_size_are_wrong_use(company):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        said = company.stamm("sandbox", "serve", "--port", port, exit_code=2)
    assert f"--port: expected a free port, found {port} in use" in said
    said = company.stamm("sandbox", "serve", "--customers", "40", exit_code=2)
    assert "{'customers': '30'} is there, {'customers': '40'} was asked for" in said
