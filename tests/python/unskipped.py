"""A plugin of pytest: a test that is skipped, or that is expected to fail, makes the run fail and is named. Knows nothing of what is
tested; `tests/python/run` loads it.
"""

import pytest

_names: list[str] = []


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Of each phase of a test."""
    if report.skipped or hasattr(report, "wasxfail"):
        _names.append(report.nodeid)


def pytest_collectreport(report: pytest.CollectReport) -> None:
    """Of a file that skips itself."""
    if report.skipped:
        _names.append(report.nodeid)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Before pytest ends with the status that is here."""
    if _names:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """After the tests."""
    for name in _names:
        terminalreporter.write_line(f"not run as a test: {name}; a test that is skipped has not passed")
