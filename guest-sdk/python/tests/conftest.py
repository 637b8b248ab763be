"""What the SDK's own tests share: the component of all examples, built once for each state of the sources, and hosts that serve it.
Compiled, it is kept in `target/test-cache`, as the host's own tests do.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import vestibule
from vestibule.build import component, project
from vestibule.testing import Host

ROOT = Path(__file__).parents[3]
EXAMPLES = ROOT / "examples" / "python"
CACHE = ROOT / "target" / "test-cache" / "python"
FUNCTION = Path(__file__).parent / "function"


def _lay_out(folder: Path) -> None:
    """The project of `function/app.py`, with the examples beside it, each as a package of its own."""
    shutil.copytree(FUNCTION, folder, ignore=shutil.ignore_patterns("__pycache__"))
    for example in sorted(EXAMPLES.iterdir()):
        if (example / "app.py").is_file():
            package = folder / f"{example.name.replace('-', '_')}_"
            package.mkdir()
            for source in example.glob("*.py"):
                # In a folder of its own an example imports its neighbours as modules.
                text = source.read_text(encoding="utf-8").replace("import notes\n", "from . import notes\n")
                if not source.name.startswith("test_"):
                    (package / source.name).write_text(text, encoding="utf-8")
    (folder / "pyproject.toml").write_text('[project]\nname = "all"\n', encoding="utf-8")


def _digest(*folders: Path) -> str:
    """Of all that gets into the component, and of what builds it."""
    digest = hashlib.sha256(component.COMPONENTIZE.encode())
    for folder in folders:
        for file in sorted(folder.rglob("*")):
            if file.is_file() and not {"__pycache__", "testing"} & set(file.parts):
                digest.update(str(file.relative_to(folder)).encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:16]


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The component."""
    folder = tmp_path_factory.mktemp("all") / "project"
    _lay_out(folder)
    out = CACHE / f"{_digest(folder, Path(vestibule.__file__).parent)}.wasm"
    if not out.exists():
        component.build(project.read(folder), out)
    return out


@pytest.fixture
def serve(built: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Host]]:
    """Serves the component under a name, with the example's policy or another."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(CACHE))
    hosts: list[Host] = []

    def start(name: str, policy: str | None = None) -> Host:
        host = Host(built, name).policy(policy or (EXAMPLES / name / f"{name}.toml").read_text(encoding="utf-8"))
        hosts.append(host)
        return host

    yield start
    for host in hosts:
        host.stop()


@pytest.fixture(scope="session")
def hostile(built: Path) -> Iterator[Host]:
    """The function that misbehaves, on one host for all tests."""
    before = os.environ.get("XDG_CACHE_HOME")
    os.environ["XDG_CACHE_HOME"] = str(CACHE)
    policy = (
        'access = "public"\ntimeout = "2s"\n[grants]\nkv = ["orders"]\nsecrets = ["KEY"]\nsign = ["SIGNER"]\n'
        'env = { LEVEL = "debug" }\n'
    )
    host = Host(built, "hostile").policy(policy).secret("KEY", "correct horse").secret("SIGNER", "battery staple").start()
    if before is None:
        del os.environ["XDG_CACHE_HOME"]
    else:
        os.environ["XDG_CACHE_HOME"] = before
    yield host
    host.stop()
