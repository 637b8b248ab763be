"""The command line of the build: `python3 -m vestibule build` and `vestibule-build`. Owns arguments, messages and exit codes; what
a build is, is told elsewhere.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import time
from pathlib import Path
from typing import NoReturn

from .. import __version__
from . import component, project
from .errors import BuildError

_EXAMPLES = """\
Examples:
  python3 -m vestibule build                               dist/NAME.wasm
  python3 -m vestibule build --out functions/divide.wasm
  python3 -m vestibule build --project divide

NAME is that of [project] in pyproject.toml. The handler is `handle`, or `lambda_handler` as AWS Lambda
has it, in app.py or src/app.py. [tool.vestibule] in pyproject.toml says otherwise:
  module = "shop.webhooks"          another module
  handler = "receive"               another name
  without-native = ["markupsafe"]   packages whose native parts are left out

Exit status: 0, 1 if it cannot be built, 64 on wrong settings or use."""


class _Parser(argparse.ArgumentParser):
    """One that ends with the status of the commands beside it."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(64, f"{self.prog}: {message}\n")


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", metavar="FILE.wasm", type=Path, help="where to write the component [default: dist/NAME.wasm]")
    parser.add_argument(
        "--project", metavar="FOLDER", type=Path, default=Path("."), help="the function's folder [default: this one]"
    )


def main(arguments: list[str] | None = None) -> int:
    """`python3 -m vestibule`: returns the exit code."""
    parser = _Parser(prog="python3 -m vestibule", description="Functions in Python for the Vestibule host.")
    parser.add_argument("--version", action="version", version=f"vestibule {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    description = "Build the component of a function."
    build = commands.add_parser(
        "build",
        help=description,
        description=description,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _arguments(build)
    return _build(parser.parse_args(arguments))


def build_command() -> int:
    """`vestibule-build`: returns the exit code."""
    parser = _Parser(
        prog="vestibule-build",
        description="Build the component of a function.",
        epilog=_EXAMPLES.replace("python3 -m vestibule build", "vestibule-build"),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _arguments(parser)
    return _build(parser.parse_args())


def _build(arguments: argparse.Namespace) -> int:
    began = time.monotonic()
    try:
        found = project.read(arguments.project)
        out: Path = arguments.out or arguments.project / "dist" / f"{found.name}.wasm"
        if out.suffix != ".wasm":
            print(f"vestibule: --out {out}: a component's file ends in .wasm", file=sys.stderr)
            return 64
        names = component.build(found, out)
    except BuildError as error:
        print(f"vestibule: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return 1
    content = out.read_bytes()
    packages = f", with {', '.join(names)}" if names else ""
    digest = hashlib.sha256(content).hexdigest()[:8]
    print(f"built {out}  {digest}, {len(content) / 1e6:.1f} MB in {time.monotonic() - began:.0f} s{packages}")
    return 0
