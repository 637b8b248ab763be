"""What a function in Python costs: size, build, compile, and a request, of `hello` in the SDK and of each example. Owns measuring; run
it by `./just bench-python`, and on a machine that does nothing else. Prints a table in Markdown.

`instance` is what the host logs of a call: instantiate, call, and drop; `request` is what a client waits for on one connection.
"""

import http.client
import os
import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path

from vestibule.build import component, project
from vestibule.testing import Host

EXAMPLES = Path(__file__).parents[2] / "examples" / "python"
CALLS = 300

HELLO = """\
from vestibule import Response


def handle(event):
    return Response.text("Hello, world!")
"""


def build(folder: Path, out: Path) -> float:
    """Builds a component; the processor time that it took, in seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    component.build(project.read(folder), out)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def started(out: Path, cache: Path) -> tuple[Host, float]:
    """A host that serves it to anyone, and the seconds until it did."""
    os.environ["XDG_CACHE_HOME"] = str(cache)
    began = time.monotonic()
    host = Host(out).policy('access = "public"\n').start()
    return host, time.monotonic() - began


def requests(host: Host, path: str) -> tuple[list[float], list[float], int]:
    """Milliseconds of the calls and of the requests, and the most memory that a call held."""
    waited = []
    connection = http.client.HTTPConnection(host._address)
    ids = []
    for _ in range(CALLS):
        began = time.perf_counter()
        connection.request("GET", path)
        response = connection.getresponse()
        response.read()
        waited.append((time.perf_counter() - began) * 1000)
        ids.append(response.getheader("x-request-id"))
    connection.close()
    lines = [host._log_of(str(each))[-1] for each in ids]
    return [line["instance_ms"] for line in lines], waited, max(line["memory_bytes"] for line in lines)


def row(name: str, folder: Path, path: str, work: Path) -> str:
    """One line of the table."""
    out = work / f"{name}.wasm"
    built = build(folder, out)
    cache = work / f"cache-{name}"
    host, cold = started(out, cache)
    host.stop()
    host, warm = started(out, cache)
    instance, request, memory = requests(host, f"/{name}{path}")
    host.stop()
    compiled = sum(file.stat().st_size for file in cache.rglob("*") if file.is_file())
    return (
        f"| `{name}` | {out.stat().st_size / 1e6:.1f} MB | {built:.0f} s | {cold - warm:.0f} s | {compiled / 1e6:.0f} MB | {warm:.2f} s "
        f"| {memory / 1e6:.1f} MB | {statistics.median(instance):.2f} ms | {statistics.median(request):.2f} ms |"
    )


def main() -> None:
    """Prints the table."""
    print("| function | size | build (CPU) | compile | compiled | start, from the cache | memory | instance | request |")
    print("|---|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        hello = work / "hello"
        hello.mkdir()
        (hello / "app.py").write_text(HELLO)
        (hello / "pyproject.toml").write_text('[project]\nname = "hello"\n')
        print(row("hello", hello, "", work), flush=True)
        for name, path in (("divide", "?dividend=20&divisor=5"), ("echo", ""), ("lambda", "?name=Ada")):
            if not sys.argv[1:] or name in sys.argv[1:]:
                print(row(name, EXAMPLES / name, path, work), flush=True)


main()
