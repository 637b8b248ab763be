"""Greets whoever is named in the query: `/NAME?name=Ada`."""

from vestibule import BadRequest, Context, Event, Response


def handle(event: Event, context: Context) -> Response:
    name = event.query.get("name", "world")
    times = how_often(event.query.get("times", "1"))
    return Response.json({"greeting": " ".join([f"Hello, {name}!"] * times)})


def how_often(text: str) -> int:
    """From once to three times. The error is answered with 400, and its text says why."""
    try:
        return min(max(int(text), 1), 3)
    except ValueError:
        raise BadRequest("query: times: write a whole number") from None
