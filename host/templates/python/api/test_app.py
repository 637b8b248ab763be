"""The API as a client sees it. Each test has a store of its own, which is empty at first."""

from pathlib import Path

import pytest
from vestibule import Response
from vestibule.testing import call, mock_context, mock_http_event

from app import handle

ROUTE = "/NAME"

#: A note as a client sends it.
NOTE = Path(__file__).with_name("fixtures").joinpath("example.json").read_text()


def ask(method: str, subpath: str, body: str = "") -> Response:
    path = f"{ROUTE}{subpath}"
    event = mock_http_event(
        http_method=method, path=path, subpath=subpath, payload=body
    )
    return call(handle, event, mock_context())


def test_a_note_is_kept_changed_and_removed() -> None:
    added = ask("POST", "/notes", NOTE)
    assert (added.status, added.header("location")) == (201, f"{ROUTE}/notes/1")
    note = {"id": 1, "title": "Keys", "text": "The spare one is under the pot."}
    assert added.body_json() == note
    assert ask("GET", "/notes/1").body_json() == note
    assert ask("GET", "/notes").body_json() == [note]

    changed = ask("PUT", "/notes/1", '{"title": " Rent "}')
    assert changed.body_json() == {"id": 1, "title": "Rent", "text": ""}

    assert ask("DELETE", "/notes/1").status == 204
    assert ask("GET", "/notes/1").status == 404
    assert ask("DELETE", "/notes/1").status == 404
    assert ask("GET", "/notes").body_json() == []


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("title=Rent", "body: "),
        ("{}", 'body: write {"title": '),
        ('{"title": "Rent", "colour": "red"}', "body: write "),
        ('{"title": "  "}', "title: write 1 to 80 characters"),
        ('{"title": "Rent", "text": 7}', "text: write a text"),
    ],
)
def test_says_what_is_wrong_with_a_note(body: str, reason: str) -> None:
    response = ask("POST", "/notes", body)
    assert response.status == 400
    assert response.body_json()["error"].startswith(reason)


def test_names_the_methods_that_a_path_has() -> None:
    listed = ask("PATCH", "/notes")
    assert (listed.status, listed.header("allow")) == (405, "GET, HEAD, POST")
    one = ask("POST", "/notes/1")
    assert (one.status, one.header("allow")) == (405, "GET, HEAD, PUT, DELETE")


@pytest.mark.parametrize(
    "subpath", ["", "/", "/note", "/notes/1", "/notes/one", "/notes/²", "/notes/1/2"]
)
def test_other_paths_are_not_found(subpath: str) -> None:
    response = ask("GET", subpath)
    assert (response.status, response.header("cache-control")) == (404, "no-store")
