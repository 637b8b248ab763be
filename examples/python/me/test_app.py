import pytest
from app import handle
from vestibule import Event, Identity
from vestibule.testing import mock_context


def test_says_who_is_calling() -> None:
    ada = Identity("demo", "user-1", ("admin", "editor"), {"sub": "user-1", "name": "Ada"})
    response = handle(Event.get("/me"), mock_context(identity=ada))
    assert response.body_json() == {
        "subject": "user-1",
        "roles": ["admin", "editor"],
        "admin": True,
        "name": "Ada",
        "email": None,
    }


def test_fails_without_a_caller() -> None:
    with pytest.raises(RuntimeError, match="auth"):
        handle(Event.get("/me"), mock_context())
