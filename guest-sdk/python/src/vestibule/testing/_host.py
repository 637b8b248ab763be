"""A built component behind the real gates: the command `host` on a free port of this machine, with a folder of its own, for one
test. Owns starting and ending it and reading its answers; what is let in is the host's to say, by the policy that lies beside the
component.

    with Host("functions/divide.wasm") as host:
        answer = host.get("/divide?dividend=20&divisor=5")
        assert answer.status == 200 and answer.json() == {"quotient": 4}
"""

from __future__ import annotations

import http.client
import json as _json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from .._pairs import Headers
from ..webhooks import Webhook
from . import _built, _signing
from ._command import command

#: Seconds that anything may take that has no time of its own: compiling on a busy machine is the slowest of it.
PATIENCE = 120.0


class HostFailure(Exception):
    """The host did not start, or does not serve the function; the text is what it said."""


@dataclass(frozen=True)
class Answer:
    """What the host answered, and what it wrote about it."""

    status: int
    headers: Headers
    body: bytes = field(repr=False)
    #: The lines of the log that belong to this request, as objects: `level`, `message`, `source`, ….
    logs: tuple[dict[str, Any], ...] = field(repr=False)
    #: How many sandboxes were made meanwhile: none for what was refused. Of requests at once, each counts the others' too.
    instances: int = 0

    @property
    def text(self) -> str:
        """The body as text; what is not UTF-8 becomes U+FFFD."""
        return self.body.decode(errors="replace")

    def json(self) -> Any:
        """The body read as JSON."""
        return _json.loads(self.body)

    @property
    def outcome(self) -> str | None:
        """How the call ended, or why there was none, as the log has it: `ok`, `error`, `trap`, `timeout`, …."""
        last = self.logs[-1] if self.logs else {}
        return last.get("outcome") or last.get("reason")

    def messages(self) -> list[str]:
        """The texts of the log's lines."""
        return [str(line.get("message", "")) for line in self.logs]


