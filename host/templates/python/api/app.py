"""Notes, as an API in one function: `/NAME/notes` and `/NAME/notes/ID`.

This file is its front door, so that every call passes the same checks; `notes.py` has what
is kept.
"""

from vestibule import Context, Event, HttpError, Response

import notes


def handle(event: Event, context: Context) -> Response:
    try:
        response = answer(event)
    except HttpError as refused:
        response = error(refused.status, refused.text)
    # What every answer of an API ought to say.
    return response.with_header("cache-control", "no-store")


def answer(event: Event) -> Response:
    # What follows the function's own route: "/notes/7" of "/NAME/notes/7".
    match event.method, event.subpath.strip("/").split("/"):
        case "GET" | "HEAD", ["notes"]:
            return Response.json(notes.all_of_them())
        case "POST", ["notes"]:
            note = notes.add(notes.read(event))
            location = f"{event.path.rstrip('/')}/{note['id']}"
            response = Response.json(note).with_status(201)
            return response.with_header("location", location)
        case _, ["notes"]:
            return not_allowed("GET, HEAD, POST")
        case "GET" | "HEAD", ["notes", number]:
            return found(notes.find(number))
        case "PUT", ["notes", number]:
            return found(notes.replace(number, notes.read(event)))
        case "DELETE", ["notes", number]:
            return Response.empty() if notes.remove(number) else not_found()
        case _, ["notes", _]:
            return not_allowed("GET, HEAD, PUT, DELETE")
    return not_found()


def found(note: notes.Note | None) -> Response:
    return not_found() if note is None else Response.json(note)


def error(status: int, text: str) -> Response:
    return Response.json({"error": text}).with_status(status)


def not_found() -> Response:
    return error(404, "not found")


def not_allowed(allowed: str) -> Response:
    return error(405, "method not allowed").with_header("allow", allowed)
