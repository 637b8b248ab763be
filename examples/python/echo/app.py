"""Answers what it got, as JSON: every field of the event and of the context, and its environment. With `?raw` it answers the body
alone, byte for byte; with `?json`, the body read as JSON and written again.
"""

import os
from dataclasses import asdict

from vestibule import Context, Event, Response


def handle(event: Event, context: Context) -> Response:
    if "raw" in event.query:
        return Response.bytes(event.body)
    if "json" in event.query:
        return Response.json(event.json())
    return Response.json(
        {
            "event": {
                "method": event.method,
                "path": event.path,
                "subpath": event.subpath,
                "params": event.params.pairs(),
                "query": event.query_string,
                "headers": event.headers.pairs(),
                "body": event.body.decode(errors="replace"),
                "client": event.client,
            },
            "context": {
                "request_id": context.request_id,
                "function": context.function,
                "version": context.version,
                "deadline": context.deadline,
                "trigger": context.trigger.kind,
                "delivery": context.delivery and asdict(context.delivery),
                "identity": context.identity and asdict(context.identity),
            },
            "env": dict(os.environ),
        }
    )
