"""Where the command `host` is. Owns looking for it; runs nothing."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess


class NoHost(Exception):
    """There is no command `host`; the text says what to do."""


def command() -> str:
    """The command's path: that in VESTIBULE_HOST, else the first `host` on PATH that is this one's. Raises NoHost."""
    given = os.environ.get("VESTIBULE_HOST")
    if given:
        found = shutil.which(given)
        if found is None:
            raise NoHost(f"VESTIBULE_HOST is {given}, and there is no program there")
        return os.path.abspath(found)
    found = shutil.which("host")
    if found is None or not _is_ours(found):
        raise NoHost("there is no command `host` of Vestibule on PATH: install it, or let VESTIBULE_HOST say where it is")
    return found


@functools.cache
def _is_ours(found: str) -> bool:
    """A DNS tool has the same name in many systems."""
    try:
        ran = subprocess.run([found, "--help"], capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return "WebAssembly components" in ran.stdout
