"""The notes: what one looks like, and the store that keeps them. Knows nothing of paths."""

from typing import TypedDict

from vestibule import BadRequest, Event, kv

#: The store, which `NAME.toml` grants.
STORE = "NAME"

#: The longest title, in characters.
TITLE_LIMIT = 80

#: How many notes a list has at the most.
LIST_LIMIT = 100

#: What stands before a note's id in the store.
PREFIX = "note/"


class Draft(TypedDict):
    """What a client sends."""

    title: str
    text: str


class Note(Draft):
    """A note with its id."""

    id: int


def read(event: Event) -> Draft:
    """Reads and checks a draft. The error is the answer to a client that sent no good one."""
    match event.json():
        case {"title": str(title), **rest} if set(rest) <= {"text"}:
            text = rest.get("text", "")
        case _:
            raise BadRequest('body: write {"title": "…", "text": "…"}')
    if not 1 <= len(title.strip()) <= TITLE_LIMIT:
        raise BadRequest(f"title: write 1 to {TITLE_LIMIT} characters")
    if not isinstance(text, str):
        raise BadRequest("text: write a text")
    return {"title": title.strip(), "text": text}


def all_of_them() -> list[Note]:
    """The first of them, in the order of their ids."""
    store = kv.open(STORE)
    keys = store.keys()
    names = (key.removeprefix(PREFIX) for key in keys if key.startswith(PREFIX))
    ids = sorted(int(name) for name in names if name.isdigit())
    notes = (store.get_json(f"{PREFIX}{number}") for number in ids[:LIST_LIMIT])
    # One that was removed meanwhile is left out.
    return [note for note in notes if note is not None]


def find(number: str) -> Note | None:
    """The note that a path names. What is no number is the id of no note."""
    key = key_of(number)
    note: Note | None = kv.open(STORE).get_json(key) if key else None
    return note


def add(draft: Draft) -> Note:
    store = kv.open(STORE)
    # In one step: of two that come at once, each gets a number of its own.
    note: Note = {"id": store.increment("last"), **draft}
    store.set_json(f"{PREFIX}{note['id']}", note)
    return note


def replace(number: str, draft: Draft) -> Note | None:
    """Replaces a note; None if there is none of this id."""
    key = key_of(number)
    store = kv.open(STORE)
    if key is None or not store.exists(key):
        return None
    note: Note = {"id": int(number), **draft}
    store.set_json(key, note)
    return note


def remove(number: str) -> bool:
    """Removes a note, and says whether there was one."""
    key = key_of(number)
    store = kv.open(STORE)
    if key is None or not store.exists(key):
        return False
    store.delete(key)
    return True


def key_of(number: str) -> str | None:
    is_number = number.isascii() and number.isdigit() and len(number) < 20
    return f"{PREFIX}{int(number)}" if is_number else None
