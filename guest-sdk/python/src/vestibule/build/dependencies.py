"""The packages that a project declares, as this Python has them installed. Owns finding them with all they need in turn, putting
their files together, and refusing what no component can load; installs nothing.
"""

from __future__ import annotations

import shutil
import sys
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from .errors import BuildError, UsageError
from .project import Project, normal

#: What marks in requirements are compared with: the interpreter in a component.
_COMPONENT = {
    "implementation_name": "cpython",
    "os_name": "posix",
    "platform_machine": "wasm32",
    "platform_python_implementation": "CPython",
    "platform_system": "wasi",
    "python_full_version": "3.14.0",
    "python_version": "3.14",
    "sys_platform": "wasi",
}

_NATIVE = {".so", ".pyd", ".dylib", ".dll"}


def stage(project: Project, target: Path) -> list[str]:
    """Copies the pure-Python files of all that the project needs into `target`. Returns the packages' names.

    Raises BuildError: a package is not installed, or has native code.
    """
    found = _closure(project)
    target.mkdir(parents=True)
    for dist in found.values():
        _copy(dist, target, project)
    return sorted(found)


def _closure(project: Project) -> dict[str, Distribution]:
    if not project.dependencies:
        return {}
    try:
        from packaging.requirements import InvalidRequirement, Requirement
    except ImportError:
        raise BuildError(f"the package `packaging` is missing: {pip('packaging')}") from None
    file = project.folder / "pyproject.toml"
    found: dict[str, Distribution] = {}
    asked: set[tuple[str, frozenset[str]]] = set()
    wanted = [(text, frozenset[str](), "pyproject.toml") for text in project.dependencies]
    while wanted:
        text, extras, whose = wanted.pop()
        try:
            requirement = Requirement(text)
        except InvalidRequirement as error:
            raise UsageError(f"{file}: project.dependencies: {text!r}: {error}") from None
        environments = [{**_COMPONENT, "extra": extra} for extra in extras or {""}]
        name = normal(requirement.name)
        if requirement.marker and not any(requirement.marker.evaluate(each) for each in environments):
            continue
        key = (name, frozenset(requirement.extras))
        # The SDK itself is part of every component.
        if name == "vestibule" or key in asked:
            continue
        asked.add(key)
        try:
            dist = distribution(requirement.name)
        except PackageNotFoundError:
            raise BuildError(
                f"{requirement.name} is not installed for {sys.executable}, and {whose} asks for it: {pip(text)}"
            ) from None
        if not requirement.specifier.contains(dist.version, prereleases=True):
            raise BuildError(
                f"{requirement.name} {dist.version} is installed, and {whose} asks for {requirement.specifier}: {pip(text)}"
            )
        found[name] = dist
        wanted.extend((text, key[1], requirement.name) for text in dist.requires or ())
    return found


def _copy(dist: Distribution, target: Path, project: Project) -> None:
    name = dist.name
    files = dist.files
    if files is None or any(file.name.startswith("__editable__") for file in files):
        raise BuildError(
            f"{name} is installed in a way that does not list its files (editable?): {pip('--force-reinstall --no-deps PATH')}"
        )
    native = [file for file in files if file.suffix in _NATIVE]
    if native and normal(name) not in project.without_native:
        raise BuildError(
            f"the package {name} has native code ({native[0]}), which no component can load. Take {name} out of the "
            "dependencies, or a package in its place that is Python alone. If it works without its native part (PyYAML, "
            f'MarkupSafe and others do, only slower), write without-native = ["{normal(name)}"] under [tool.vestibule] in '
            "pyproject.toml"
        )
    for file in files:
        # Scripts lie outside; compiled files are of another Python.
        if ".." in file.parts or file.is_absolute() or file.suffix in _NATIVE or "__pycache__" in file.parts:
            continue
        source = Path(str(file.locate()))
        if source.is_file():
            copy = target.joinpath(*file.parts)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, copy)


def pip(arguments: str) -> str:
    """The command that installs something for this Python."""
    quoted = arguments if arguments.startswith("-") else f"'{arguments}'"
    return f"{sys.executable} -m pip install {quoted}"
