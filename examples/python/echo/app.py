"""Answers what it got, as JSON: every field of the event and of the context, and its environment. With `?raw` it answers the body
alone, byte for byte; with `?json`, the body read as JSON and written again. With `?status`, `?repeat`, `?log`, `?fail`, `?later`, `?loop`
and `?memory` it does what `tests/conformance` asks of a function in any language.
"""

import asyncio
import logging
import os
from dataclasses import asdict

from vestibule import Context, Event, Response

log = logging.getLogger("echo")


async def handle(event: Event, context: Context) -> Response:
    """Answers; with `?later`, when it has waited."""
    if "later" in event.query:
        await asyncio.sleep(0.005)
    return answer(event, context)


def answer(event: Event, context: Context) -> Response:
    if "raw" in event.query:
        return Response.bytes(event.body)
    if "json" in event.query:
        return Response.json(event.json())
    if "status" in event.query:
        return Response(int(event.query["status"]))
    if "repeat" in event.query:
        response = Response(200).with_header("set-cookie", "a=1").with_header("set-cookie", "b=2")
        return response.with_header("x-note", "tschüß ☕")
    if "log" in event.query:
        log.info("%s", event.query["log"])
    if "fail" in event.query:
        raise RuntimeError(event.query["fail"])
    while "loop" in event.query:
        pass
    taken: list[bytes] = []
    while "memory" in event.query:
        taken.append(bytes([1]) * (1 << 20))
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
