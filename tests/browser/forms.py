"""Finds the forms of pages as they stand without a script, and presses their buttons."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.urls import resolve
from playwright.sync_api import Error, Locator, expect
from playwright.sync_api import Page as Tab

from tools.pictures.camera import Camera
from tools.pictures.pages import Picture

BUTTONS = "button:not([type=button], .spoken, .only-script)"
FOUND = """(buttons) => [...document.querySelectorAll(buttons)].filter((el) => el.form).map((el) => [
  el.formMethod || el.form.method,
  new URL(el.getAttribute("formaction") || el.form.getAttribute("action") || location.href, location.href).pathname,
  el.name, el.value])"""


@dataclass(frozen=True)
class Press:
    """How a form is tried: what is typed, and the words that show that it did its thing."""

    says: str
    types: dict[str, str] = field(default_factory=dict)
    file: tuple[str, bytes] | None = None
    order: int = 0
    """The higher, the later: what takes something away that others need, or ends the session."""
    ticks: dict[str, str] = field(default_factory=dict)
    """What is chosen where the same button first leads to a page that asks."""
    page: str = ""
    """The page where it is pressed, if not the first that has it."""


def key_of(method: str, path: str, name: str, value: str) -> str:
    """Return the name under which a button stands in the table: where it leads, and which of the form's it is."""
    found = resolve(path)
    step = f" {found.kwargs['step']}" if "step" in found.kwargs else ""
    which = f" {name}" if name and ":" in value else f" {name}={value}" if name else ""
    return f"{method} {found.view_name}{step}{which}"


@dataclass
class Presser(Camera):
    """Visits pages without a script; once somebody's pages are seen, presses what was found there first."""

    rows: dict[str, Press] = field(default_factory=dict)
    found: dict[str, str] = field(default_factory=dict)
    pressed: set[str] = field(default_factory=set)
    keeps: bool = False

    def take(self, tab: Tab, name: str, into: Path | None = None) -> None:
        self.taken += 1
        for key, _button in self._buttons(tab):
            self.found.setdefault(key, name)

    def take_all(self, tab: Tab, pages: Mapping[str, Picture]) -> None:
        super().take_all(tab, pages)
        here = [key for key in self.rows if (self.rows[key].page or self.found.get(key)) in pages]
        for key in sorted(here, key=lambda one: self.rows[one].order):
            self._try(tab, pages, key)

    def _buttons(self, tab: Tab) -> list[tuple[str, Locator]]:
        buttons = tab.locator(BUTTONS)
        told: list[list[str]] = tab.evaluate(FOUND, BUTTONS)
        return [(key_of(*one), buttons.nth(place)) for place, one in enumerate(told)]

    def _try(self, tab: Tab, pages: Mapping[str, Picture], key: str) -> None:
        row = self.rows[key]
        try:
            self._visit(tab, pages[row.page or self.found[key]])
            button = next(one for name, one in self._buttons(tab) if name == key)
            if row.ticks:
                self._press(tab, button, Press("", row.ticks))
                button = next(one for name, one in self._buttons(tab) if name == key)
            self._press(tab, button, row)
            expect(tab.locator("body")).to_contain_text(re.compile(row.says), timeout=10_000)
        except (AssertionError, Error, StopIteration) as fault:
            said = tab.locator("h1, .lead, .notice, .field-error").all_inner_texts()
            self.complaints.append(f"{key} at {tab.url}: {str(fault).splitlines()[:1]}; the page says {said}")
        self.pressed.add(key)

    def _press(self, tab: Tab, button: Locator, row: Press) -> None:
        for details in button.locator("xpath=ancestor::details").all():
            if details.get_attribute("open") is None:
                details.locator("summary").first.click()
        form: Any = button.locator("xpath=ancestor::form[1]")
        for name, asked in row.types.items():
            text = asked.format_map(self.ids)
            entry = form.locator(f"[name='{name}']").first
            kind = entry.evaluate("el => el.tagName === 'SELECT' ? 'select' : el.type")
            if kind == "select":
                entry.select_option(text)
            elif kind in {"checkbox", "radio"}:
                form.locator(f"[name='{name}'][value='{text}']").first.check()
            else:
                entry.fill(text)
        if row.file:
            name, content = row.file
            given = {"name": name, "mimeType": "text/csv", "buffer": content}
            form.locator("input[type=file]").set_input_files(given)
        button.click()
