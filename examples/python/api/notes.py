"""The notes, and what a note that comes in has to look like. Knows nothing of methods and paths."""

from typing import TypedDict

from vestibule import BadRequest, Event

#: The longest title, in characters.
TITLE_LIMIT = 80


class Note(TypedDict):
    """A note with its place in the list."""

    id: int
    title: str
    text: str


NOTES: list[Note] = [
    {"id": 1, "title": "Keys", "text": "The spare one is under the third pot."},
    {"id": 2, "title": "Shopping", "text": ""},
]


def find(number: str) -> Note | None:
    """The note that a path names."""
    return next((note for note in NOTES if str(note["id"]) == number), None)


def read(event: Event, number: int) -> Note:
    """Reads and checks what a client sends. A BadRequest is the answer to one that sent no good note."""
    draft = event.json()
    if not isinstance(draft, dict) or not set(draft) <= {"title", "text"} or not isinstance(draft.get("title"), str):
        raise BadRequest('body: write {"title": "…", "text": "…"}')
    title, text = draft["title"].strip(), draft.get("text", "")
    if not 1 <= len(title) <= TITLE_LIMIT:
        raise BadRequest(f"title: write 1 to {TITLE_LIMIT} characters")
    if not isinstance(text, str):
        raise BadRequest("text: write a text")
    return {"id": number, "title": title, "text": text}
