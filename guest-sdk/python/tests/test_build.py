"""The build: what a project says, what it depends on, and what is said when it cannot be built."""

import filecmp
import json
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest
from conftest import ROOT

import vestibule
from vestibule.build import cli, component, dependencies, late, project
from vestibule.build.errors import BuildError, UsageError


def make(folder: Path, pyproject: str, **modules: str) -> Path:
    (folder / "pyproject.toml").write_text(dedent(pyproject), encoding="utf-8")
    for name, text in modules.items():
        (folder / f"{name}.py").write_text(dedent(text), encoding="utf-8")
    return folder


def test_the_contract_in_the_package_is_the_hosts() -> None:
    ours, theirs = Path(vestibule.__file__).parent / "wit", ROOT / "wit"
    found = sorted(str(file.relative_to(ours)) for file in ours.rglob("*.wit"))
    expected = [str(file.relative_to(theirs)) for file in theirs.rglob("*.wit")]
    # The verifier is a component of its own kind.
    assert found == sorted(name for name in expected if not name.startswith("verifier"))
    assert filecmp.cmpfiles(ours, theirs, found, shallow=False) == (found, [], []), "run tools/python wit"


def test_a_project_is_read(tmp_path: Path) -> None:
    found = project.read(make(tmp_path, '[project]\nname = "shop"\ndependencies = ["vestibule", "x"]', app=""))
    assert (found.name, found.module, found.source, found.handler) == ("shop", "app", tmp_path, None)
    assert found.dependencies == ("vestibule", "x")
    (tmp_path / "src").mkdir()
    # The route is what `host build` names the component after.
    settings = 'module = "hooks"\nhandler = "receive"\nroute = "users/[id]"\nwithout-native = ["A_b"]'
    make(tmp_path, f"[tool.vestibule]\n{settings}", **{"src/hooks": ""})
    found = project.read(tmp_path)
    assert (found.module, found.source, found.handler) == ("hooks", tmp_path / "src", "receive")
    assert found.without_native == {"a-b"}


@pytest.mark.parametrize(
    ("pyproject", "text"),
    [
        ("[project", "pyproject.toml: "),
        ("[tool.vestibule]\nmodul = 'app'", "tool.vestibule.modul is unknown; did you mean `module`?"),
        ("[tool.vestibule]\nmodule = 7", 'tool.vestibule.module is no text; write module = "…"'),
        ("[tool.vestibule]\nmodule = 'other'", "there is neither other.py nor src/other.py"),
        ("[tool]\nvestibule = 1", "tool.vestibule is no table"),
        ("[project]\ndependencies = 'x'", "project.dependencies is no list of texts"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, pyproject: str, text: str) -> None:
    with pytest.raises(UsageError) as caught:
        project.read(make(tmp_path, pyproject, app=""))
    assert text in str(caught.value)


def test_a_folder_that_is_no_project_says_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["build", "--project", str(tmp_path)]) == 64
    assert "there is no such file; run this in a function's folder" in capsys.readouterr().err
    make(tmp_path, "")
    assert cli.main(["build", "--project", str(tmp_path)]) == 64
    assert "there is no app.py, nor src/app.py" in capsys.readouterr().err
    make(tmp_path, "", app="")
    assert cli.main(["build", "--project", str(tmp_path), "--out", "x"]) == 64
    assert "a component's file ends in .wasm" in capsys.readouterr().err
    with pytest.raises(SystemExit) as ended:
        cli.main(["bild"])
    assert ended.value.code == 64


def test_without_componentize_py_it_names_the_command(tmp_path: Path) -> None:
    make(tmp_path, "", app="")
    source = Path(vestibule.__file__).parents[1]
    # -S leaves the packages of the environment out.
    ran = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path.insert(0, {str(source)!r}); from vestibule.build import cli; "
         "sys.modules['componentize_py'] = None; sys.exit(cli.main(['build']))"],
        cwd=tmp_path, capture_output=True, text=True, check=False, env={"PYTHONPATH": ""},
    )  # fmt: skip
    assert ran.returncode == 1
    assert f" -m pip install 'componentize-py=={component.COMPONENTIZE}'\n" in ran.stderr


def _distribution(folder: Path, name: str, version: str, files: dict[str, str], requires: tuple[str, ...] = ()) -> None:
    """An installed package, as pip leaves one."""
    info = folder / f"{name}-{version}.dist-info"
    info.mkdir(parents=True)
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", *(f"Requires-Dist: {each}" for each in requires)]
    (info / "METADATA").write_text("\n".join(lines) + "\n")
    for file, text in files.items():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text(text)
    (info / "RECORD").write_text("".join(f"{file},,\n" for file in [*files, f"{info.name}/METADATA"]))


def test_what_is_declared_comes_with_all_it_needs_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = tmp_path / "site"
    marks = ('here>=1; sys_platform == "wasi"', 'win; sys_platform == "win32"', 'opt; extra == "more"')
    _distribution(site, "first", "1.0", {"first/__init__.py": "", "first/data.json": "{}"}, marks)
    _distribution(site, "here", "1.5", {"here.py": ""}, ("first",))
    _distribution(site, "opt", "1.0", {"opt.py": ""})
    _distribution(site, "undeclared", "1.0", {"undeclared.py": ""})
    monkeypatch.syspath_prepend(str(site))
    found = make(tmp_path, '[project]\ndependencies = ["vestibule", "First[more]"]', app="")
    assert dependencies.stage(project.read(found), tmp_path / "staged") == ["first", "here", "opt"]
    staged = sorted(str(file.relative_to(tmp_path / "staged")) for file in (tmp_path / "staged").rglob("*.*") if file.is_file())
    assert [name for name in staged if "dist-info" not in name] == ["first/__init__.py", "first/data.json", "here.py", "opt.py"]


