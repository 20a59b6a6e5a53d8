"""What is sent in has an end, and the description of the API needs nobody else's server."""

import json
import re
import socket
from http.client import HTTPResponse
from urllib.parse import urlsplit

import pytest

from serving.api.bounds import LARGEST

PART = b"x" * 65_536


def asked(api, headers, parts):
    """Status and problem of a POST whose body begins with these parts and does not end."""
    address = urlsplit(api.url)
    told = {**api.headers, "Host": address.netloc, "Content-Type": "application/json", **headers}
    head = "".join(f"{name}: {value}\r\n" for name, value in told.items())
    with socket.create_connection((address.hostname, address.port), timeout=30) as connection:
        connection.sendall(f"POST /match HTTP/1.1\r\n{head}\r\n".encode())
        for part in parts:
            connection.sendall(part)
        answer = HTTPResponse(connection)
        answer.begin()
        return answer.status, json.loads(answer.read())


def test_a_body_that_announces_too_much_is_refused_unread(api):
    status, problem = asked(api, {"Content-Length": str(LARGEST + 1)}, [b"{"])
    assert (status, problem["type"]) == (413, "/problems/too-large")
    assert str(LARGEST) in problem["detail"]


def test_a_body_without_a_length_is_refused_once_it_is_too_much(api):
    chunk = f"{len(PART):x}\r\n".encode() + PART + b"\r\n"
    parts = [chunk] * (LARGEST // len(PART) + 1)
    status, problem = asked(api, {"Transfer-Encoding": "chunked"}, parts)
    assert (status, problem["type"]) == (413, "/problems/too-large")


def test_a_picture_on_a_card_is_no_reason_to_refuse_it(api):
    photo = "A" * (LARGEST // 2)
    vcard = f"BEGIN:VCARD\nVERSION:3.0\nFN:Anna Huber\nPHOTO;ENCODING=b:{photo}\nEND:VCARD"
    assert api.post("/match", {"vcard": vcard}).status_code == 200


@pytest.mark.parametrize("page", ["/docs", "/redoc"])
def test_the_pages_of_the_description_load_nothing_from_elsewhere(api, page):
    text = api.get(page).text
    loaded = re.findall(r'(?:src|href)="([^"]+)"', text)
    assert loaded
    for address in loaded:
        assert not urlsplit(address).netloc
        assert api.get(address).status_code == 200
