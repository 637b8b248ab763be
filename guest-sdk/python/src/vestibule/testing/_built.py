"""Where a built component is that a test names. Owns the order in which places are looked at, which is that of the test kits of
other languages, and what is said where nothing is found; opens nothing.
"""

from __future__ import annotations

import os
from pathlib import Path

#: Says where the functions folder is; `host test` sets it.
VARIABLE = "VESTIBULE_FUNCTIONS"

#: What the functions folder is called, by default.
_FOLDER = "functions"

#: Folders above the current one that are looked at, at the most.
_HEIGHT = 8


def places(named: Path) -> list[Path]:
    """Where a component may be: one of the functions folder, below the folder that VESTIBULE_FUNCTIONS names, for what was just
    built counts; else a path from the current folder, or from a folder above it up to the project's.
    """
    here = Path.cwd()
    found: list[Path] = []
    for folder in [here, *here.parents][:_HEIGHT]:
        found.append(folder / named)
        # Here the project ends, or the repository.
        if any((folder / mark).exists() for mark in (".vestibule", "host.toml", ".git")):
            break
    functions = os.environ.get(VARIABLE)
    if functions:
        is_one = named.parts[:1] == (_FOLDER,)
        found.insert(0 if is_one else len(found), here / functions / (named.relative_to(_FOLDER) if is_one else named))
    return found


def find(named: Path) -> Path | None:
    """The first of these places at which there is a file."""
    return next((place for place in places(named) if place.is_file()), None)


def missing(named: Path) -> str:
    """What to do where there is none."""
    looked = "".join(f"\n  {place}" for place in places(named))
    return (
        f"there is no {named}: run `host build` first, or set {VARIABLE} to the folder that the built functions are in; looked for "
        f"it at{looked}"
    )
