from typing import Any

import pytest
from app import handle
from vestibule import Delivery
from vestibule.testing import call, mock_context, mock_http_event, mock_signed_webhook

VERIFIED = mock_context(delivery=Delivery("stripe", timestamp=1_700_000_000, secret="STRIPE_WEBHOOK_SECRET"))


def receive(kind: str, about: dict[str, Any]) -> tuple[int, Any]:
    payload = {"id": "evt_1", "object": "event", "type": kind, "data": {"object": about}}
    event = mock_signed_webhook(payload=payload, signature_type="stripe", secret="whsec_test", timestamp=1_700_000_000)
    assert event.headers["stripe-signature"].startswith("t=1700000000,v1=")
    response = call(handle, event, VERIFIED)
    return response.status, response.body_json()


@pytest.mark.parametrize(
    ("kind", "about"),
    [
        ("payment_intent.succeeded", {"id": "pi_1", "amount": 1099, "currency": "eur"}),
        ("invoice.paid", {"id": "in_1", "amount_due": 0, "amount_paid": 1099, "currency": "eur"}),
        ("checkout.session.completed", {"id": "cs_1", "amount_total": 1099, "currency": "eur"}),
    ],
)
def test_says_for_how_much(kind: str, about: dict[str, Any]) -> None:
    assert receive(kind, about) == (200, {"id": "evt_1", "type": kind, "amount": 1099, "currency": "eur"})


def test_not_everything_is_about_money() -> None:
    expected = {"id": "evt_1", "type": "customer.created", "amount": None, "currency": None}
    assert receive("customer.created", {"id": "cus_1"}) == (200, expected)


def test_says_what_is_wrong_with_a_body() -> None:
    assert call(handle, mock_http_event(payload={"id": "evt_1"}), VERIFIED).status == 400


def test_does_nothing_without_a_verified_delivery() -> None:
    with pytest.raises(RuntimeError, match="verify"):
        handle(mock_http_event(payload={}), mock_context())
