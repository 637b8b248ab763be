"""Which modules a program imports inside of functions. A component has no files, so they have to be imported before the snapshot.
Owns reading that from sources; imports nothing.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

#: Folders that hold no modules.
_OTHER = {"node_modules", "__pycache__"}
_MARKS = ("pyvenv.cfg", "CACHEDIR.TAG")


def imports(root: Path) -> dict[str, list[str]]:
    """For each module below `root` that has any: what it imports inside of functions, in full names."""
    found = {}
    for file, module in _modules(root, ""):
        try:
            tree = ast.parse(file.read_bytes())
        except (SyntaxError, ValueError, OSError):
            # Python says it better if it is ever imported.
            continue
        package = module if file.name == "__init__.py" else module.rpartition(".")[0]
        names = list(dict.fromkeys(_late(tree, package, is_late=False)))
        if names:
            found[module] = names
    return found


def _modules(folder: Path, package: str) -> Iterator[tuple[Path, str]]:
    try:
        paths = sorted(folder.iterdir())
    except OSError:
        return
    for path in paths:
        name = path.stem
        if not name.isidentifier():
            continue
        if path.suffix == ".py" and path.is_file():
            yield path, (package if name == "__init__" else f"{package}.{name}".lstrip("."))
        # A link may lead back here; an environment and what cargo builds are no modules.
        elif path.is_dir() and not path.is_symlink() and path.name not in _OTHER and not any((path / mark).exists() for mark in _MARKS):
            yield from _modules(path, f"{package}.{name}".lstrip("."))


def _late(node: ast.AST, package: str, is_late: bool) -> Iterator[str]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import) and is_late:
            yield from (alias.name for alias in child.names)
        elif isinstance(child, ast.ImportFrom) and is_late:
            parts = package.split(".") if package else []
            parts = parts[: len(parts) - child.level + 1] if child.level else []
            base = ".".join([*parts, *([child.module] if child.module else [])])
            if base:
                yield base
            # What is imported may be a module in itself.
            yield from (f"{base}.{alias.name}".lstrip(".") for alias in child.names if alias.name != "*")
        else:
            is_function = isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
            yield from _late(child, package, is_late or is_function)
