"""A browser, and an installation of real programs on real ports for it to visit."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.cli.programs import clubledger, free_port, own_settings, running, status_of, wait_for
from tools.pictures.browser import picture

PASSWORD = "correct horse battery staple"
TREASURER = "tess@banksiapark.example"
# Long enough for a machine that has other things to do; what is there at once is seen at once all the same.
expect.set_options(timeout=30_000)


@dataclass
class Installation:
    """Where the programs of a test listen, and how a command is run on them."""

    environment: dict[str, str]
    folder: Path

    @property
    def web(self) -> str:
        return f"http://localhost:{self.environment['CLUBLEDGER_PORT']}"

    @property
    def simulator(self) -> str:
        return f"http://localhost:{self.environment['SIMULATOR_PORT']}"

    def run(self, *arguments: str, given: str | None = None, status: int = 0) -> str:
        return clubledger(self.environment, *arguments, given=given, status=status).stdout


def install(folder: Path) -> Installation:
    """Return an installation with settings of its own and an empty database; nothing of it runs yet."""
    environment = own_settings(folder / "var", free_port(), free_port())
    environment |= {"CLUBLEDGER_REQUIRE_MFA": "0", "CLUBLEDGER_AS": TREASURER, "CLUBLEDGER_PASSWORD": PASSWORD}
    environment |= {"CLUBLEDGER_BASE_URL": f"http://localhost:{environment['CLUBLEDGER_PORT']}"}
    made = Installation(environment, folder)
    made.run("migrate")
    return made


@contextmanager
def simulating(made: Installation) -> Iterator[None]:
    """Run the installation's simulator."""
    log = made.folder / "simulator.log"
    with running(made.environment, "xero_simulator", "--store", str(made.folder / "sim.db"), log=log):
        wait_for(lambda: status_of(f"{made.simulator}/_sim/health") == 200, "the simulator", log)
        yield


@contextmanager
def serving(made: Installation) -> Iterator[None]:
    """Run the installation's web and worker."""
    log = made.folder / "serve.log"
    with running(made.environment, "clubledger", "serve", log=log):
        wait_for(lambda: status_of(f"{made.web}/readyz") == 200, "web and worker", log)
        yield


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An empty club with its treasurer, who owns it; simulator, web and worker running."""
    made = install(tmp_path_factory.mktemp("browser"))
    made.environment["CLUBLEDGER_CLUB"] = "banksia-park"
    made.run("create-user", TREASURER, "--name", "Tess Okafor", "--password-stdin", given=f"{PASSWORD}\n")
    made.run("create-club", "banksia-park", "--name", "Banksia Park Golf Club", "--owner", TREASURER)
    made.run("xero-app")
    with simulating(made), serving(made):
        yield made


@dataclass
class Walk:
    """A person at the browser: takes a picture of every step, and notices what the browser complains of."""

    page: Page
    web: str
    folder: Path
    name: str
    steps: int = 0
    complaints: list[str] = field(default_factory=list)

    def listen(self) -> "Walk":
        self.page.on("console", lambda said: self._hear(said.type, said.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        return self

    def _hear(self, kind: str, text: str) -> None:
        if kind == "error" and "status of 4" not in text:
            self.complaints.append(text)

    def snap(self, what: str) -> None:
        self.steps += 1
        picture(self.page, self.folder / f"{self.name}-{self.steps:02d}-{what}.png")

    def go(self, path: str) -> Any:
        return self.page.goto(f"{self.web}{path}")

    def press(self, name: str, **more: Any) -> None:
        self.page.get_by_role("button", name=name, exact=True, **more).first.click()

    def follow(self, name: str, *, exact: bool = True) -> None:
        self.page.get_by_role("link", name=name, exact=exact).first.click()

    def sign_in(self, email: str = TREASURER, password: str = PASSWORD) -> None:
        self.go("/sign-in/")
        self.page.get_by_label("E-mail").first.fill(email)
        self.page.get_by_label("Password").first.fill(password)
        self.press("Sign in")


def walk_in(browser: Browser, web: str, folder: Path, name: str, **context: Any) -> Walk:
    settings = {"viewport": {"width": 1280, "height": 900}, "locale": "en-AU", "accept_downloads": True} | context
    return Walk(browser.new_context(**settings).new_page(), web, folder, name).listen()
