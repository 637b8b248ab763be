"""Says who is calling, and lets editors do what others may not: `GET` and `POST /NAME`.

The host has checked who it is before this runs, as the policy `NAME.toml` says; nobody else
gets here.
"""

import logging

from vestibule import BadRequest, Context, Event, Response

log = logging.getLogger(__name__)


def handle(event: Event, context: Context) -> Response:
    caller = context.identity
    # Without this, a policy that lost its [auth] would let anybody in.
    if caller is None:
        raise RuntimeError("the policy of this function has no [auth]")
    if event.method == "POST":
        # Every caller may ask; this needs more. The answer to others is 403.
        context.require_role("editor")
        title = read(event)
        log.info("%s changes the title to %r", caller.subject, title)
        return Response.json({"by": caller.subject, "title": title})
    return Response.json({"subject": caller.subject, "roles": list(caller.roles)})


def read(event: Event) -> str:
    """What an editor sends. The error is answered with 400, and says what is wrong."""
    match event.json():
        case {"title": str(title)}:
            return title
    raise BadRequest('body: write {"title": "…"}')
