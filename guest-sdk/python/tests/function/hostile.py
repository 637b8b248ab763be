"""Misbehaves as the path says, and shows what a sandbox has."""

import asyncio
import collections
import logging
import os
import random
import sys
import uuid
import warnings
from typing import Any

from vestibule import Context, Event, HttpError, Response, http, kv, secret, webhooks

log = logging.getLogger("shop.orders")
#: Made when the module is loaded, so it is in the snapshot.
GENERATOR = random.Random()
LOADED = random.random()


def numbers(event: Event) -> object:
    return {
        "random": random.random(),
        "own": GENERATOR.random(),
        "loaded": LOADED,
        "seeded": random.Random(7).random(),
        "uuid": str(uuid.uuid4()),
        "urandom": os.urandom(8).hex(),
        "hash": hash("text"),
    }


def logs(event: Event) -> object:
    print("printed")
    log.debug("debug %d", 1)
    log.info("info %s", "é")
    log.warning("warning")
    log.error("error")
    try:
        collections.OrderedDict()["missing"]
    except KeyError:
        log.exception("lines\nof two")
    warnings.warn("warned", stacklevel=1)
    print("on stderr", file=sys.stderr)
    return "done"


def late(event: Event) -> object:
    import csv
    import datetime
    import io

    rows = list(csv.reader(io.StringIO("a,b")))
    return {"rows": rows, "year": datetime.datetime.strptime("2020", "%Y").year, "codec": "€".encode("cp1252").hex()}


def missing(event: Event) -> object:
    name = "sqlite3"
    return __import__(name).__name__


async def tasks(event: Event) -> object:
    waited = await asyncio.gather(asyncio.sleep(0.02, "one"), asyncio.sleep(0.01, "two"), asyncio.to_thread(len, "abc"))
    try:
        async with asyncio.timeout(0.01):
            await asyncio.sleep(60)
    except TimeoutError:
        waited.append("timeout")
    return waited


async def never(event: Event) -> object:
    return await asyncio.get_running_loop().create_future()


async def rejected(event: Event) -> object:
    await asyncio.sleep(0)
    raise LookupError("in a task")


def loop(event: Event) -> object:
    while True:
        pass


def memory(event: Event) -> object:
    held = []
    while True:
        held.append(bytearray(1 << 20))


def recursion(event: Event) -> object:
    def deeper(depth: int) -> int:
        return deeper(depth + 1) + 1

    return deeper(0)


def exit(event: Event) -> object:
    sys.exit("leaving")


def error(event: Event) -> object:
    try:
        raise KeyError("inner")
    except KeyError as cause:
        raise ValueError("outer, café") from cause


def teapot(event: Event) -> object:
    raise HttpError(418, "short and stout")


def stores(event: Event) -> object:
    store = kv.open("orders")
    store.set("a", "1", seconds=60)
    store.set_many({"b": b"\xff", "c": "3"})
    return {
        "a": store.get_text("a"),
        "sum": [store.increment("n", 2), store.increment("n", seconds=60)],
        "once": [store.set_if_absent("d", "4"), store.set_if_absent("d", "5")],
        "swap": [store.compare_and_set("d", "x", "y"), store.compare_and_set("d", "4", "6")],
        "keys": sorted(store.keys()),
        "many": [value and value.hex() for value in store.get_many(["b", "zz"])],
        "json": store.update_json("j", lambda old: (old or []) + [1]),
        "errors": [failed(lambda: kv.open("other")), failed(lambda: kv.open("NO")), failed(lambda: store.increment("b"))],
    }


def failed(act: Any) -> str:
    try:
        return f"no error: {act()!r}"
    except Exception as error:
        return f"{type(error).__module__}.{type(error).__name__}: {error}"


def secrets(event: Event) -> object:
    return {"text": secret("KEY").text, "shown": repr(secret("KEY")), "error": failed(lambda: secret("OTHER"))}


def sign(event: Event) -> object:
    signed = webhooks.sign("github", "SIGNER", "payload")
    return {"headers": dict(signed.headers), "error": failed(lambda: webhooks.sign("github", "KEY", "payload"))}


def fetch(event: Event) -> object:
    url = event.text()
    answer = http.post(url, json={"a": "é"}, params={"q": "x y"}, headers={"x-one": "1"}, timeout=5)
    return {"status": answer.status, "text": answer.text, "error": failed(lambda: http.get("https://other.example/"))}


def answers(event: Event) -> object:
    returned: dict[str, object] = {
        "text": "é",
        "bytes": b"\xff",
        "list": [1],
        "tuple": ({"a": 1}, 201, {"x-a": "é"}),
        "none": None,
        "int": 5,
        "lambda": {"statusCode": 200},
        "header": Response(200, (("x-a", 7),)),  # type: ignore[arg-type]
    }
    return returned[event.query["kind"]]


def handle(event: Event, context: Context) -> object:
    return globals()[event.subpath.strip("/")](event)
