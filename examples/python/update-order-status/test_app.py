from typing import Any

import pytest
from app import handle
from vestibule import Delivery, kv
from vestibule.testing import call, mock_context, mock_http_event, mock_signed_webhook


def update(number: str, status: str) -> tuple[int, Any]:
    event = mock_signed_webhook(
        payload={"trackingNumber": number, "status": status},
        signature_type="sha256Verifier",
        signature_header="X-Webhook-Signature",
        secret="MY-VOICE-IS-MY-PASSPORT-VERIFY-ME",
    )
    assert event.headers["x-webhook-signature"].startswith("sha256=")
    response = call(handle, event, mock_context(delivery=Delivery("sha256Verifier")))
    return response.status, response.body_json()


def test_with_a_shipped_order_updates_the_status_to_delivered(scenario: Any) -> None:
    scenario("orders", {"1Z-7": {"trackingNumber": "1Z-7", "status": "SHIPPED"}}, shipped="1Z-7")
    order = scenario.shipped
    status, body = update(order["trackingNumber"], "DELIVERED")
    assert status == 200
    assert body == {
        "message": "Updated order 1Z-7 to DELIVERED",
        "order": {"trackingNumber": "1Z-7", "status": "DELIVERED"},
    }
    assert kv.open("orders").get_json("1Z-7")["status"] == "DELIVERED"


def test_an_order_goes_from_placed_to_delivered_once() -> None:
    for status, expected in [
        ("PLACED", 200),
        ("DELIVERED", 409),
        ("PLACED", 409),
        ("SHIPPED", 200),
        ("PLACED", 409),
        ("DELIVERED", 200),
        ("DELIVERED", 409),
    ]:
        assert update("1Z-7", status)[0] == expected, status


def test_an_order_that_nobody_has_placed_is_an_error_and_does_not_come_to_be(kv: Any) -> None:
    status, body = update("1Z-8", "SHIPPED")
    assert (status, body["message"]) == (404, "Unable to update the order status")
    assert not kv("orders").exists("1Z-8")


def test_says_what_is_wrong_with_a_body() -> None:
    status, body = update("1Z-7", "LOST")
    assert status == 400
    assert "unknown status 'LOST'" in body["error"]
    assert update("1Z-7", [])[0] == 400


def test_does_nothing_without_a_verified_delivery() -> None:
    with pytest.raises(RuntimeError, match="verify"):
        handle(mock_http_event(payload={"trackingNumber": "1Z-7", "status": "PLACED"}), mock_context())
    assert not kv.open("orders").exists("1Z-7")
