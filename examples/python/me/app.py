"""Says who is calling, from the token that the host has checked."""

from vestibule import Context, Event, Response


def handle(event: Event, context: Context) -> Response:
    caller = context.identity
    if caller is None:
        raise RuntimeError("the policy of this function has no [auth]")
    return Response.json(
        {
            "subject": caller.subject,
            "roles": list(caller.roles),
            "admin": caller.has_role("admin"),
            "name": caller.claims.get("name"),
            "email": caller.claims.get("email"),
        }
    )
