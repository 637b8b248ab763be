"""Receives webhooks at `/NAME`.

The host has checked the signature before this runs, as the policy `NAME.toml` says; what is
not genuine never gets here.
"""

import logging

from vestibule import BadRequest, Context, Event, Response

log = logging.getLogger(__name__)


def handle(event: Event, context: Context) -> Response:
    # Without this, a policy that lost its [verify] would let anybody in.
    if context.delivery is None:
        raise RuntimeError("the policy of this function has no [verify]")
    kind, name, amount = read(event)

    # Senders send again what was not answered with 2xx, and a host can die between the work
    # and its answer: so a delivery may get here twice, although the host keeps away what has
    # run (see Replay in docs/webhooks.md). Hand the delivery's id on with whatever you do, so
    # that it is done once. A scheme without one has something like it in the payload.
    log.info("%s: %s for %s", kind, amount, name)

    answer = {"received": kind, "name": name, "delivery": context.delivery.id}
    return Response.json(answer)


def read(event: Event) -> tuple[str, str, int]:
    """What is read of a payload. Whoever sends it sends more: read what this function needs.
    What does not read as a payload is answered with 400 and what is wrong with it.
    """
    match event.json():
        case {
            "type": str(kind),
            "data": {"name": str(name), "amount": int(amount)},
        }:
            return kind, name, amount
    wanted = '{"type": "…", "data": {"name": "…", "amount": 1}}'
    raise BadRequest(f"body: no payload that is known here: {wanted}")
