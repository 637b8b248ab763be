"""Receives Stripe's webhooks and says what happened, and for how much if it is about money."""

import logging

from vestibule import BadRequest, Context, Event, Response

log = logging.getLogger("stripe")


def handle(event: Event, context: Context) -> Response:
    # Without this line, a policy that lost its [verify] would let anyone tell us about payments.
    if context.delivery is None:
        raise RuntimeError("the policy of this function has no [verify]")

    stripe = event.json()
    try:
        number, kind, about = stripe["id"], stripe["type"], stripe["data"]["object"]
    except (KeyError, TypeError) as error:
        raise BadRequest(f"body: this is no event of Stripe's: {error}") from None
    log.info("%s %s", number, kind)

    # Stripe's objects name their amount differently; each has one of these, or none.
    amounts = (about.get(name) for name in ("amount", "amount_paid", "amount_total"))
    amount = next((amount for amount in amounts if amount is not None), None)
    # In the currency's smallest unit.
    return Response.json({"id": number, "type": kind, "amount": amount, "currency": about.get("currency")})
