"""What the host tells a handler besides the request: which call this is, how long it may take, and what the checks found. Owns
these records; does not know how the host came by them.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ._errors import HttpError


@dataclass(frozen=True)
class Delivery:
    """A webhook whose signature the host has checked."""

    #: The scheme that accepted it, as the policy names it: `github`, `stripe`, …; `custom` or `component` for one's own.
    scheme: str
    #: The sender's id of this delivery, where the scheme has one.
    id: str | None = None
    #: The kind of event, where the scheme has one: `push`, `invoice.paid`, …
    event_type: str | None = None
    #: When the sender signed it, in seconds since the Unix epoch; only where the signature covers it.
    timestamp: int | None = None
    #: The name (never the value) of the secret that matched; empty if the scheme uses none.
    secret: str = ""


@dataclass(frozen=True)
class Identity:
    """A caller whom the host has identified: by a token, a key, a password or a session."""

    #: The provider that vouched for the caller, as `host.toml` names it.
    provider: str
    #: Who the caller is: the token's `sub`, empty if it has none; the name of a key or of a user; the id in a session.
    subject: str = ""
    #: The caller's roles, from the claim that the provider's settings name.
    roles: tuple[str, ...] = ()
    #: All claims of the token, or the session. Not in the `repr`: they hold what the provider chose to put there.
    claims: Mapping[str, Any] = field(default_factory=dict, repr=False, hash=False)

    def has_role(self, role: str) -> bool:
        """Whether the caller has this role, in exactly this spelling."""
        return role in self.roles


@dataclass(frozen=True)
class Trigger:
    """What caused a call. This version of the host produces `http` only."""

    #: `http`, `schedule` or `background`.
    kind: str = "http"
    #: The expression of a schedule.
    schedule: str | None = None
    #: The number of the attempt of background work, from 1.
    attempt: int | None = None


def _ten_seconds_from_now() -> int:
    return int(time.time() * 1000) + 10_000


@dataclass(frozen=True)
class Context:
    """The call around an event.

    For a test, `Context()` is a call over HTTP that asked for no signature and no caller, with ten seconds left;
    `Context(delivery=Delivery("github"))` and `Context(identity=Identity("demo", "user-1"))` are what a policy would add.
    """

    #: Names this request in the host's log and in the answer's `x-request-id`.
    request_id: str = "test"
    #: The function's name: its route without the leading `/` (`admin/users`, `orders/[id]`), `index` for the root.
    function: str = "test"
    #: The component's version: the SHA-256 of its file, in hexadecimal.
    version: str = "0" * 64
    #: When the host will end this call, in milliseconds since the Unix epoch.
    deadline: int = field(default_factory=_ten_seconds_from_now)
    trigger: Trigger = field(default_factory=Trigger)
    #: The verified webhook; there exactly when the function's policy has `[verify]`.
    delivery: Delivery | None = None
    #: The caller; there exactly when the policy has `[auth]` and the request had a caller.
    identity: Identity | None = None

    def remaining(self) -> float:
        """The seconds left until the host ends the call; zero when there are none."""
        return max(0.0, self.deadline / 1000 - time.time())

    @property
    def user(self) -> str | None:
        """Who the caller is: the identity's subject, unless it is empty."""
        return (self.identity.subject or None) if self.identity else None

    def has_role(self, role: str) -> bool:
        """Whether there is a caller who has this role, in exactly this spelling."""
        return self.identity is not None and self.identity.has_role(role)

    def require_role(self, role: str) -> Identity:
        """The caller, if that is one with this role. `roles` in the policy asks before there is a sandbox; this is for a
        function in which some of what it does needs more.

        Raises HttpError, which is the answer if it is not caught: 401 where there is no caller, 403 where there is one
        without the role.
        """
        if self.identity is None:
            raise HttpError(401, "identity missing or invalid")
        if not self.identity.has_role(role):
            raise HttpError(403, "forbidden")
        return self.identity

    def with_delivery(self, delivery: Delivery) -> Context:
        """A copy with this delivery, for tests."""
        return replace(self, delivery=delivery)

    def with_identity(self, identity: Identity) -> Context:
        """A copy with this caller, for tests."""
        return replace(self, identity=identity)


def read_claims(text: str) -> dict[str, Any]:
    """The claims as the host passes them: the text of a JSON object."""
    claims = json.loads(text)
    return claims if isinstance(claims, dict) else {}
