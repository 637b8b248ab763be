"""Functions in Python for the Vestibule host.

    from vestibule import Context, Event, Response

    def handle(event: Event, context: Context) -> Response:
        return Response.text(f"Hello, {event.query.get('name', 'world')}!\n")

Owns the names that an author imports; what they do is in the modules below.
"""

from . import http, kv, webhooks
from ._context import Context, Delivery, Identity, Trigger
from ._errors import AnswerError, BadRequest, HttpError, SecretError
from ._event import Event
from ._pairs import Headers, Pairs
from ._response import Answer, Response
from ._secret import Secret, secret

__version__ = "0.1.0"

__all__ = [
    "Answer",
    "AnswerError",
    "BadRequest",
    "Context",
    "Delivery",
    "Event",
    "Headers",
    "HttpError",
    "Identity",
    "Pairs",
    "Response",
    "Secret",
    "SecretError",
    "Trigger",
    "http",
    "kv",
    "secret",
    "webhooks",
]
