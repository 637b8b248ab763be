"""The handler as the function that it is, without a host and without WebAssembly."""

from pathlib import Path

import pytest
from vestibule import Delivery, Response
from vestibule.testing import call, mock_context, mock_http_event

from app import handle

ROUTE = "/NAME"

#: What is sent with `host sign --policy`, too.
PAYLOAD = Path(__file__).with_name("fixtures").joinpath("example.json").read_bytes()

#: A call for which the host has found the signature genuine, by the scheme of `NAME.toml`.
GENUINE = mock_context(delivery=Delivery("SCHEME", id="evt_1"))


def receive(payload: bytes | str) -> Response:
    event = mock_http_event(http_method="POST", path=ROUTE, payload=payload)
    return call(handle, event, GENUINE)


def test_says_what_it_has_received() -> None:
    response = receive(PAYLOAD)
    expected = {"received": "example.created", "name": "Ada", "delivery": "evt_1"}
    assert (response.status, response.body_json()) == (200, expected)


@pytest.mark.parametrize("payload", ["{", "[]", '{"type": 7}'])
def test_says_what_is_wrong_with_a_payload(payload: str) -> None:
    response = receive(payload)
    assert response.status == 400
    assert response.body_json()["error"].startswith("body: ")


def test_does_nothing_for_what_was_not_verified() -> None:
    event = mock_http_event(http_method="POST", path=ROUTE, payload=PAYLOAD)
    with pytest.raises(RuntimeError, match="verify"):
        call(handle, event, mock_context())
