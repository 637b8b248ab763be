"""A small REST API in one function: `/api/notes` and `/api/notes/ID`. This file is its front door, so that every call passes the
same checks; what a note looks like is in a file of its own.

The notes are a fixed list. Every request has an instance of its own, which keeps nothing, so writing answers as a real API would
and changes nothing.
"""

import notes
from vestibule import Context, Event, Response


def handle(event: Event, context: Context) -> Response:
    # What every answer of an API ought to say.
    return answer(event).with_header("cache-control", "no-store").with_header("x-content-type-options", "nosniff")


def answer(event: Event) -> Response:
    match event.method, event.subpath.strip("/").split("/"):
        case ("GET" | "HEAD"), ["notes"]:
            return Response.json(notes.NOTES)
        case "POST", ["notes"]:
            note = notes.read(event, max(note["id"] for note in notes.NOTES) + 1)
            location = f"{event.path.rstrip('/')}/{note['id']}"
            return Response.json(note).with_status(201).with_header("location", location)
        case _, ["notes"]:
            return not_allowed("GET, HEAD, POST")
        case method, ["notes", number]:
            return one(event, method, notes.find(number))
    return not_found()


def one(event: Event, method: str, note: notes.Note | None) -> Response:
    if note is None:
        return not_found()
    match method:
        case "GET" | "HEAD":
            return Response.json(note)
        case "PUT":
            return Response.json(notes.read(event, note["id"]))
        case "DELETE":
            return Response.empty()
    return not_allowed("GET, HEAD, PUT, DELETE")


def not_found() -> Response:
    return Response.json({"error": "not found"}).with_status(404)


def not_allowed(allowed: str) -> Response:
    return Response.json({"error": "method not allowed"}).with_status(405).with_header("allow", allowed)
