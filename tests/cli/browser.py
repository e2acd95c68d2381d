"""The browser's part of a consent with an HTTP client alone: follows the simulator's real pages, fills its forms."""

import urllib.error
import urllib.request
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookiejar import CookieJar
from urllib.parse import urlencode, urljoin, urlsplit


@dataclass
class Form:
    """A form of a page: where it goes, what it carries, and the choices offered by their labels."""

    action: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    choices: dict[str, str] = field(default_factory=dict)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.form = Form()
        self._choice = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form" and not self.form.action:
            self.form.action = given.get("action", "")
        elif tag == "input" and given.get("type") in {"radio", "checkbox"}:
            self._choice = given["value"]
        elif tag == "input":
            self.form.fields[given.get("name", "")] = given.get("value", "")

    def handle_data(self, text: str) -> None:
        if self._choice and text.strip():
            self.form.choices.setdefault(text.strip(), self._choice)
            self._choice = ""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_arguments: object) -> None:
        return None


class Browser:
    """Keeps cookies and follows redirects within one origin."""

    def __init__(self) -> None:
        self.opener = urllib.request.build_opener(_NoRedirect, urllib.request.HTTPCookieProcessor(CookieJar()))
        self.address = ""
        self.page = ""

    def go(self, address: str, form: dict[str, str] | None = None) -> str:
        """Open an address, or send a form to it; returns the address where it ends, unopened if of another origin."""
        origin, body = urlsplit(address).netloc, urlencode(form).encode() if form is not None else None
        for _ in range(10):
            try:
                with self.opener.open(address, body, timeout=20) as answer:
                    self.address, self.page = address, answer.read().decode()
                    return address
            except urllib.error.HTTPError as answer:
                with answer:
                    if answer.code not in {302, 303}:
                        raise AssertionError(f"{address}: {answer.code} {answer.read().decode()[:500]}") from answer
                    address, body = urljoin(address, answer.headers["Location"]), None
            if urlsplit(address).netloc != origin:
                return address
        raise AssertionError("redirected without end")

    def form(self) -> Form:
        """Return the page's form."""
        reader = _Forms()
        reader.feed(self.page)
        return reader.form


def consent(address: str, *, email: str, password: str, organisation: str) -> str:
    """Sign in, choose the organisation, allow access; returns the callback address that the browser ends on."""
    browser = Browser()
    browser.go(address)
    form = browser.form()
    browser.go(urljoin(browser.address, form.action), form.fields | {"email": email, "password": password})
    form = browser.form()
    tenant_id = next(value for label, value in form.choices.items() if label.startswith(organisation))
    return browser.go(
        urljoin(browser.address, form.action), form.fields | {"tenant_id": tenant_id, "decision": "allow"}
    )
