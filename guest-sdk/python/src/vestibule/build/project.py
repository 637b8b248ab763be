"""What a project says about itself: `pyproject.toml` and where the module lies. Owns reading and checking that; builds nothing."""

from __future__ import annotations

import difflib
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import UsageError

#: The keys of `[tool.vestibule]`. The route is for `host build`, which names the component after it.
_KEYS = ("module", "handler", "without-native", "route")


@dataclass(frozen=True)
class Project:
    """A project that can be built."""

    folder: Path
    #: The name of `[project]`, or of the folder.
    name: str
    #: The folder that the module is imported from.
    source: Path
    module: str
    #: The name of the handler, where it is neither `handle` nor `lambda_handler`.
    handler: str | None
    #: The requirements of `[project]`, as they are written.
    dependencies: tuple[str, ...]
    #: Packages whose native parts are left out, by name.
    without_native: frozenset[str]


def read(folder: Path) -> Project:
    """Reads a project. Raises UsageError; the text names file and key and what to write."""
    file = folder / "pyproject.toml"
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageError(f"{file}: there is no such file; run this in a function's folder, or name it with --project") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{file}: {error}") from None
    project = _table(document, "project", file)
    settings = _table(_table(document, "tool", file), "vestibule", file, "tool.vestibule")
    _known(settings, file)
    name = _text(project, "name", file, "project.name") or folder.resolve().name
    module = _text(settings, "module", file, "tool.vestibule.module")
    source, module = _module(folder, name, module, file)
    return Project(
        folder=folder,
        name=name,
        source=source,
        module=module,
        handler=_text(settings, "handler", file, "tool.vestibule.handler"),
        dependencies=tuple(_texts(project, "dependencies", file, "project.dependencies")),
        without_native=frozenset(map(normal, _texts(settings, "without-native", file, "tool.vestibule.without-native"))),
    )


def normal(name: str) -> str:
    """A package's name as indexes compare it."""
    return name.lower().replace("_", "-").replace(".", "-")


def _module(folder: Path, name: str, module: str | None, file: Path) -> tuple[Path, str]:
    """Where the module is imported from, and its name: `app`, unless the settings or a package of the project's name say else."""
    roots = [folder, folder / "src"]
    for wanted in [module] if module else ["app", name.replace("-", "_")]:
        if not all(part.isidentifier() for part in wanted.split(".")):
            continue
        for root in roots:
            path = root.joinpath(*wanted.split("."))
            if path.with_suffix(".py").is_file() or (path / "__init__.py").is_file():
                return root, wanted
    if module:
        looked = f"{module.replace('.', '/')}.py"
        raise UsageError(f"{file}: tool.vestibule.module = \"{module}\", and there is neither {looked} nor src/{looked}")
    raise UsageError(
        f"{folder}: there is no app.py, nor src/app.py; write one with def handle(event, context):, or say which module it is in: "
        f'module = "…" under [tool.vestibule] in pyproject.toml'
    )


def _table(document: dict[str, Any], key: str, file: Path, shown: str | None = None) -> dict[str, Any]:
    value = document.get(key, {})
    if not isinstance(value, dict):
        raise UsageError(f"{file}: {shown or key} is no table; write [{shown or key}]")
    return value


def _text(table: dict[str, Any], key: str, file: Path, shown: str) -> str | None:
    value = table.get(key)
    if value is not None and (not isinstance(value, str) or not value):
        raise UsageError(f'{file}: {shown} is no text; write {key} = "…"')
    return value


def _texts(table: dict[str, Any], key: str, file: Path, shown: str) -> list[str]:
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise UsageError(f'{file}: {shown} is no list of texts; write {key} = ["…"]')
    return value


def _known(settings: dict[str, Any], file: Path) -> None:
    for key in settings:
        if key not in _KEYS:
            near = difflib.get_close_matches(key, _KEYS, 1)
            hint = f"; did you mean `{near[0]}`?" if near else f"; there are {', '.join(_KEYS)}"
            raise UsageError(f"{file}: tool.vestibule.{key} is unknown{hint}")
