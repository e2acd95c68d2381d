"""Pages of the accounting product itself: organisations, connected apps, manual journals, one journal, lock dates."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from importlib.resources import files
from typing import Any
from urllib.parse import quote

from xero_simulator.consent import session_of
from xero_simulator.exchange import Answer, Request, redirect
from xero_simulator.model import HistoryOf, Organisation, XeroUser
from xero_simulator.render import page
from xero_simulator.world import World

ORGANISATION_COOKIE = "xero_simulator_organisation"
JOURNALS_PER_PAGE = 50


def answer(world: World, request: Request, path: str) -> Answer | None:
    """Return the page at a path (lower case), or None when there is none."""
    if path == "/static/simulator.css":
        sheet = (files("xero_simulator") / "pages" / "simulator.css").read_bytes()
        return Answer(200, sheet, [("Content-Type", "text/css; charset=utf-8"), ("Cache-Control", "max-age=3600")])
    if path == "/favicon.ico":
        return Answer(204)
    screen = _PAGES.get(path)
    if screen is None:
        return None
    session = session_of(world, request)
    if session is None:
        query = f"?{request.query}" if request.query else ""
        return redirect("/login?return=" + quote(request.path + query, safe=""))
    return screen(world, request, world.store.users[session.user_id])


def _mine(world: World, user: XeroUser) -> list[Organisation]:
    found = [item for item in world.store.organisations if user.user_id in item.members]
    return sorted(found, key=lambda item: item.name)


def _current(world: World, request: Request, user: XeroUser) -> Organisation | None:
    mine = _mine(world, user)
    wanted = request.cookie(ORGANISATION_COOKIE)
    return next((item for item in mine if item.tenant_id == wanted), mine[0] if mine else None)


def _show(world: World, request: Request, user: XeroUser, name: str, **values: Any) -> Answer:
    organisation = values.pop("organisation", None) or _current(world, request, user)
    if organisation is None:
        return page("empty.html", user=user, organisation=None, organisations=[])
    return page(name, user=user, organisation=organisation, organisations=_mine(world, user), **values)


def _home(world: World, request: Request, user: XeroUser) -> Answer:
    return _show(world, request, user, "home.html", now=world.now())


def _switch(world: World, request: Request, user: XeroUser) -> Answer:
    """Go to an organisation by its short code, and on to the address in `redirecturl`."""
    organisation = world.find_organisation(request.params.get("shortcode", ""))
    if organisation is None or user.user_id not in organisation.members:
        return page("not_found.html", 404, user=user, organisation=None, organisations=_mine(world, user))
    target = request.params.get("redirecturl", "/")
    gone = redirect(target if re.match(r"^/(?![/\\])", target) and target.isprintable() else "/")
    gone.headers.append(("Set-Cookie", f"{ORGANISATION_COOKIE}={organisation.tenant_id}; Path=/; SameSite=Lax"))
    return gone


def _connected_apps(world: World, request: Request, user: XeroUser) -> Answer:
    """List each connecting user's apps; Disconnect is silent towards the app."""
    organisation = _current(world, request, user)
    if request.method == "POST" and organisation is not None:
        row = world.store.connections.get(request.form().get("connection_id", ""))
        if row is not None and row.tenant_id == organisation.tenant_id:
            world.store.connections.delete(row.connection_id)
        return redirect("/connected-apps", 303)
    rows = [
        (row, world.store.apps[row.client_id], world.store.users[row.user_id])
        for row in world.connections(tenant_id=organisation.tenant_id if organisation else "")
    ]
    return _show(world, request, user, "connected_apps.html", rows=rows)


def _journals(world: World, request: Request, user: XeroUser) -> Answer:
    organisation = _current(world, request, user)
    rows = list(world.store.journals.of(organisation.tenant_id).values()) if organisation else []
    status = request.params.get("status", "").upper()
    shown = [row for row in rows if not status or row.status == status]
    search = request.params.get("search", "").strip().lower()
    shown = [row for row in shown if search in row.narration.lower()]
    shown.sort(key=lambda row: (row.dated_on, row.updated_at), reverse=True)
    number = request.params.get("page", "1")
    place = max(int(number) if number.isdigit() and len(number) < 7 else 1, 1)
    last = max(-(-len(shown) // JOURNALS_PER_PAGE), 1)
    first = (place - 1) * JOURNALS_PER_PAGE
    counts = {name: sum(1 for row in rows if row.status == name) for name in ("DRAFT", "POSTED", "VOIDED")}
    return _show(
        world,
        request,
        user,
        "journals.html",
        journals=[
            (row, sum(max(line.amount_cents, 0) for line in row.lines))
            for row in shown[first : first + JOURNALS_PER_PAGE]
        ],
        counts=counts,
        total=len(rows),
        status=status,
        search=search,
        place=place,
        last=last,
    )


def _journal(world: World, request: Request, user: XeroUser) -> Answer:
    params = {key.lower(): value for key, value in request.params.items()}
    journal = world.store.journals.get(params.get("invoiceid", "").lower())
    organisation = world.store.organisations.get(journal.tenant_id) if journal else None
    if journal is None or organisation is None or user.user_id not in organisation.members:
        return page("not_found.html", 404, user=user, organisation=None, organisations=_mine(world, user))
    book = world.charts.book(organisation.tenant_id)
    debits = sum(max(line.amount_cents, 0) for line in journal.lines)
    credited = -sum(min(line.amount_cents, 0) for line in journal.lines)
    lines = []
    for line in journal.lines:
        tracking = [book.options[ref.option_id][1].name for ref in line.tracking if ref.option_id in book.options]
        rate = book.rates.get(line.tax_type)
        lines.append((line, book.by_id.get(line.account_id), rate, ", ".join(tracking)))
    history = world.store.histories.get(journal.journal_id) or HistoryOf([])
    return _show(
        world,
        request,
        user,
        "journal.html",
        organisation=organisation,
        journal=journal,
        lines=lines,
        debits=debits,
        credits=credited,
        tax=sum(line.tax_cents for line in journal.lines),
        files=[world.store.attachments[key] for key in journal.attachment_ids],
        history=list(reversed(history.records)),
    )


def _lock_dates(world: World, request: Request, user: XeroUser) -> Answer:
    organisation = _current(world, request, user)
    message = ""
    if request.method == "POST" and organisation is not None:
        member = organisation.members[user.user_id]
        if member.role != "ADVISER":
            message = "Only an adviser can change lock dates."
        else:
            form = request.form()
            try:
                organisation.period_lock_on = _day(form.get("period", ""))
                organisation.year_end_lock_on = _day(form.get("year_end", ""))
                world.store.organisations.put(organisation.tenant_id, organisation)
                message = "Lock dates saved."
            except ValueError:
                message = "Enter dates as year-month-day."
    return _show(world, request, user, "lock_dates.html", message=message)


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _chart(world: World, request: Request, user: XeroUser) -> Answer:
    organisation = _current(world, request, user)
    accounts = world.charts.book(organisation.tenant_id).chart.accounts if organisation else []
    shown = sorted((item for item in accounts if item.status != "DELETED"), key=lambda item: item.code)
    return _show(world, request, user, "chart.html", accounts=shown)


_PAGES: dict[str, Callable[[World, Request, XeroUser], Answer]] = {
    "/": _home,
    "/organisationlogin/default.aspx": _switch,
    "/connected-apps": _connected_apps,
    "/manual-journals": _journals,
    "/journal/view.aspx": _journal,
    "/journal/edit.aspx": _journal,
    "/settings/lock-dates": _lock_dates,
    "/chart-of-accounts": _chart,
}
