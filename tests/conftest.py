"""What all tests share: parts of the machine that some need, and databases that some are about."""

import gc
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import Browser, sync_playwright

from tests import migration
from tools.pictures.browser import chromium

pytest_plugins = ["tests.fixtures_clubs"]

IN_CI = os.environ.get("CI", "").lower() in {"1", "true"}
BROWSER_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]


def pytest_configure(config: pytest.Config) -> None:
    for line in (
        "node: runs a script under Node",
        "sqlite: is about SQLite alone",
        "postgresql: is about PostgreSQL alone",
    ):
        config.addinivalue_line("markers", line)
    migration.use_kept()


@pytest.fixture(autouse=True, scope="session")
def _flush_in_spite_of_triggers() -> None:
    """Between tests that commit, rows are flushed; on SQLite that deletes, which the audit trail's triggers refuse."""
    if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        from django.db.backends.sqlite3.operations import DatabaseOperations

        from tests.flush import without_triggers

        DatabaseOperations.sql_flush = without_triggers(DatabaseOperations.sql_flush)  # type: ignore[method-assign]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is about the other database: such a test is not skipped, it has no meaning here.

    What drives browsers and programs comes first: it waits more than it works, and would be a long tail at the end.
    """
    engine = settings.DATABASES["default"]["ENGINE"].rpartition(".")[2]
    other = {"sqlite3": "postgresql", "postgresql": "sqlite"}[engine]
    left_out = [item for item in items if item.get_closest_marker(other) or _is_seen_on_sqlite(item, engine)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]
    items.sort(key=lambda item: not (item.get_closest_marker("browser") or item.get_closest_marker("processes")))


def pytest_collection_finish() -> None:
    """What is loaded by now stays loaded: it is not looked through again each time that memory is tidied."""
    gc.collect()
    gc.freeze()


def _is_seen_on_sqlite(item: pytest.Item, engine: str) -> bool:
    """Whether it drives a browser on PostgreSQL: what a browser shows is the same there, but for one smoke test."""
    return bool(engine == "postgresql" and item.get_closest_marker("browser") and not item.get_closest_marker("smoke"))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what needs a part that this machine lacks; in CI a missing part is a failure."""
    if item.get_closest_marker("browser") and chromium() is None:
        _lacking("needs Chromium: install the package chromium, or set CHROMIUM to its path")
    if item.get_closest_marker("node") and shutil.which("node") is None:
        _lacking("needs Node: install the package nodejs")


def _lacking(words: str) -> None:
    if IN_CI:
        pytest.fail(f"{words}. In CI nothing is skipped.", pytrace=False)
    pytest.skip(words)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Fail the run in CI if anything was skipped."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if IN_CI and reporter is not None and reporter.stats.get("skipped") and exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        reporter.write_line("Tests were skipped, which CI does not allow.", red=True)


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """The path of Chromium, for tests marked `browser`."""
    path = chromium()
    assert path is not None
    return path


@pytest.fixture(scope="session")
def browser(chromium_path: str) -> Iterator[Browser]:
    """The one browser of a test process: Playwright allows no second driver in a thread while the first one runs."""
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium_path, args=BROWSER_ARGUMENTS)
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def screenshots() -> Path:
    """The folder where browser tests keep a picture of each step."""
    folder = Path(settings.BASE_DIR) / "var" / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
