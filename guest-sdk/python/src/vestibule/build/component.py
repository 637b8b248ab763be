"""From a project to a component: puts together what the snapshot is made of, runs componentize-py on it, and says what went wrong
in words of the author's own program. Owns the temporary folder and the finished file, which appears whole or not at all.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

from . import dependencies, late
from .errors import BuildError
from .project import Project

#: The version that this was made with: its interpreter and its bindings.
COMPONENTIZE = "0.25.1"

_SDK = Path(__file__).parent.parent
_REPORT = "\x01vestibule-build:"
_WORLD = "function"

# Its own script, but with the text of an error instead of a traceback through it.
_RUN = """
import sys
from componentize_py import script
try:
    script()
except AssertionError as error:
    sys.stderr.write(str(error))
    sys.exit(1)
"""


def build(project: Project, out: Path) -> list[str]:
    """Builds the component into `out`. Returns the names of the packages that are in it beside the project's own modules.

    Raises BuildError; then `out` is as it was.
    """
    _check_tool()
    with tempfile.TemporaryDirectory(prefix="vestibule-build-") as folder:
        work = Path(folder)
        packages = work / "venv" / "lib" / "python3.14" / "site-packages"
        names = dependencies.stage(project, packages)
        sdk = work / "sdk"
        # No tests, no build tool: what is not there cannot get into the snapshot.
        shutil.copytree(_SDK, sdk / "vestibule", ignore=shutil.ignore_patterns("build", "testing", "wit", "__pycache__"))
        entry = work / "entry"
        entry.mkdir()
        (entry / "vestibule_entry.py").write_text(_entry(project, packages), encoding="utf-8")
        made = work / "component.wasm"
        _componentize([entry, project.source, sdk, packages], made, work / "venv", project)
        _put(made, out)
    return names


def _check_tool() -> None:
    if importlib.util.find_spec("componentize_py") is None:
        command = dependencies.pip(f"componentize-py=={COMPONENTIZE}")
        raise BuildError(f"componentize-py is missing, which makes components of Python: {command}")
    installed = version("componentize-py")
    if installed != COMPONENTIZE:
        command = dependencies.pip(f"componentize-py=={COMPONENTIZE}")
        raise BuildError(f"componentize-py {installed} is installed, and this SDK needs {COMPONENTIZE}: {command}")


def _entry(project: Project, packages: Path) -> str:
    """The module that componentize-py starts from."""
    names = {**late.imports(packages), **late.imports(project.source)}
    return (
        # The folders are the author's own: nothing is to be left in them.
        "import sys\n"
        "sys.dont_write_bytecode = True\n"
        "from vestibule import _snapshot\n"
        f"Handler = _snapshot.load({project.module!r}, {project.handler!r}, {names!r})\n"
    )


def _componentize(paths: list[Path], made: Path, venv: Path, project: Project) -> None:
    command = [sys.executable, "-P", "-c", _RUN, "-q", "-d", str(_SDK / "wit"), "-w", _WORLD, "componentize"]
    for path in paths:
        command += ["-p", str(path.resolve())]
    command += ["vestibule_entry", "-o", str(made)]
    # With VIRTUAL_ENV it adds the packages of that environment, which are ours, and not those of this Python: what is not
    # declared is not there. A backtrace would be of the tool's own frames.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RUST_")}
    environment |= {"VIRTUAL_ENV": str(venv), "RUST_BACKTRACE": "0"}
    ran = subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", check=False
    )
    if ran.returncode != 0 or not made.is_file():
        raise BuildError(_explained(ran.stdout + ran.stderr, project))


def _put(made: Path, out: Path) -> None:
    part = out.with_name(f".{out.name}.part")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(made, part)
        os.replace(part, out)
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink()
        raise BuildError(f"{out}: {error.strerror or error}") from None


def _explained(output: str, project: Project) -> str:
    """What the author has to know of a build that failed: what the program printed, Python's own error, and what it means."""
    before, marker, rest = output.partition(_REPORT)
    if marker:
        told = json.loads(rest.splitlines()[0])
        printed = before.strip()
        text = told["text"] if not printed else f"{printed}\n{told['text']}"
        return f"{text}\n\n{_meaning(told, project)}"
    stub = re.search(r"called trapping stub: (\S+)", output)
    if stub:
        return (
            f"the module {project.module} called {stub.group(1)} while it was loaded. A module is loaded once, when it is built, and "
            "there is no host then: call it inside of the handler"
        )
    shown = output.split("\nCaused by:")[0].strip() or output.strip()
    return f"componentize-py failed:\n{shown[-4000:]}"


def _meaning(told: dict[str, str], project: Project) -> str:
    module, kind = project.module, told["kind"]
    if kind == "handler":
        return f"{module} has no handler that the host could call."
    if kind == "ModuleNotFoundError":
        name = told.get("name", "").split(".")[0]
        if name in sys.stdlib_module_names:
            return f"The interpreter in a component has no module `{name}`: it has neither threads nor sockets nor other programs."
        return (
            f"The component has what pyproject.toml declares, and no `{name}`: put its package under `dependencies` of [project] and "
            f"install it ({dependencies.pip('PACKAGE')})."
        )
    if kind == "KeyError" and "os.environ" in told["text"]:
        return (
            f"{module} is loaded once, when it is built, and the environment is what the policy grants to each call: read it inside "
            "of the handler."
        )
    if kind in ("SyntaxError", "IndentationError", "TabError"):
        return "This is no Python that the interpreter of a component (3.14) reads."
    if kind == "SystemExit":
        return f"{module} ended the interpreter while it was loaded."
    return f"{module} is loaded once, when it is built; this is what that came to."
