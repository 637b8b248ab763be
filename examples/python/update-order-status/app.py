"""Changes the status of an order when a webhook says so: placed, then shipped, then delivered. The orders are in a store."""

import logging
from typing import Any

from vestibule import BadRequest, Context, Event, HttpError, Response, kv

log = logging.getLogger("orders")

#: Each status, and the one that an order must have to get it.
FOLLOWS = {"PLACED": None, "SHIPPED": "PLACED", "DELIVERED": "SHIPPED"}


class Refused(HttpError):
    """Why an order keeps its status."""


def handle(event: Event, context: Context) -> Response:
    # Without this line, a policy that lost its [verify] would let anyone change orders.
    if context.delivery is None:
        raise RuntimeError("the policy of this function has no [verify]")

    number, status = read(event)

    def change(order: Any) -> dict[str, str]:
        before = order and order["status"]
        if before == FOLLOWS[status]:
            return {"trackingNumber": number, "status": status}
        if before is None:
            raise Refused(404, "there is no order of this tracking number")
        raise Refused(409, f"it is {before}, and {status} does not follow that")

    try:
        # Of two webhooks about one order at once, the second sees what the first has changed.
        order = kv.open("orders").update_json(number, change)
    except Refused as refused:
        told = {"message": "Unable to update the order status", "reason": refused.text}
        return Response.json(told).with_status(refused.status)
    log.info("order %s is %s", number, status)
    return Response.json({"message": f"Updated order {number} to {status}", "order": order})


def read(event: Event) -> tuple[str, str]:
    update = event.json()
    number = update.get("trackingNumber") if isinstance(update, dict) else None
    if not isinstance(number, str) or not number:
        raise BadRequest("body: missing field `trackingNumber`")
    status = update.get("status")
    if not isinstance(status, str) or status not in FOLLOWS:
        raise BadRequest(f"body: unknown status {status!r}, expected one of {', '.join(FOLLOWS)}")
    return number, status