class Host:
    """A host for one test. It is put together first, starts with the first request, and ends with the `with` block.

    The component is looked for below the folder that VESTIBULE_FUNCTIONS names, as `host test` sets it, then from the current
    folder and from those above it up to the project's.
    """

    # For the end of one that was never begun.
    _process: subprocess.Popen[str] | None = None
    _folder: tempfile.TemporaryDirectory[str] | None = None
    _has_ended = False

    def __init__(self, component: str | os.PathLike[str], name: str | None = None) -> None:
        self._component = Path(component)
        self._name = name or self._component.stem
        self._policy: str | None = None
        self._settings = ""
        self._public_url: str | None = None
        self._secrets: dict[str, str] = {}
        self._signed: tuple[str, bytes, dict[str, Any]] | None = None
        self._address = self._admin = ""
        self._lines: list[dict[str, Any]] = []
        self._changed = threading.Condition()
        # The operator's side takes few connections.
        self._asking = threading.Lock()

    def policy(self, text: str) -> Host:
        """The policy, in place of the file beside the component."""
        self._policy = text
        return self

    def settings(self, text: str) -> Host:
        """The text of `host.toml`."""
        self._settings = text
        return self

    def public_url(self, url: str) -> Host:
        """Where senders believe the host to be, `https://hooks.example`: for schemes that sign the URL."""
        self._public_url = url.rstrip("/")
        return self

    def secret(self, name: str, value: str) -> Host:
        """Gives the host a secret that policies name."""
        self._secrets[name] = value
        return self

    def signed(self, scheme: str, secret: str | bytes, **settings: Any) -> Host:
        """Has all requests that follow signed so. `settings` are further keys of `[verify]`, as `header="x-signature"`."""
        self._signed = (scheme, secret.encode() if isinstance(secret, str) else secret, settings)
        return self

    def unsigned(self) -> Host:
        """Has no request signed from now on."""
        self._signed = None
        return self

    def get(self, path: str, *, headers: Mapping[str, str] | None = None) -> Answer:
        """Sends `GET`."""
        return self.request("GET", path, headers=headers)

    def post(
        self, path: str, body: bytes | str = b"", *, json: Any = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Sends `POST`, with a body or with JSON."""
        return self.request("POST", path, body, json=json, headers=headers)

    def request(
        self,
        method: str,
        path: str,
        body: bytes | str = b"",
        *,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Sends a request and waits for the answer, and for what the log says about it."""
        self.start()
        content = body.encode() if isinstance(body, str) else body
        sent = {} if json is None else {"content-type": "application/json"}
        if json is not None:
            content = _json.dumps(json, ensure_ascii=False, separators=(",", ":")).encode()
        sent.update(headers or {})
        if self._signed is not None:
            scheme, secret, settings = self._signed
            webhook = Webhook(content, method, f"{self._public_url or f'http://{self._address}'}{path}")
            signed = _signing.sign(scheme, secret, webhook, settings)
            content = signed.payload
            sent.update(signed.headers.pairs())
        before = self._instances()
        connection = http.client.HTTPConnection(self._address, timeout=PATIENCE)
        try:
            connection.request(method, path, content or None, sent)
            response = connection.getresponse()
            found, received = response.read(), Headers(response.getheaders())
        finally:
            connection.close()
        logs = self._log_of(received.get("x-request-id", ""))
        return Answer(response.status, received, found, logs, self._instances() - before)

    def start(self) -> Host:
        """Starts it, if it has not. Raises HostFailure with what the host says; a component is compiled meanwhile."""
        if self._process is not None:
            return self
        component = _built.find(self._component)
        if component is None:
            raise HostFailure(_built.missing(self._component))
        self._folder = tempfile.TemporaryDirectory(prefix="vestibule-host-")
        functions = Path(self._folder.name) / "functions"
        functions.mkdir()
        policy = self._policy
        beside = component.with_suffix(".toml")
        if policy is None and beside.is_file():
            policy = beside.read_text(encoding="utf-8")
        if policy is not None:
            (functions / f"{self._name}.toml").write_text(policy, encoding="utf-8")
        try:
            shutil.copyfile(component, functions / f"{self._name}.wasm")
        except OSError as error:
            self.stop()
            raise HostFailure(f"{component} cannot be read: {error.strerror}") from None
        settings = self._settings
        if self._public_url is not None:
            # The top level comes before all tables.
            settings = f"public_url = {_json.dumps(self._public_url)}\n{settings}"
        (functions.parent / "host.toml").write_text(settings, encoding="utf-8")
        # Nothing of this process's environment but where things are: a test's secrets are those that it names.
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "XDG_CACHE_HOME") if name in os.environ}
        arguments = [command(), "serve", str(functions), "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"]
        self._process = subprocess.Popen(
            [*arguments, "--log-format", "json"],
            env={**kept, **self._secrets},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        threading.Thread(target=self._read_log, args=(self._process.stderr,), daemon=True).start()
        self._read_addresses()
        return self

    def stop(self) -> None:
        """Ends the host and removes its folder. That it is not running is no error."""
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            for stream in (process.stdout, process.stderr):
                if stream is not None:
                    stream.close()
        folder, self._folder = self._folder, None
        if folder is not None:
            folder.cleanup()

    def __enter__(self) -> Host:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def __del__(self) -> None:
        self.stop()

    def _read_addresses(self) -> None:
        process = self._process
        assert process is not None and process.stdout is not None
        for line in process.stdout:
            found = re.match(r"(listening|admin) on http://(\S+)", line)
            if found and found.group(1) == "listening":
                self._address = found.group(2)
            elif found:
                self._admin = found.group(2)
                self._check_served()
                return
        process.wait()
        with self._changed:
            self._changed.wait_for(lambda: self._has_ended, PATIENCE)
        said = "\n".join(str(line.get("message")) for line in self._lines)
        self.stop()
        raise HostFailure(f"the host did not start:\n{said}")

    def _check_served(self) -> None:
        """A function that is not served would answer 503 to everything."""
        bad = [line for line in self._lines if line.get("level") == "ERROR"]
        if bad:
            self.stop()
            raise HostFailure("\n".join(" ".join(str(value) for value in line.values()) for line in bad))

    def _read_log(self, stream: Any) -> None:
        try:
            for text in stream:
                try:
                    line = _json.loads(text)
                except ValueError:
                    line = {"message": text.rstrip("\n")}
                with self._changed:
                    self._lines.append(line)
                    self._changed.notify_all()
        except ValueError:
            # It was closed while it was read.
            pass
        with self._changed:
            self._has_ended = True
            self._changed.notify_all()

    def _log_of(self, request_id: str) -> tuple[dict[str, Any], ...]:
        """The lines of a request. Its access line is the last of them."""

        def lines() -> list[dict[str, Any]]:
            return [line for line in self._lines if line.get("request_id") == request_id]

        def is_whole() -> bool:
            return self._has_ended or any(line.get("target") == "vestibule::access" for line in lines())

        with self._changed:
            self._changed.wait_for(is_whole, PATIENCE)
            return tuple(lines())

    def _instances(self) -> int:
        with self._asking:
            connection = http.client.HTTPConnection(self._admin, timeout=PATIENCE)
            try:
                connection.request("GET", "/metrics")
                text = connection.getresponse().read().decode()
            finally:
                connection.close()
        found = re.search(r"^vestibule_instances_created_total (\d+)", text, re.MULTILINE)
        return int(found.group(1)) if found else 0
