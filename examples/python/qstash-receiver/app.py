"""Receives what Upstash QStash delivers. The host has checked signature, body and URL, with the current key or the next."""

import logging

from vestibule import Context, Event, Response

log = logging.getLogger("qstash")


async def handle(event: Event, context: Context) -> Response:
    # Without this line, a policy that lost its [verify] would let anyone give us work.
    if context.delivery is None:
        raise RuntimeError("the policy of this function has no [verify]")

    log.info("message %s, signed with %s", context.delivery.id, context.delivery.secret)
    done = await process(event.text())
    return Response.json({"message": "Request processed successfully", "characters": done})


async def process(text: str) -> int:
    """Here is where the work would be done."""
    return len(text)
