"""The handler as the function that it is, without a host and without WebAssembly."""

from pathlib import Path

import pytest
from vestibule import Context, Delivery, Response
from vestibule.testing import call, mock_context, mock_http_event

from app import handle

ROUTE = "/NAME"

#: What is sent with `host sign --policy`, too.
PAYLOAD = Path(__file__).with_name("fixtures").joinpath("example.form").read_bytes()

#: A call for which the host has found the signature genuine, by the scheme of `NAME.toml`.
GENUINE = mock_context(delivery=Delivery("SCHEME", id="evt_1"))


def receive(content_type: str, context: Context) -> Response:
    headers = {"content-type": content_type}
    event = mock_http_event(
        http_method="POST", path=ROUTE, headers=headers, payload=PAYLOAD
    )
    return call(handle, event, context)


def test_says_what_it_has_received() -> None:
    response = receive("application/x-www-form-urlencoded", GENUINE)
    expected = {"received": ["amount", "name", "type"], "delivery": "evt_1"}
    assert (response.status, response.body_json()) == (200, expected)


def test_says_what_is_wrong_with_what_is_no_form() -> None:
    assert receive("application/json", GENUINE).status == 400


def test_does_nothing_for_what_was_not_verified() -> None:
    with pytest.raises(RuntimeError, match="verify"):
        receive("application/x-www-form-urlencoded", mock_context())
