"""Receives webhooks at `/NAME`, which are sent as forms.

The host has checked the signature before this runs, as the policy `NAME.toml` says; what is
not genuine never gets here.
"""

import logging

from vestibule import Context, Event, Response

log = logging.getLogger(__name__)


def handle(event: Event, context: Context) -> Response:
    # Without this, a policy that lost its [verify] would let anybody in.
    if context.delivery is None:
        raise RuntimeError("the policy of this function has no [verify]")
    # A body that is no form is answered with 400 and what is wrong with it.
    fields = event.form()

    # Senders send again what was not answered with 2xx, and a host can die between the work
    # and its answer: so a delivery may get here twice, although the host keeps away what has
    # run (see Replay in docs/webhooks.md). Hand the delivery's id on with whatever you do, so
    # that it is done once. A scheme without one has something like it in the form.
    log.info("a form with %d fields", len(fields))

    answer = {"received": sorted(fields), "delivery": context.delivery.id}
    return Response.json(answer)
