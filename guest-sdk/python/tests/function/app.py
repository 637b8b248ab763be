"""All functions that the tests run behind a host, in one component: building one takes 15 seconds, and compiling it as long. The host
serves it under several names, each with its own policy; the function's name says which it is. `hostile` misbehaves.
"""

import importlib

from vestibule import Context, Event, Response, _call

#: The examples, as the test that builds this has laid them beside it.
EXAMPLES = ("api", "divide", "echo", "lambda", "me", "pixel", "qstash-receiver", "stripe-webhook", "update-order-status")

HANDLERS = {name: _call.find(importlib.import_module(f"{name.replace('-', '_')}_.app")) for name in EXAMPLES}
HANDLERS["hostile"] = _call.find(importlib.import_module("hostile"))


def handle(event: Event, context: Context) -> Response:
    return HANDLERS[context.function](event, context)