@pytest.mark.parametrize(
    ("wanted", "text"),
    [
        ("missing>=2", "missing is not installed for"),
        ("fast", "the package fast has native code (fast/_speed.cpython-314-x86_64-linux-gnu.so), which no component can load"),
        ("old>=2", "old 1.0 is installed, and pyproject.toml asks for >=2"),
        ("needy", "nowhere is not installed"),
        ("not a name!", "project.dependencies: 'not a name!'"),
    ],
)
def test_a_package_that_cannot_be_there_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wanted: str, text: str
) -> None:
    site = tmp_path / "site"
    _distribution(site, "fast", "1.0", {"fast/__init__.py": "", "fast/_speed.cpython-314-x86_64-linux-gnu.so": ""})
    _distribution(site, "old", "1.0", {"old.py": ""})
    _distribution(site, "needy", "1.0", {"needy.py": ""}, ("nowhere",))
    monkeypatch.syspath_prepend(str(site))
    found = project.read(make(tmp_path, f"[project]\ndependencies = ['{wanted}']", app=""))
    with pytest.raises(BuildError) as caught:
        dependencies.stage(found, tmp_path / "staged")
    assert text in str(caught.value)


def test_native_parts_are_left_out_where_the_project_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = tmp_path / "site"
    _distribution(site, "Fast_Er", "1.0", {"faster.py": "", "_faster.so": ""})
    monkeypatch.syspath_prepend(str(site))
    text = '[project]\ndependencies = ["fast-er"]\n[tool.vestibule]\nwithout-native = ["fast.er"]'
    dependencies.stage(project.read(make(tmp_path, text, app="")), tmp_path / "staged")
    assert (tmp_path / "staged" / "faster.py").exists()
    assert not (tmp_path / "staged" / "_faster.so").exists()


def test_imports_inside_of_functions_are_found(tmp_path: Path) -> None:
    package = tmp_path / "shop"
    package.mkdir()
    (package / "__init__.py").write_text("import os\ndef f():\n    import csv, xml.dom\n    from . import tools\n")
    (package / "tools.py").write_text("class A:\n    def f(self):\n        from .other import thing\n        from json import loads\n")
    (tmp_path / "app.py").write_text("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import never\n")
    (tmp_path / "broken.py").write_text("def f(:\n")
    assert late.imports(tmp_path) == {
        "shop": ["csv", "xml.dom", "shop", "shop.tools"],
        "shop.tools": ["shop.other", "shop.other.thing", "json", "json.loads"],
    }


def test_a_module_that_cannot_be_loaded_is_shown_as_python_shows_it(tmp_path: Path) -> None:
    source = """
    import os
    from vestibule import kv
    print("so far")
    try:
        kv.open("orders")
    except RuntimeError as error:
        print(error)
    LEVEL = os.environ["LEVEL"]
    """
    out = tmp_path / "app.wasm"
    out.write_bytes(b"as it was")
    with pytest.raises(BuildError) as caught:
        component.build(project.read(make(tmp_path, "", app=source)), out)
    told = str(caught.value)
    for text in (
        "so far",
        "ask for stores, secrets, requests and signatures inside of the handler",
        '  File "app.py", line 9, in <module>\n    LEVEL = os.environ["LEVEL"]',
        "KeyError: 'LEVEL'",
        "read it inside of the handler",
    ):
        assert text in told
    for text in ("Stack backtrace", "_snapshot", "importlib"):
        assert text not in told
    assert out.read_bytes() == b"as it was"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["app.py", "app.wasm", "pyproject.toml"], "nothing is left"


@pytest.mark.parametrize(
    ("report", "text"),
    [
        ({"kind": "ModuleNotFoundError", "name": "requests.api"}, "no `requests`: put its package under `dependencies` of [project]"),
        ({"kind": "ModuleNotFoundError", "name": "sqlite3"}, "The interpreter in a component has no module `sqlite3`"),
        ({"kind": "SyntaxError"}, "the interpreter of a component (3.14)"),
        ({"kind": "SystemExit"}, "app ended the interpreter while it was loaded"),
        ({"kind": "handler"}, "app has no handler"),
        ({"kind": "ZeroDivisionError"}, "app is loaded once, when it is built"),
    ],
)
def test_each_failure_says_what_it_means(tmp_path: Path, report: dict[str, str], text: str) -> None:
    found = project.read(make(tmp_path, "", app=""))
    told = component._explained(f"printed\n{_snapshot_report({**report, 'text': 'Traceback'})}\nCaused by:\n tool", found)
    assert told.startswith("printed\nTraceback\n\n")
    assert text in told and "tool" not in told


def _snapshot_report(report: dict[str, str]) -> str:
    return "\x01vestibule-build:" + json.dumps(report)


def test_what_the_tool_itself_says_is_passed_on(tmp_path: Path) -> None:
    found = project.read(make(tmp_path, "", app=""))
    assert component._explained("odd\n\nCaused by:\n  more", found) == "componentize-py failed:\nodd"
    stub = "Caused by: called trapping stub: vestibule:function/secrets@0.1.0#get\n"
    assert "called vestibule:function/secrets@0.1.0#get while it was loaded" in component._explained(stub, found)
