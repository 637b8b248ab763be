"""The errors that a handler may raise to answer with a status. Owns their texts and the answer that each becomes; the texts may
quote the client's own input, and never a secret.
"""


class HttpError(Exception):
    """Raised in a handler, and not caught there, it is the answer: its status, and `{"error": "…"}` with its text.

    The client sees the text. Whatever else is raised is logged and answered with 500 and a fixed text.
    """

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


class BadRequest(HttpError):
    """The client's mistake, status 400; the text names the part of the request: `body: …`, `query: …`."""

    def __init__(self, text: str) -> None:
        super().__init__(400, text)


class SecretError(Exception):
    """A secret cannot be read; the text says what to write into the policy. Holds no part of the secret."""


class AnswerError(TypeError):
    """A handler returned something that is no answer; the text names it and what would be one."""


# Tracebacks and logs name them as an author imports them.
for _error in (HttpError, BadRequest, SecretError, AnswerError):
    _error.__module__ = "vestibule"
