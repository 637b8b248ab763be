import pytest
from app import handle
from vestibule import Response
from vestibule.testing import call, mock_http_event


def ask(method: str, subpath: str, payload: object = None) -> Response:
    return call(handle, mock_http_event(http_method=method, path=f"/api{subpath}", subpath=subpath, payload=payload))


def test_reads_all_notes_and_one() -> None:
    assert [note["id"] for note in ask("GET", "/notes").body_json()] == [1, 2]
    assert ask("GET", "/notes/2").body_json()["title"] == "Shopping"
    assert ask("GET", "/notes/2").header("Cache-Control") == "no-store"


def test_takes_a_note_and_says_where_it_is() -> None:
    response = ask("POST", "/notes", {"title": " Milk "})
    assert (response.status, response.header("location")) == (201, "/api/notes/3")
    assert response.body_json() == {"id": 3, "title": "Milk", "text": ""}
    assert ask("PUT", "/notes/1", {"title": "New"}).body_json() == {"id": 1, "title": "New", "text": ""}
    assert ask("DELETE", "/notes/1").status == 204


@pytest.mark.parametrize("payload", ["{", "[]", {"title": ""}, {"title": "x" * 81}, {"title": "a", "more": 1}, {"title": 7}])
def test_says_what_is_wrong_with_a_note(payload: object) -> None:
    assert ask("POST", "/notes", payload).status == 400


@pytest.mark.parametrize(
    ("method", "subpath", "status"),
    [("GET", "", 404), ("GET", "/notes/9", 404), ("PATCH", "/notes", 405), ("POST", "/notes/1", 405), ("GET", "/other", 404)],
)
def test_refuses_what_is_not_there(method: str, subpath: str, status: int) -> None:
    assert ask(method, subpath).status == status
